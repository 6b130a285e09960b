/** What the player decides, without a browser: the pure functions of player-core.js and its neighbours. */
import assert from "node:assert/strict";
import { test } from "node:test";

import * as core from "../../player_embed/static/player-core.js";
import { currentLabel } from "../../player_embed/static/sections.js";
import { TEXTS } from "../../player_embed/static/texts.js";
import { withToken } from "../../player_embed/static/token.js";

const LEVELS = [[426, 240, 4e5], [854, 480, 1.2e6], [1280, 720, 2.4e6], [1920, 1080, 5e6]].map(([width, height, bitrate]) => ({
  width,
  height,
  bitrate,
}));
const BASE = "https://videos.example/v/lesson/storyboard.vtt";

/** Each row is a list of arguments and the answer to them. */
function answers(decide, rows) {
  for (const [given, expected] of rows) assert.deepEqual(decide(...given), expected, JSON.stringify(given));
}

test("the language is the one asked for, then the browser's, then English", () => {
  answers(core.pickLanguage, [
    [["zh", ["en-US"]], "zh"],
    [["ZH-Hant", []], "zh"],
    [[null, ["fr-FR", "zh-CN", "en"]], "zh"],
    [["de", ["en-GB"]], "en"],
    [[undefined, []], "en"],
  ]);
});

test("both languages say everything, with the same figures in it", () => {
  const figures = (texts) => Object.entries(texts).map(([name, text]) => [name, new Set(String(text).match(/\{\w+\}/g))]);
  assert.deepEqual(figures(TEXTS.zh), figures(TEXTS.en));
});

test("times are written and spelled", () => {
  answers(core.formatTime, [[[75], "1:15"], [[3675.9], "1:01:15"], [[0], "0:00"], [[-3], "0:00"], [[NaN], "0:00"], [[Infinity], "0:00"]]);
  answers((seconds) => core.spellTime(seconds, TEXTS.en), [[[0], "0 s"], [[59.6], "1 min"], [[75], "1 min 15 s"], [[3905], "1 h 5 min"]]);
  assert.equal(core.spellTime(720, TEXTS.zh), "12 分钟");
});

test("states of an asset: to be played, to be waited for, or neither", () => {
  const states = ["uploading", "queued", "processing", "playable", "ready", "failed", "deleted"];
  assert.deepEqual(states.filter(core.isPlayable), ["playable", "ready"]);
  assert.deepEqual(states.filter(core.isPending), ["uploading", "queued", "processing"]);
});

test("a video waits for the viewer, an animation plays by itself unless less motion is wished for", () => {
  const video = { kind: "video", options: {} };
  const animation = { kind: "animation", loop: true, options: {} };
  const still = { loop: false, whole: false, autoplay: false, muted: false, chrome: "full", start: 0 };
  answers(core.behaviour, [
    [[video, false], still],
    [[{ ...video, options: { autoplay: true, muted: true, start: "5" } }, true], { ...still, autoplay: true, muted: true, start: 5 }],
    [[{ ...video, options: { loop: true, autoplay: true } }, true], { ...still, loop: true, whole: true }],
    [[{ ...video, options: { start: -1, controls: false } }, false], { ...still, chrome: "none" }],
    [[animation, false], { ...still, loop: true, whole: true, autoplay: true, muted: true, chrome: "minimal" }],
    [[animation, true], { ...still, loop: true, whole: true, muted: true, chrome: "minimal" }],
    [[{ ...animation, options: { controls: false } }, true], { ...still, loop: true, whole: true, muted: true, chrome: "none" }],
  ]);
});

test("the first level suits the connection and the player", () => {
  answers((each) => core.startLevel(LEVELS, each), [
    [[{ playerHeight: 720 }], 2],
    [[{ playerHeight: 720, bandwidth: 3e6 }], 1],
    [[{ playerHeight: 1080, bandwidth: 1e7 }], 3],
    [[{ playerHeight: 720, saveData: true }], 1],
    [[{ playerHeight: 200 }], 0],
    [[{ playerHeight: 720, growing: true }], 0],
    [[{ playerHeight: 200, whole: true }], 3],
  ]);
});

test("little is loaded of a page that nobody plays, and a clip is kept whole", () => {
  const video = core.hlsConfig({ whole: false, start: 5 });
  assert.equal(video.startPosition, 5);
  assert.equal(video.maxMaxBufferLength, core.BUFFER_AHEAD.idle);
  assert.ok(video.capLevelToPlayerSize && Number.isFinite(video.backBufferLength));
  const clip = core.hlsConfig({ whole: true, start: 0, bandwidth: 1e6 });
  assert.ok(!clip.capLevelToPlayerSize);
  assert.equal(clip.backBufferLength, Infinity);
  assert.equal(clip.abrEwmaDefaultEstimate, 1e6);
});

test("of two codec families the one that is decoded with ease is played", async () => {
  const families = [...LEVELS.map((level) => ({ ...level, videoCodec: "avc1.64001f" })), { ...LEVELS[2], videoCodec: "av01.0.05M.08" }];
  const browser = (powerEfficient) => () => Promise.resolve({ supported: true, smooth: true, powerEfficient });
  const silent = () => Promise.reject(new TypeError("cannot tell"));
  assert.deepEqual(await core.needlessLevels(families, browser(true)), [0, 1, 2, 3]);
  assert.deepEqual(await core.needlessLevels(families, browser(false)), [4]);
  assert.deepEqual(await core.needlessLevels(families, silent), [4]);
  assert.deepEqual(await core.needlessLevels(LEVELS, browser(true)), []);
});

test("qualities are named by the shorter side, twins by their bit rate", () => {
  answers(core.levelLabel, [
    [[{ width: 720, height: 1280 }], "720p"],
    [[{ bitrate: 64_000 }], "64 kbit/s"],
  ]);
  const twins = [...LEVELS.slice(0, 2), { ...LEVELS[1], bitrate: 2.06e6 }];
  assert.deepEqual(core.qualityRows(twins), [
    { index: 2, label: "480p · 2.1 Mbit/s" },
    { index: 1, label: "480p · 1.2 Mbit/s" },
    { index: 0, label: "240p" },
  ]);
  assert.equal(currentLabel({ levels: LEVELS, level: 2 }), "720p");
  assert.equal(currentLabel({ levels: LEVELS, level: -1 }), "");
});

test("the bar has the final length, and nobody seeks beyond what exists", () => {
  answers(core.shownDuration, [
    [[60, 20, true], 60],
    [[60, 61, true], 61],
    [[60, 59.9, false], 59.9],
    [[60, NaN, false], 60],
    [[null, Infinity, true], 0],
  ]);
  answers(core.seekTarget, [
    [[50, 60, 20, true], 19.5],
    [[50, 60, 0.2, true], 0],
    [[-5, 60, 20, true], 0],
    [[70, 60, 60, false], 60],
  ]);
  answers(core.isAtEnd, [[[5.27, 5.33], true], [[5.1, 5.33], false], [[0, 0], false]]);
});

test("a picture is stretched only over what rounding has left", () => {
  answers((width, height) => core.nearlyFills(width, height, 1280, 720), [
    [[426, 240], true],
    [[320, 240], false],
    [[0, 0], false],
  ]);
});

test("an estimate does not climb for little", () => {
  answers(core.steadyEstimate, [
    [[null, 60], 60],
    [[60, 62], 60],
    [[60, 120], 120],
    [[60, 50], 50],
    [[60, null], null],
  ]);
});

test("refusals of the service speak for themselves", () => {
  const problem = { code: "origin_not_allowed", message: { zh: "不", en: "no" } };
  const body = JSON.stringify({ status: 403, ...problem });
  answers(core.parseProblem, [
    [[body], problem],
    [[new TextEncoder().encode(body)], problem],
    [["<html>"], null],
    [['{"code": "x", "message": {"en": "half"}}'], null],
    [["null"], null],
  ]);
  answers(core.isRefused, [
    [[403, null], true],
    [[429, { code: "too_many_plays" }], true],
    [[429, { code: "rate_limited" }], false],
    [[429, null], false],
    [[500, problem], false],
  ]);
  answers(core.classifyError, [
    [[{ status: 403, problem }], { ...problem, retry: false }],
    [[{ status: 429, problem }], { ...problem, retry: true }],
    [[{ status: 401, problem: { ...problem, code: "token_expired" } }], { code: "token_expired", retry: false }],
    [[{ status: 410 }], { code: "token_expired", retry: false }],
    [[{ status: 404 }], { code: "not_found", retry: false }],
    [[{ status: 429 }], { code: "rate_limited", retry: true }],
    [[{ status: 425 }], { code: "not_ready", retry: true }],
    [[{ kind: "unsupported" }], { code: "unsupported", retry: false }],
    [[{ kind: "media" }], { code: "media", retry: true }],
    [[{}], { code: "network", retry: true }],
  ]);
  for (const code of ["token_expired", "not_found", "rate_limited", "not_ready", "unsupported", "media", "network"]) {
    assert.ok(Object.hasOwn(TEXTS.en, code), `${code} has a sentence`);
  }
});

test("questions about the state ease off", () => {
  answers(core.pollDelay, [[[0, false], 1000], [[4, false], 2000], [[100, false], 5000], [[0, true], 15_000]]);
});

test("a storyboard is read and asked", () => {
  const text =
    "WEBVTT\r\n\r\n00:00.000 --> 00:02.000\r\nsprite.jpg#xywh=0,0,160,90\r\n\r\n" +
    "01:00:02.000 --> 01:00:04.500 align:start\nother.jpg#xywh=pixel:160,90,160,90\n\nnot a cue\n";
  const cues = core.parseStoryboard(text, BASE);
  assert.deepEqual(cues, [
    { start: 0, end: 2, url: "https://videos.example/v/lesson/sprite.jpg", x: 0, y: 0, width: 160, height: 90 },
    { start: 3602, end: 3604.5, url: "https://videos.example/v/lesson/other.jpg", x: 160, y: 90, width: 160, height: 90 },
  ]);
  answers((time) => cues.indexOf(core.cueAt(cues, time)), [[[0], 0], [[1.9], 0], [[3603], 1], [[9999], 1], [[-1], 0]]);
});

test("chapters and tracks are found", () => {
  const chapters = [{ start: 0, end: 5 }, { start: 5, end: 9 }];
  answers((time) => chapters.indexOf(core.chapterAt(chapters, time)), [[[4.9], 0], [[5], 1], [[9], -1]]);
  const tracks = [{ language: "fr" }, { language: "zh-CN" }, { language: "EN" }];
  answers((language) => core.trackFor(tracks, language), [[["zh"], 1], [["en"], 2], [["de"], 0]]);
});

test("a token is renewed in time and takes the place of the one before", (context) => {
  answers(core.renewalDelay, [[[3600], 3540], [[6], 4], [[-1], 0]]);
  globalThis.location = new URL(BASE);
  context.after(() => delete globalThis.location);
  assert.equal(withToken("/v/a.m3u8?token=old&x=1", "new"), "https://videos.example/v/a.m3u8?token=new&x=1");
  assert.equal(withToken("https://videos.example/open.m3u8", "new"), "https://videos.example/open.m3u8");
  assert.equal(withToken("/v/a.m3u8?token=old", null), "/v/a.m3u8?token=old");
});

test("who saves data gets 360 lines at most, or the lowest", () => {
  assert.equal(core.savingLevel([...LEVELS, { width: 640, height: 360 }]), 4);
  assert.equal(core.savingLevel(LEVELS), 0);
  assert.equal(core.savingLevel(LEVELS.slice(2)), 0);
});

test("a lesson goes on where it was left, but for its ends and after a month", () => {
  answers((kept) => core.resumeTime(kept, 600, 1), [
    [[null], 0],
    [[{ time: 50, at: 0 }], 50],
    [[{ time: 5, at: 0 }], 0],
    [[{ time: 595, at: 0 }], 0],
    [[{ time: 50, at: -3e9 }], 0],
    [[{ time: "x", at: 0 }], 0],
  ]);
});

test("keys do what the help sheet says, and chords belong to the browser", () => {
  const press = (key, chord = {}) => core.keyAction({ key, ...chord });
  answers(press, [
    [["5"], { name: "seekToFraction", value: 0.5 }],
    [["End"], { name: "seekToFraction", value: 1 }],
    [["K"], { name: "togglePlay" }],
    [["ArrowLeft"], { name: "seekBy", value: -5 }],
    [["<"], { name: "speedBy", value: -1 }],
    [["x"], null],
    [["Tab"], null],
    [["f", { ctrlKey: true }], null],
    [["f", { metaKey: true }], null],
    [["1", { altKey: true }], null],
  ]);
  assert.ok(core.KEYS.every(([, name]) => Object.hasOwn(TEXTS.zh, name)));
});

test("speeds go one place up or down and stay in the list", () => {
  answers(core.nextSpeed, [[[1, 1], 1.25], [[1, -1], 0.75], [[2, 1], 2], [[0.5, -1], 0.5], [[1.1, 1], 1.25]]);
});
