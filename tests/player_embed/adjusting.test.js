import { test } from "node:test";

import * as adjusting from "../../player_embed/static/pure/adjusting.js";
import { answers } from "./answers.js";

test("speeds go one place up or down and stay in the list", () => {
  answers(adjusting.nextSpeed, [[[1, 1], 1.25], [[1, -1], 0.75], [[2, 1], 2], [[0.5, -1], 0.5], [[1.1, 1], 1.25]]);
});

test("the volume goes by whole percents and stays in its range", () => {
  answers(adjusting.steppedVolume, [[[0.55, 0.05], 0.6], [[0.98, 0.05], 1], [[0.03, -0.05], 0], [[0.1, 0.05], 0.15]]);
  answers(adjusting.heardVolume, [[[{ muted: true, volume: 1 }], 0], [[{ muted: false, volume: 0.4 }], 0.4]]);
});

test("a player is idle until it was played, and paused from then on", () => {
  const paused = { paused: true, ended: false };
  answers(adjusting.playbackState, [
    [[paused, "idle"], "idle"],
    [[{ paused: false, ended: false }, "idle"], "playing"],
    [[paused, "playing"], "paused"],
    [[{ paused: true, ended: true }, "playing"], "ended"],
    [[paused, "ended"], "paused"],
  ]);
});

test("one tap shows or hides the controls, two on a side seek, and without controls a tap plays", () => {
  answers(adjusting.tapAt, [[[0.2, 5], { time: 5, side: -1 }], [[0.5, 5], { time: 5, side: 0 }], [[0.9, 5], { time: 5, side: 1 }]]);
  const left = adjusting.tapAt(0.1, 1000);
  const shown = { fullChrome: true, idle: false };
  answers(adjusting.tapAction, [
    [[left, { time: 800, side: -1 }, shown], "seek"],
    [[left, { time: 600, side: -1 }, shown], "rest"],
    [[left, { time: 900, side: 1 }, { ...shown, idle: true }], "wake"],
    [[adjusting.tapAt(0.5, 1000), { time: 900, side: 0 }, shown], "rest"],
    [[left, { time: 900, side: -1 }, { fullChrome: false, idle: false }], "play"],
  ]);
});
