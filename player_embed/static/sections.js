/** What the settings menu offers, drawn from the state of the player each time it is asked. */
import { SPEEDS, fill, formatTime, levelLabel, qualityRows } from "./player-core.js";

/** "720p": the quality on screen, empty if unknown. */
export function currentLabel({ levels, level }) {
  return levels[level] ? levelLabel(levels[level]) : "";
}

/** Sections of menu.js for these controls. */
export function sections(controls) {
  return [quality, speed, captions, sound, chapters, saver].map((section) => section(controls)).filter(Boolean);
}

function quality(controls) {
  const { playback, texts } = controls;
  if (!playback.levels.length) return null;
  const { automatic } = playback;
  const label = currentLabel(playback);
  const auto = automatic && label ? fill(texts.autoIs, { label }) : texts.auto;
  const row = (name, index, checked, said = name) => ({
    label: name,
    checked,
    choose: () => {
      playback.selectLevel(index);
      controls.toast(`${texts.quality} ${said}`);
    },
  });
  const rows = qualityRows(playback.levels).map(({ index, label: name }) => row(name, index, !automatic && playback.level === index));
  rows.unshift(row(auto, -1, automatic, texts.auto));
  return { name: "quality", title: texts.quality, current: automatic ? auto : label, rows };
}

function speed({ video, texts }) {
  const name = (value) => (value === 1 ? texts.normal : `${value}×`);
  const rows = SPEEDS.map((value) => ({
    label: name(value),
    checked: video.playbackRate === value,
    choose: () => (video.playbackRate = value),
  }));
  return { name: "speed", title: texts.speed, current: name(video.playbackRate), rows };
}

function captions(controls) {
  const { texts } = controls;
  const { list: tracks, showing } = controls.captions;
  if (!tracks.length) return null;
  const rows = tracks.map(({ label, language }, index) => ({
    label,
    language,
    checked: index === showing,
    choose: () => controls.showCaptions(index),
  }));
  rows.unshift({ label: texts.off, checked: showing < 0, choose: () => controls.showCaptions(-1) });
  return { name: "captions", title: texts.captions, current: tracks[showing]?.label ?? texts.off, rows };
}

function sound({ playback, texts }) {
  const { tracks, heard } = playback.sounds;
  if (!tracks.length) return null;
  const rows = tracks.map((label, index) => ({ label, checked: index === heard, choose: () => playback.selectSound(index) }));
  return { name: "audio", title: texts.audio, current: tracks[heard] ?? "", rows };
}

function chapters(controls) {
  const { list } = controls.chapters;
  if (!list.length) return null;
  const current = controls.chapters.at(controls.video.currentTime);
  const rows = list.map((chapter) => ({
    label: `${formatTime(chapter.start)}  ${chapter.title}`,
    checked: chapter === current,
    choose: () => controls.seekBar.seek(chapter.start),
  }));
  return { name: "chapters", title: controls.texts.chapters, current: current?.title ?? "", rows };
}

function saver({ playback, texts }) {
  if (playback.levels.length < 2) return null;
  const name = (on) => (on ? texts.on : texts.off);
  const rows = [true, false].map((on) => ({ label: name(on), checked: playback.saving === on, choose: () => (playback.saving = on) }));
  return { name: "saver", title: texts.saver, current: name(playback.saving), rows };
}
