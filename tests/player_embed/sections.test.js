import assert from "node:assert/strict";
import { test } from "node:test";

import { TEXTS } from "../../player_embed/static/pure/texts.js";
import { sections } from "../../player_embed/static/sections.js";
/** @import { Player } from "../../player_embed/static/sections.js" */

/**
 * A player as the menu sees it; what it is told to do stands in `done`.
 * @param {Partial<Player["playback"]>} [playback]
 */
function player(playback) {
  /** @type {unknown[]} */
  const done = [];
  const note = (/** @type {string} */ name) => (/** @type {unknown} */ value) => void done.push([name, value]);
  const track = (/** @type {string} */ label) => /** @type {TextTrack} */ ({ label, language: "en" });
  const chapters = [{ start: 0, end: 60, title: "One" }, { start: 60, end: 90, title: "Two" }];
  /** @type {Player} */
  const seen = {
    video: { playbackRate: 1.5, currentTime: 70 },
    playback: {
      levels: [{ width: 426, height: 240, bitrate: 4e5 }, { width: 1280, height: 720, bitrate: 2e6 }],
      level: 1,
      automatic: true,
      selectLevel: note("level"),
      sounds: { tracks: ["Deutsch", "English"], heard: 1 },
      saving: false,
      ...playback,
    },
    captions: { list: [track("English")], showing: -1 },
    look: { size: 1, colors: "yellowOnBlack" },
    transcript: { available: true, open: false, toggle: () => void done.push(["transcript"]) },
    slides: { available: true, open: true, toggle: () => void done.push(["slides"]) },
    chapters: { list: chapters, at: () => chapters[1] },
    seekBar: { seek: note("seek") },
    showCaptions: note("captions"),
    setSpeed: note("speed"),
    speedLimit: () => null,
    selectSound: note("sound"),
    setSaving: note("saving"),
    toast: note("toast"),
    texts: TEXTS.en,
  };
  return { seen, done };
}

/** @param {Player} seen */
function shown(seen) {
  return sections(seen).map(({ name, current, rows }) => [name, current, rows.map(({ label, checked }) => (checked ? `*${label}` : label))]);
}

test("the menu shows what there is and what is chosen", () => {
  assert.deepEqual(shown(player().seen), [
    ["quality", "Auto (720p)", ["*Auto (720p)", "720p", "240p"]],
    ["speed", "1.5×", ["0.5×", "0.75×", "Normal", "1.25×", "*1.5×", "1.75×", "2×"]],
    ["captions", "Off", ["*Off", "English"]],
    ["captionSize", "100%", ["75%", "*100%", "150%", "200%"]],
    ["captionColors", "Yellow on black", ["White on dark", "*Yellow on black", "Black on white", "White, outlined"]],
    ["transcript", "Off", ["On", "*Off"]],
    ["slides", "On", ["*On", "Off"]],
    ["audio", "English", ["Deutsch", "*English"]],
    ["chapters", "Two", ["0:00  One", "*1:00  Two"]],
    ["saver", "Off", ["On", "*Off"]],
  ]);
});

test("what was chosen by hand is checked, and what offers no choice left out", () => {
  const { seen } = player({ automatic: false, sounds: { tracks: [], heard: -1 } });
  seen.captions = { list: [], showing: -1 };
  seen.transcript.available = false;
  seen.slides.available = false;
  seen.chapters = { list: [], at: () => undefined };
  assert.deepEqual(shown(seen).map(([name]) => name), ["quality", "speed", "saver"]);
  assert.deepEqual(shown(seen)[0], ["quality", "720p", ["Auto", "*720p", "240p"]]);
  assert.deepEqual(shown(player({ levels: [] }).seen).map(([name]) => name), ["speed", "captions", "captionSize", "captionColors", "transcript", "slides", "audio", "chapters"]);
});

test("a row does what it says", () => {
  const { seen, done } = player();
  const choose = (/** @type {string} */ name, /** @type {number} */ row) => sections(seen).find((each) => each.name === name)?.rows[row].choose();
  choose("quality", 2);
  choose("quality", 0);
  choose("captions", 1);
  choose("audio", 0);
  choose("chapters", 1);
  choose("speed", 6);
  choose("saver", 0);
  choose("transcript", 0);
  choose("transcript", 1);
  choose("captionSize", 3);
  choose("captionColors", 2);
  assert.deepEqual(done, [
    ["level", 0], ["toast", "Quality 240p"], ["level", -1], ["toast", "Quality Auto"], ["captions", 0], ["sound", 0], ["seek", 60],
    ["speed", 2], ["saving", true], ["transcript"],
  ]);
  assert.deepEqual(seen.look, { size: 2, colors: "blackOnWhite" });
});
