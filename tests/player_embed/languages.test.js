import assert from "node:assert/strict";
import { test } from "node:test";

import { fill, pickLanguage, readerLanguages, trackIn } from "../../player_embed/static/pure/languages.js";
import { TEXTS } from "../../player_embed/static/pure/texts.js";
import { formatTime, spellTime } from "../../player_embed/static/pure/times.js";
import { answers } from "./answers.js";

test("the language is the one asked for, then the browser's, then English", () => {
  answers(pickLanguage, [
    [["zh", ["en-US"]], "zh"],
    [["ZH-Hant", []], "zh"],
    [[null, ["fr-FR", "zh-CN", "en"]], "zh"],
    [["de", ["en-GB"]], "en"],
    [[undefined, []], "en"],
  ]);
});

test("a track is chosen by the reader's languages: what the page was asked for, then the browser's", () => {
  answers(readerLanguages, [[["zh", ["en-GB", "zh"]], ["zh", "en-GB"]], [[null, ["fr"]], ["fr"]]]);
  const sounds = ["de", "zh-CN", "", "zh-TW", "EN-us"].map((language) => ({ language }));
  answers((/** @type {string[]} */ ...languages) => trackIn(sounds, languages), [
    [["zh-TW", "de"], 3],
    [["zh-HK"], 1],
    [["fr", "en-GB"], 4],
    [["fr", ""], -1],
    [[], -1],
  ]);
});

test("both languages say everything, with the same figures in it", () => {
  const figures = (/** @type {object} */ texts) => Object.entries(texts).map(([name, text]) => [name, new Set(text.match(/\{\w+\}/g))]);
  assert.deepEqual(figures(TEXTS.zh), figures(TEXTS.en));
});

test("sentences take figures as they are", () => {
  assert.equal(fill("{a} of {b}, {a}", { a: 1, b: "$&" }), "1 of $&, 1");
  assert.equal(fill("{n} {n:lesson is|lessons are} here", { n: 1 }), "1 lesson is here");
  assert.equal(fill("{n} {n:lesson is|lessons are} here", { n: 2 }), "2 lessons are here");
});

test("times are written and spelled", () => {
  answers(formatTime, [[[75], "1:15"], [[3675.9], "1:01:15"], [[0], "0:00"], [[-3], "0:00"], [[NaN], "0:00"], [[Infinity], "0:00"]]);
  answers((/** @type {number} */ seconds) => spellTime(seconds, TEXTS.en), [[[0], "0 s"], [[59.6], "1 min"], [[75], "1 min 15 s"], [[3905], "1 h 5 min"]]);
  assert.equal(spellTime(720, TEXTS.zh), "12 分钟");
});
