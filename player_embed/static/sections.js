/** What the settings menu offers, drawn from the state of the player each time it is asked. */
import { SPEEDS } from "./pure/adjusting.js";
import { allowedSpeeds } from "./pure/study.js";
import { autoLabel, currentLabel, qualityRows } from "./pure/levels.js";
import { CAPTION_COLORS, CAPTION_SIZES } from "./pure/preferences.js";
import { formatTime } from "./pure/times.js";
/** @import { Captions } from "./captions.js" */
/** @import { Chapters } from "./chapters.js" */
/** @import { Section } from "./menu.js" */
/** @import { Playback } from "./playback.js" */
/** @import { Preferences, Texts } from "./types" */

/**
 * @typedef {object} Player What the menu shows, and acts on.
 * @property {Pick<HTMLVideoElement, "playbackRate" | "currentTime">} video
 * @property {Pick<Playback, "levels" | "level" | "automatic" | "selectLevel" | "sounds" | "saving">} playback
 * @property {Pick<Captions, "list" | "showing">} captions
 * @property {CaptionLook} look
 * @property {Pick<Chapters, "list" | "at">} chapters
 * @property {{seek: (time: number) => void}} seekBar
 * @property {{available: boolean, open: boolean, toggle: () => void}} transcript
 * @property {{available: boolean, open: boolean, toggle: () => void}} slides
 * @property {(index: number) => void} showCaptions
 * @property {(speed: number) => void} setSpeed
 * @property {() => number | null} speedLimit
 * @property {(index: number) => void} selectSound
 * @property {(saving: boolean) => void} setSaving
 * @property {(text: string) => void} toast
 * @property {Texts} texts
 */

/** @typedef {{size: Preferences["captionSize"], colors: Preferences["captionColors"]}} CaptionLook */

/**
 * Sections of menu.js; what offers no choice is left out.
 * @param {Player} player
 * @returns {Section[]}
 */
export function sections(player) {
  return [quality, speed, captions, captionSize, captionColors, transcript, slides, sound, chapters, saver].flatMap((section) => section(player) ?? []);
}

/**
 * @param {Player} player
 * @returns {Section | null}
 */
function quality({ playback, texts, toast }) {
  const { automatic, level, levels } = playback;
  if (!levels.length) return null;
  const label = currentLabel(playback);
  const auto = autoLabel(automatic ? label : "", texts);
  const row = (/** @type {string} */ name, /** @type {number} */ index, /** @type {boolean} */ checked, said = name) => ({
    label: name,
    checked,
    choose: () => {
      playback.selectLevel(index);
      toast(`${texts.quality} ${said}`);
    },
  });
  const rows = qualityRows(levels).map(({ index, label: name }) => row(name, index, !automatic && level === index));
  return { name: "quality", title: texts.quality, current: automatic ? auto : label, rows: [row(auto, -1, automatic, texts.auto), ...rows] };
}

/**
 * @param {Player} player
 * @returns {Section}
 */
function speed({ video, texts, setSpeed, speedLimit }) {
  const name = (/** @type {number} */ value) => (value === 1 ? texts.normal : `${value}×`);
  const rows = allowedSpeeds(SPEEDS, speedLimit()).map((value) => ({
    label: name(value),
    checked: video.playbackRate === value,
    choose: () => setSpeed(value),
  }));
  return { name: "speed", title: texts.speed, current: name(video.playbackRate), rows };
}

/**
 * @param {Player} player
 * @returns {Section | null}
 */
function captions({ captions: { list, showing }, showCaptions, texts }) {
  if (!list.length) return null;
  const rows = list.map(({ label, language }, index) => ({
    label,
    language,
    checked: index === showing,
    choose: () => showCaptions(index),
  }));
  const off = { label: texts.off, checked: showing < 0, choose: () => showCaptions(-1) };
  return { name: "captions", title: texts.captions, current: list[showing]?.label ?? texts.off, rows: [off, ...rows] };
}

/**
 * @param {Player} player
 * @returns {Section | null}
 */
function captionSize({ captions: { list }, look, texts }) {
  if (!list.length) return null;
  const name = (/** @type {number} */ size) => `${size * 100}%`;
  const rows = CAPTION_SIZES.map((size) => ({ label: name(size), checked: look.size === size, choose: () => void (look.size = size) }));
  return { name: "captionSize", title: texts.captionSize, current: name(look.size), rows };
}

/**
 * @param {Player} player
 * @returns {Section | null}
 */
function captionColors({ captions: { list }, look, texts }) {
  if (!list.length) return null;
  const rows = CAPTION_COLORS.map((colors) => ({
    label: texts[colors],
    checked: look.colors === colors,
    choose: () => void (look.colors = colors),
  }));
  return { name: "captionColors", title: texts.captionColors, current: texts[look.colors], rows };
}

/**
 * @param {Player} player
 * @returns {Section | null}
 */
function transcript({ transcript: sheet, texts }) {
  return sheetSection("transcript", sheet, texts);
}

/**
 * @param {Player} player
 * @returns {Section | null}
 */
function slides({ slides: sheet, texts }) {
  return sheetSection("slides", sheet, texts);
}

/**
 * @param {"transcript" | "slides"} name
 * @param {Player["transcript"]} sheet
 * @param {Texts} texts
 * @returns {Section | null}
 */
function sheetSection(name, sheet, texts) {
  const { available, open } = sheet;
  if (!available) return null;
  const rows = [true, false].map((on) => ({ label: texts[on ? "on" : "off"], checked: open === on, choose: () => on !== open && sheet.toggle() }));
  return { name, title: texts[name], current: texts[open ? "on" : "off"], rows };
}

/**
 * @param {Player} player
 * @returns {Section | null}
 */
function sound({ playback, texts, selectSound }) {
  const { tracks, heard } = playback.sounds;
  if (!tracks.length) return null;
  const rows = tracks.map((label, index) => ({ label, checked: index === heard, choose: () => selectSound(index) }));
  return { name: "audio", title: texts.audio, current: tracks[heard] ?? "", rows };
}

/**
 * @param {Player} player
 * @returns {Section | null}
 */
function chapters(player) {
  const { list } = player.chapters;
  if (!list.length) return null;
  const current = player.chapters.at(player.video.currentTime);
  const rows = list.map((chapter) => ({
    label: `${formatTime(chapter.start)}  ${chapter.title}`,
    checked: chapter === current,
    choose: () => player.seekBar.seek(chapter.start),
  }));
  return { name: "chapters", title: player.texts.chapters, current: current?.title ?? "", rows };
}

/**
 * @param {Player} player
 * @returns {Section | null}
 */
function saver({ playback, texts, setSaving }) {
  if (playback.levels.length < 2) return null;
  const name = (/** @type {boolean} */ on) => (on ? texts.on : texts.off);
  const rows = [true, false].map((on) => ({
    label: name(on),
    checked: playback.saving === on,
    choose: () => setSaving(on),
  }));
  return { name: "saver", title: texts.saver, current: name(playback.saving), rows };
}
