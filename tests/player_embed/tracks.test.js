import { test } from "node:test";

import { chapterAt, chapterMarks, cueIndexAt, firstCaptions, linesAbove, ownStepBack, preferredTrack, soundIn, trackFor } from "../../player_embed/static/pure/tracks.js";
import { answers } from "./answers.js";

const TRACKS = [{ language: "fr", label: "Français" }, { language: "zh-CN", label: "中文" }, { language: "EN", label: "English" }];

test("a track is that of the reader's language, or the one chosen last", () => {
  answers((/** @type {"zh" | "en"} */ language) => trackFor(TRACKS, language), [[["zh"], 1], [["en"], 2]]);
  answers((/** @type {{language: string}[]} */ tracks) => trackFor(tracks, "zh"), [[[TRACKS.slice(0, 1)], 0], [[[]], 0]]);
  const preferred = (/** @type {string | null} */ label, /** @type {string | null} */ chosen) => preferredTrack(TRACKS, { label, language: chosen }, "zh");
  answers(preferred, [[["English", "fr"], 2], [["Deutsch", "fr"], 0], [["Deutsch", "de"], 1], [[null, null], 1]]);
});

test("a lesson begins with the captions that the viewer chose last, else with those the page asks for", () => {
  const first = (/** @type {string | undefined} */ chosen, /** @type {string | null} */ asked) => firstCaptions(TRACKS, chosen, asked, "en");
  answers(first, [
    [[undefined, null], -1],
    [[undefined, "on"], 2],
    [[undefined, "zh"], 1],
    [["", "zh"], -1],
    [["fr", ""], 0],
    [["de", null], 2],
  ]);
  answers((/** @type {string} */ chosen) => firstCaptions([], chosen, "on", "en"), [[["fr"], -1]]);
});

test("what is being said is the last cue begun", () => {
  const cues = [{ startTime: 1 }, { startTime: 4 }];
  answers((/** @type {number} */ time) => cueIndexAt(cues, time), [[[0], -1], [[1], 0], [[3.9], 0], [[60], 1]]);
});

test("no language is offered twice, and none is missing meanwhile", () => {
  answers(ownStepBack, [
    [[{ own: true, inManifest: 2, foreign: 2 }], true],
    [[{ own: true, inManifest: 2, foreign: 1 }], false],
    [[{ own: true, inManifest: 0, foreign: 0 }], false],
    [[{ own: false, inManifest: 2, foreign: 2 }], false],
  ]);
});

test("chapters are found by a time and marked on the bar", () => {
  const chapters = [{ start: 0, end: 5 }, { start: 5, end: 9 }];
  answers((/** @type {number} */ time) => chapters.findIndex((each) => each === chapterAt(chapters, time)), [
    [[4.9], 0],
    [[5], 1],
    [[9], -1],
  ]);
  answers((/** @type {number} */ duration) => chapterMarks([...chapters, { start: 10 }], duration), [[[10], [0.5]], [[20], [0.25, 0.5]], [[0], []]]);
});

test("a description of the picture is heard by those who choose it", () => {
  const plain = { language: "en" };
  const described = [{ language: "en", characteristics: "public.accessibility.describes-video" }, { language: "en", kind: "main-desc" }];
  answers((/** @type {{language: string}[]} */ sounds) => soundIn(sounds, ["en"]), [
    [[[...described, plain]], 2],
    [[described], -1],
    [[[{ language: "zh" }, plain]], 1],
  ]);
});

test("a cue begins as many lines above the controls as it has", () => {
  answers(linesAbove, [
    [[0, 16, "one"], 1],
    [[82, 16, "one"], 6],
    [[82, 16, "one\ntwo"], 7],
    [[82, 32, "one"], 4],
  ]);
});
