import { test } from "node:test";

import { VERSION, readOrder, targetOf, verdictOn } from "../../player_embed/static/pure/messages.js";
import { answers } from "./answers.js";

const PAGE = "https://school.example";
const OTHER = "https://other.example";

test("only the page that holds the frame is heard, and only after its hello", () => {
  const message = (/** @type {unknown} */ data, origin = PAGE, fromParent = true) => ({ fromParent, origin, data });
  const hello = { lessonstream: VERSION, type: "hello" };
  const play = { lessonstream: VERSION, type: "play" };
  answers(verdictOn, [
    [[message(hello), null], "greet"],
    [[message(hello, OTHER), PAGE], "greet"],
    [[message(hello, PAGE, false), null], "ignore"],
    [[message(play), null], "ignore"],
    [[message(play), PAGE], "hear"],
    [[message(play, OTHER), PAGE], "ignore"],
    [[message(play, PAGE, false), PAGE], "ignore"],
  ]);
});

test("what is no message of ours is no message, and a newer version is told the one that is known", () => {
  const message = (/** @type {unknown} */ data) => ({ fromParent: true, origin: PAGE, data });
  answers((data) => verdictOn(message(data), PAGE), [
    [[null], "ignore"],
    [["play"], "ignore"],
    [[{ type: "play" }], "ignore"],
    [[{ lessonstream: "1", type: "play" }], "ignore"],
    [[{ lessonstream: 0.5, type: "play" }], "ignore"],
    [[{ lessonstream: VERSION + 1, type: "hello" }], "unsupported"],
  ]);
});

test("a sandboxed page is answered too", () => {
  answers(targetOf, [[[PAGE], PAGE], [["null"], "*"]]);
});

test("an order says what it is and stays in its limits", () => {
  const set = (/** @type {unknown} */ name, /** @type {unknown} */ value) => ({ type: "set", name, value });
  const taken = (/** @type {string} */ name, /** @type {unknown} */ value) => ({ does: "set", setting: { name, value } });
  answers((message) => readOrder(message, true), [
    [[{ type: "play" }], { does: "play" }],
    [[{ type: "pause" }], { does: "pause" }],
    [[{ type: "token", token: "a.b.c" }], { does: "token", token: "a.b.c" }],
    [[{ type: "token", token: 7 }], { error: "invalid_value" }],
    [[{ type: "dance" }], { error: "unknown_message" }],
    [[{}], { error: "unknown_message" }],
    [[set("currentTime", 12.5)], taken("currentTime", 12.5)],
    [[set("currentTime", -1)], { error: "invalid_value" }],
    [[set("currentTime", "12")], { error: "invalid_value" }],
    [[set("volume", 1)], taken("volume", 1)],
    [[set("volume", NaN)], { error: "invalid_value" }],
    [[set("playbackRate", 4.1)], { error: "invalid_value" }],
    [[set("muted", true)], taken("muted", true)],
    [[set("loop", 1)], { error: "invalid_value" }],
    [[set("quality", "auto")], taken("quality", "auto")],
    [[set("caption", "x".repeat(101))], { error: "invalid_value" }],
    [[set("src", "https://evil.example")], { error: "unknown_message" }],
    [[set("constructor", 1)], { error: "unknown_message" }],
    [[set(undefined, 1)], { error: "unknown_message" }],
  ]);
});

test("before there is something to play only a token is taken", () => {
  answers((message) => readOrder(message, false), [
    [[{ type: "play" }], { error: "not_ready" }],
    [[{ type: "dance" }], { error: "not_ready" }],
    [[{ type: "token", token: "a.b.c" }], { does: "token", token: "a.b.c" }],
  ]);
});
