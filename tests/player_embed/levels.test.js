import assert from "node:assert/strict";
import { test } from "node:test";

import * as levels from "../../player_embed/static/pure/levels.js";
import { TEXTS } from "../../player_embed/static/pure/texts.js";
import { answers } from "./answers.js";

const LEVELS = [[426, 240, 4e5], [854, 480, 1.2e6], [1280, 720, 2.4e6], [1920, 1080, 5e6]].map(([width, height, bitrate]) => ({
  width,
  height,
  bitrate,
}));

test("the browser's word on the network is taken but for the guess of one that does not know", () => {
  answers(levels.toldBandwidth, [
    [[{ downlink: 8, effectiveType: "4g" }], 8e6],
    [[{ downlink: 1.5, effectiveType: "4g" }], undefined],
    [[{ downlink: 1.5, effectiveType: "3g" }], 1.5e6],
    [[{}], undefined],
    [[undefined], undefined],
  ]);
});

test("the first level suits the connection and the player", () => {
  answers((/** @type {Parameters<typeof levels.startLevel>[1]} */ each) => levels.startLevel(LEVELS, each), [
    [[{ playerHeight: 720 }], 2],
    [[{ playerHeight: 720, bandwidth: 3e6 }], 1],
    [[{ playerHeight: 1080, bandwidth: 1e7 }], 3],
    [[{ playerHeight: 720, saveData: true }], 1],
    [[{ playerHeight: 200 }], 0],
    [[{ playerHeight: 720, growing: true }], 0],
    [[{ playerHeight: 200, whole: true }], 3],
  ]);
});

test("of two codec families the one that is decoded with ease is played", async () => {
  const families = [...LEVELS.map((level) => ({ ...level, videoCodec: "avc1.64001f" })), { ...LEVELS[2], videoCodec: "av01.0.05M.08" }];
  const browser = (/** @type {boolean} */ powerEfficient) => () => Promise.resolve({ supported: true, smooth: true, powerEfficient });
  const silent = () => Promise.reject(new TypeError("cannot tell"));
  assert.deepEqual(await levels.needlessLevels(families, browser(true)), [0, 1, 2, 3]);
  assert.deepEqual(await levels.needlessLevels(families, browser(false)), [4]);
  assert.deepEqual(await levels.needlessLevels(families, silent), [4]);
  assert.deepEqual(await levels.needlessLevels(LEVELS, browser(true)), []);
});

test("qualities are named by the shorter side, twins by their bit rate", () => {
  answers(levels.levelLabel, [
    [[{ width: 720, height: 1280, bitrate: 2e6 }], "720p"],
    [[{ width: 0, height: 0, bitrate: 64_000 }], "64 kbit/s"],
  ]);
  const twins = [...LEVELS.slice(0, 2), { ...LEVELS[1], bitrate: 2.06e6 }];
  assert.deepEqual(levels.qualityRows(twins), [
    { index: 2, label: "480p · 2.1 Mbit/s" },
    { index: 1, label: "480p · 1.2 Mbit/s" },
    { index: 0, label: "240p" },
  ]);
  answers((/** @type {number} */ level) => levels.currentLabel({ levels: LEVELS, level }), [[[2], "720p"], [[-1], ""]]);
});

test("a button names the size of the picture, and the menu what the bandwidth chose", () => {
  answers(levels.badgeText, [[["720p"], "720p"], [["64 kbit/s"], ""], [[""], ""]]);
  answers((/** @type {string} */ label) => levels.autoLabel(label, TEXTS.en), [[["720p"], "Auto (720p)"], [[""], "Auto"]]);
});

test("a picture is stretched only over what rounding has left", () => {
  answers((/** @type {number} */ width, /** @type {number} */ height) => levels.nearlyFills(width, height, 1280, 720), [
    [[426, 240], true],
    [[320, 240], false],
    [[0, 0], false],
  ]);
});

test("the room under a picture is half of what it leaves of the height", () => {
  answers((/** @type {number} */ width, /** @type {number} */ height) => levels.roomUnder(width, height, 360, 740), [
    [[640, 360], 268.75],
    [[360, 640], 50],
    [[360, 900], 0],
    [[0, 0], 0],
  ]);
});

test("who saves data gets 360 lines at most, or the lowest", () => {
  assert.equal(levels.savingLevel([...LEVELS, { width: 640, height: 360, bitrate: 8e5 }]), 4);
  assert.equal(levels.savingLevel(LEVELS), 0);
  assert.equal(levels.savingLevel(LEVELS.slice(2)), 0);
});
