import { test } from "node:test";

import { readPreferences } from "../../player_embed/static/pure/preferences.js";
import { answers } from "./answers.js";

test("what was kept is read as far as it makes sense", () => {
  const chosen = { volume: 0.4, muted: true, speed: 1.5, captions: "zh-CN", captionSize: 1.5, captionColors: "outlined", sound: "", saver: false };
  answers(readPreferences, [
    [[chosen], chosen],
    [[{ ...chosen, volume: 7, speed: "2", captions: "<b>", captionSize: 40, captionColors: "url(x)", toString: 1 }], { muted: true, sound: "", saver: false }],
    [[null], {}],
    [["[]"], {}],
    [[[1, 2]], {}],
  ]);
});
