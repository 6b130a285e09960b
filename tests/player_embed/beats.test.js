import assert from "node:assert/strict";
import { test } from "node:test";

import * as beats from "../../player_embed/static/pure/beats.js";
import { answers } from "./answers.js";

/**
 * @param {number} time
 * @param {number} at
 */
const look = (time, at) => ({ time, at });

test("what was played is what the clock allows: jumps are none, throttled pages are", () => {
  answers(beats.playedBetween, [
    [[look(1000, 0), look(1250, 250), 1], [1000, 1250]],
    [[look(1000, 0), look(61_000, 250), 1], null],
    [[look(1000, 0), look(61_000, 60_000), 1], [1000, 61_000]],
    [[look(1000, 0), look(1500, 250), 2], [1000, 1500]],
    [[look(1000, 0), look(1000, 250), 1], null],
    [[look(1000, 0), look(500, 250), 1], null],
  ]);
});

test("ranges grow as long as it goes on", () => {
  /** @type {[number, number][]} */
  let played = [];
  for (const range of /** @type {[number, number][]} */ ([[0, 250], [250, 500], [9000, 9250], [9250, 9250]])) played = beats.withRange(played, range);
  assert.deepEqual(played, [[0, 500], [9000, 9250]]);
});

test("a beat ends where speed or attention change", () => {
  const seen = { rate: 1, muted: false, visible: true, in_view: true };
  assert.equal(beats.isCut(seen, { ...seen }, []), false);
  for (const change of [{ rate: 2 }, { muted: true }, { visible: false }, { in_view: false }]) {
    assert.equal(beats.isCut(seen, { ...seen, ...change }, []), true);
  }
  assert.equal(beats.isCut(seen, seen, Array.from({ length: 50 }, (_, n) => [n * 10, n * 10 + 5])), true);
});

test("the first beats come when a view may count, the next ones now and then", () => {
  answers(beats.firstAfter, [[[null], 10_000], [[600], 10_000], [[9], 4500]]);
  const play = { sent: false, playing: 9_900, since: 60_000, duration: 600 };
  assert.equal(beats.isDue(play), false);
  assert.equal(beats.isDue({ ...play, playing: 10_000 }), true);
  assert.equal(beats.isDue({ ...play, playing: 4_600, duration: 9 }), true);
  assert.equal(beats.isDue({ ...play, sent: true, since: 19_000 }), false);
  assert.equal(beats.isDue({ ...play, sent: true, since: 20_000 }), true);
});

test("what the service cannot take now is sent again, what it refuses is not", () => {
  answers(beats.afterAnswer, [
    [[204, 0, null], { again: false }],
    [[422, 0, null], { again: false }],
    [[0, 0, null], { again: true, after: 10_000 }],
    [[0, 2, null], { again: true, after: 40_000 }],
    [[0, 99, null], { again: true, after: 120_000 }],
    [[503, 3, "10"], { again: true, after: 10_000 }],
    [[429, 0, "7"], { again: true, after: 7_000 }],
  ]);
});

test("names are what the service takes for them", () => {
  assert.match(beats.randomName(Uint8Array.from({ length: 26 }, (_, n) => n * 10)), /^[0-9a-z]{26}$/);
});

test("one request brings beats of one study session", () => {
  const beat = (/** @type {number} */ sequence) => ({ sequence, at: 0, played: [], rate: 1, muted: false, visible: true, in_view: true, ended: false, quality: {} });
  const line = [0, 1, 2, 3].map(beat);
  const sessions = new Map([[1, "a"], [2, "a"], [3, "b"]]);
  const sent = (/** @type {number} */ from) => {
    const { study, beats: found } = beats.batch(line.slice(from), sessions);
    return [study, found.map(({ sequence }) => sequence)];
  };
  assert.deepEqual(sent(0), ["", [0]]);
  assert.deepEqual(sent(1), ["a", [1, 2]]);
  assert.deepEqual(sent(3), ["b", [3]]);
  assert.equal(beats.batch(Array.from({ length: 50 }, (_, n) => beat(n)), new Map()).beats.length, beats.AT_ONCE);
});
