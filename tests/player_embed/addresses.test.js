import assert from "node:assert/strict";
import { test } from "node:test";

import { lessonAddress, renewalDelay, withToken } from "../../player_embed/static/pure/addresses.js";
import { answers } from "./answers.js";

const BASE = "https://videos.example/embed/lesson";

test("a token is renewed in time and takes the place of the one before", () => {
  answers(renewalDelay, [[[3600], 3540], [[6], 4], [[-1], 0]]);
  answers((/** @type {string} */ url, /** @type {string | null} */ token) => withToken(url, token, BASE), [
    [["/v/a.m3u8?token=old&x=1", "new"], "https://videos.example/v/a.m3u8?token=new&x=1"],
    [["https://videos.example/open.m3u8", "new"], "https://videos.example/open.m3u8"],
    [["/v/a.m3u8?token=old", null], "/v/a.m3u8?token=old"],
    [["/v/a/t/old/v1/360p/0.mp4", "n.e_w-"], "https://videos.example/v/a/t/n.e_w-/v1/360p/0.mp4"],
    [["/v/a/v1/t/old/0.mp4", "new"], "https://videos.example/v/a/v1/t/old/0.mp4"],
  ]);
});

test("another lesson begins at its beginning, at once, and with no token of this one", () => {
  const here = "https://videos.example/embed/courses/abc?lesson=one&token=t&start=5&t=6&end=9&lang=zh";
  assert.equal(lessonAddress("two", here), "https://videos.example/embed/courses/abc?lesson=two&lang=zh&autoplay=1");
});
