import assert from "node:assert/strict";
import { test } from "node:test";

import { KEYS, keyAction, menuKey } from "../../player_embed/static/pure/keys.js";
import { TEXTS } from "../../player_embed/static/pure/texts.js";
import { answers } from "./answers.js";

test("keys do what the help sheet says, and chords belong to the browser", () => {
  const press = (/** @type {string} */ key, chord = {}) => keyAction({ key, ...chord });
  answers(press, [
    [["5"], { name: "seekToFraction", value: 0.5 }],
    [["End"], { name: "seekToFraction", value: 1 }],
    [["K"], { name: "togglePlay" }],
    [["ArrowLeft"], { name: "seekBy", value: -5 }],
    [["<"], { name: "speedBy", value: -1 }],
    [["x"], null],
    [["Tab"], null],
    [["constructor"], null],
    [["f", { ctrlKey: true }], null],
    [["f", { metaKey: true }], null],
    [["1", { altKey: true }], null],
  ]);
  assert.ok(KEYS.every(([, name]) => Object.hasOwn(TEXTS.zh, name)));
});

test("every key of the help sheet does something", () => {
  const arrows = new Map([["←", "ArrowLeft"], ["→", "ArrowRight"], ["↑", "ArrowUp"], ["↓", "ArrowDown"], ["Space", " "]]);
  for (const key of KEYS.flatMap(([keys]) => keys.split(" "))) {
    if (key !== "–") assert.ok(keyAction({ key: arrows.get(key) ?? key }), key);
  }
});

test("a button keeps its space bar, and the volume its arrows, Home and End", () => {
  answers(keyAction, [
    [[{ key: " " }, { onButton: true }], null],
    [[{ key: "k" }, { onButton: true }], { name: "togglePlay" }],
    [[{ key: "ArrowUp" }, { onVolume: true }], null],
    [[{ key: "Home" }, { onVolume: true }], null],
    [[{ key: "End" }, { onVolume: true }], null],
    [[{ key: "m" }, { onVolume: true }], { name: "toggleMute" }],
  ]);
});

test("a menu is walked by arrows, round and round, and left the way one came", () => {
  const root = { index: 2, length: 3, entered: false, leads: true };
  const list = { index: 0, length: 3, entered: true, leads: false };
  answers(menuKey, [
    [["ArrowDown", root], 0],
    [["ArrowUp", root], 1],
    [["ArrowUp", list], 2],
    [["Home", root], 0],
    [["End", list], 2],
    [["ArrowRight", root], "enter"],
    [["ArrowRight", list], "nothing"],
    [["ArrowLeft", root], "nothing"],
    [["ArrowLeft", list], "leave"],
    [["Escape", root], "close"],
    [["Escape", list], "leave"],
    [["Tab", list], "close"],
    [["a", root], null],
  ]);
});
