import assert from "node:assert/strict";
import { test } from "node:test";

import { choicesOf, indexOfChoice } from "../../player_embed/static/pure/choices.js";
import { answers } from "./answers.js";

const OFFER = {
  levels: [{ width: 426, height: 240, bitrate: 4e5 }, { width: 1280, height: 720, bitrate: 2e6 }],
  chosen: -1,
  captions: [{ label: "English" }, { label: "中文" }],
  showing: 1,
  sounds: ["Deutsch", "English"],
  heard: 0,
};
const NOTHING = { levels: [], chosen: -1, captions: [], showing: -1, sounds: [], heard: -1 };

test("a page around the player sees choices by name", () => {
  assert.deepEqual(choicesOf({ ...OFFER, chosen: 1 }), {
    quality: "720p",
    qualities: ["720p", "240p"],
    caption: "中文",
    captions: ["English", "中文"],
    language: "Deutsch",
    languages: ["Deutsch", "English"],
  });
  const { quality, caption, language } = choicesOf(NOTHING);
  assert.deepEqual([quality, caption, language], ["auto", "", ""]);
});

test("it chooses by name, and only what there is", () => {
  answers((/** @type {"quality" | "caption" | "language"} */ kind, /** @type {string} */ name) => indexOfChoice(kind, name, OFFER), [
    [["quality", "240p"], 0],
    [["quality", "auto"], -1],
    [["quality", "480p"], null],
    [["caption", "中文"], 1],
    [["caption", ""], -1],
    [["caption", "auto"], null],
    [["language", "English"], 1],
    [["language", ""], null],
  ]);
});
