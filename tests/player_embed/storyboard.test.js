import assert from "node:assert/strict";
import { test } from "node:test";

import { cueAt, parseStoryboard, previewPlace, previewScale } from "../../player_embed/static/pure/storyboard.js";
import { answers } from "./answers.js";

test("a storyboard is read and asked", () => {
  const text =
    "WEBVTT\r\n\r\n00:00.000 --> 00:02.000\r\nsprite.jpg#xywh=0,0,160,90\r\n\r\n" +
    "01:00:02.000 --> 01:00:04.500 align:start\nother.jpg#xywh=pixel:160,90,160,90\n\nnot a cue\n";
  const cues = parseStoryboard(text, "https://videos.example/v/lesson/storyboard.vtt");
  assert.deepEqual(cues, [
    { start: 0, end: 2, url: "https://videos.example/v/lesson/sprite.jpg", x: 0, y: 0, width: 160, height: 90 },
    { start: 3602, end: 3604.5, url: "https://videos.example/v/lesson/other.jpg", x: 160, y: 90, width: 160, height: 90 },
  ]);
  const index = (/** @type {number} */ time) => cues.findIndex((cue) => cue === cueAt(cues, time));
  answers(index, [[[0], 0], [[1.9], 0], [[3603], 1], [[9999], 1], [[-1], 0]]);
  assert.equal(cueAt([], 5), undefined);
});

test("a preview has one size on every bar but a small one, and stays over it", () => {
  answers(previewScale, [
    [[{ width: 160, height: 90 }, 1000], 1.45],
    [[{ width: 90, height: 160 }, 1000], 1.45],
    [[{ width: 100, height: 50 }, 200], 0.84],
  ]);
  const place = (/** @type {number} */ share) => previewPlace(share, { previewWidth: 200, barWidth: 1000 });
  answers(place, [[[0], 100], [[0.5], 500], [[1], 900]]);
});
