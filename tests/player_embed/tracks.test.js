import { test } from "node:test";

import { chapterAt, chapterMarks, ownStepBack, preferredTrack, trackFor } from "../../player_embed/static/pure/tracks.js";
import { answers } from "./answers.js";

const TRACKS = [{ language: "fr", label: "Français" }, { language: "zh-CN", label: "中文" }, { language: "EN", label: "English" }];

test("a track is that of the reader's language, or the one chosen last", () => {
  answers((/** @type {"zh" | "en"} */ language) => trackFor(TRACKS, language), [[["zh"], 1], [["en"], 2]]);
  answers((/** @type {{language: string}[]} */ tracks) => trackFor(tracks, "zh"), [[[TRACKS.slice(0, 1)], 0], [[[]], 0]]);
  answers((/** @type {string | null} */ wanted) => preferredTrack(TRACKS, wanted, "zh"), [[["English"], 2], [["Deutsch"], 1], [[null], 1]]);
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
