import assert from "node:assert/strict";
import { test } from "node:test";

import * as positions from "../../player_embed/static/pure/positions.js";
import { answers } from "./answers.js";

/** @param {[start: number, end: number][]} ranges */
function timeRanges(ranges) {
  return { length: ranges.length, start: (/** @type {number} */ i) => ranges[i][0], end: (/** @type {number} */ i) => ranges[i][1] };
}

test("the bar has the final length, and nobody seeks beyond what exists", () => {
  answers(positions.shownDuration, [
    [[60, 20, true], 60],
    [[60, 61, true], 61],
    [[60, 59.9, false], 59.9],
    [[60, NaN, false], 60],
    [[null, Infinity, true], 0],
  ]);
  answers(positions.seekTarget, [
    [[50, 60, 20, true], 19.5],
    [[50, 60, 0.2, true], 0],
    [[-5, 60, 20, true], 0],
    [[70, 60, 60, false], 60],
  ]);
  answers(positions.isAtEnd, [[[5.27, 5.33], true], [[5.1, 5.33], false], [[0, 0], false], [[0, null], false]]);
});

test("it stops once at the end that the page asked for, and goes on for who wants to", () => {
  answers(positions.passesEnd, [
    [[9.8, 10.05, 10], true],
    [[10.05, 10.3, 10], false],
    [[2, 30, 10], false],
    [[9.8, 10.05, null], false],
  ]);
});

test("who waits at the edge of a growing lesson waits for the encoder", () => {
  answers(positions.waitsForMore, [
    [[19, { growing: true, available: 20 }], true],
    [[10, { growing: true, available: 20 }], false],
    [[19, { growing: false, available: 20 }], false],
  ]);
});

test("what is loaded is that around the position", () => {
  const buffered = timeRanges([[0, 5], [10, 20]]);
  answers((/** @type {number} */ time) => positions.bufferedEnd(buffered, time), [[[0], 5], [[7], 7], [[9.95], 20], [[12], 20], [[30], 30]]);
});

test("shares stay between nothing and all", () => {
  answers(positions.share, [[[3, 12], 0.25], [[13, 12], 1], [[-1, 12], 0], [[1, 0], 0]]);
});

test("a position is kept unless page or browser ask for privacy", () => {
  const video = (/** @type {boolean | null} */ resume, loop = false) => ({ kind: /** @type {const} */ ("video"), options: { resume, loop } });
  answers(positions.keepsPosition, [
    [[video(null), undefined], true],
    [[video(null), true], false],
    [[video(true), true], true],
    [[video(false), false], false],
    [[video(true, true), false], false],
    [[{ ...video(true), kind: "animation" }, false], false],
  ]);
});

test("a lesson goes on where it was left, but for its ends and after a month", () => {
  answers((kept) => positions.resumeTime(kept, 600, 1), [
    [[null], 0],
    [[{ time: 50, at: 0 }], 50],
    [[{ time: 5, at: 0 }], 0],
    [[{ time: 595, at: 0 }], 0],
    [[{ time: 50, at: -3e9 }], 0],
    [[{ time: "x", at: 0 }], 0],
    [["text"], 0],
  ]);
  assert.equal(positions.resumeTime({ time: 50, at: 0 }, null, 1), 0);
});
