import assert from "node:assert/strict";
import { test } from "node:test";

import { behaviour } from "../../player_embed/static/pure/behaviour.js";
import * as states from "../../player_embed/static/pure/states.js";
import { answers } from "./answers.js";
/** @import { AssetState } from "../../player_embed/static/types" */

test("states of an asset: to be played, to be waited for, or neither", () => {
  /** @type {AssetState[]} */
  const all = ["uploading", "queued", "processing", "playable", "ready", "failed"];
  assert.deepEqual(all.filter(states.isPlayable), ["playable", "ready"]);
  assert.deepEqual(all.filter(states.isPending), ["uploading", "queued", "processing"]);
  assert.deepEqual(all.filter(states.isWatched), ["uploading", "queued", "processing", "playable"]);
});

test("questions about the state ease off", () => {
  answers(states.pollDelay, [[[0, false], 1000], [[4, false], 2000], [[100, false], 5000], [[0, true], 15_000]]);
});

test("nobody who watches is interrupted by more qualities", () => {
  answers(states.takesUpgradeAtOnce, [
    [[{ paused: true, kind: "video" }], true],
    [[{ paused: false, kind: "video" }], false],
    [[{ paused: false, kind: "animation" }], true],
  ]);
});

test("a video waits for the viewer, an animation plays by itself unless less motion is wished for", () => {
  const video = { kind: /** @type {const} */ ("video"), options: {} };
  const animation = { kind: /** @type {const} */ ("animation"), loop: true, options: {} };
  const still = { loop: false, whole: false, autoplay: false, muted: false, chrome: "full", start: 0 };
  answers(behaviour, [
    [[video, false], still],
    [[{ ...video, options: { autoplay: true, muted: true, start: "5" } }, true], { ...still, autoplay: true, muted: true, start: 5 }],
    [[{ ...video, options: { loop: true, autoplay: true } }, true], { ...still, loop: true, whole: true }],
    [[{ ...video, options: { start: -1, controls: false } }, false], { ...still, chrome: "none" }],
    [[animation, false], { ...still, loop: true, whole: true, autoplay: true, muted: true, chrome: "minimal" }],
    [[animation, true], { ...still, loop: true, whole: true, muted: true, chrome: "minimal" }],
    [[{ ...animation, options: { controls: false } }, true], { ...still, loop: true, whole: true, muted: true, chrome: "none" }],
  ]);
});
