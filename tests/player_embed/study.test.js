import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { hexadecimal, sha256 } from "../../player_embed/static/pure/sha256.js";
import * as study from "../../player_embed/static/pure/study.js";
import { answers } from "./answers.js";

const FREE = /** @type {const} */ ({ mode: "free", speed_limit: 2, presence_seconds: null });
const ORDERED = /** @type {const} */ ({ mode: "sequential", speed_limit: 1.5, presence_seconds: null });
const BEAT = {
  sequence: 3, at: 61_500, played: /** @type {[number, number][]} */ ([[0, 4000], [6000, 8250]]), rate: 1.25, muted: false, visible: true,
  in_view: true, ended: false, quality: {}, present: true, fetched: /** @type {study.Fetched[]} */ ([["360p", 1, "x".repeat(22)]]),
};

test("the hash is that of others", () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 1000, 100_000]) {
    const data = new Uint8Array(length).map((_, i) => i * 7);
    assert.equal(hexadecimal(sha256(data)), createHash("sha256").update(data).digest("hex"));
  }
});

test("beats and segments are hashed as the service hashes them (tests/storage/learning/test_study.py)", () => {
  assert.equal(study.chained("secret", BEAT), "821acd73d57f19a0ca0a139c162a48ec7154b073ceba47ede0c4e78ead862e94");
  const bytes = new Uint8Array(1000).map((_, i) => i % 256);
  assert.equal(study.proofText(sha256(study.proofInput("secret", bytes))), "ZzhTAxXrTgyzVXik92m5WQ");
});

test("a seek ends where it was studied, in order", () => {
  answers(study.seekLimit, [
    [[500, 20, ORDERED], 20],
    [[20.5, 20, ORDERED], null],
    [[5, 20, ORDERED], null],
    [[500, 20, FREE], null],
  ]);
  answers(study.reached, [
    [[20, 19, 20.3], 20.3],
    [[20, 5, 6], 20],
    [[20, 60, 61], 20],
    [[20, 20, 10], 20],
  ]);
});

test("beats bring proofs of what they touch", () => {
  const proof = (/** @type {number} */ number) => ({ rendition: "360p", number, start: number * 4, end: number * 4 + 4, proof: "" });
  const all = [0, 1, 2, 3].map(proof);
  assert.deepEqual(study.provenBy(all, [[3900, 8000]]).map(({ number }) => number), [0, 1]);
  assert.deepEqual(study.provenBy(all, []), []);
});

test("names of renditions stand in addresses", () => {
  answers(study.renditionOf, [[["https://a.example/v/p/v/360p.m3u8?token=x.y"], "360p"]]);
});

test("what was not believed leads back, once the service has heard it", () => {
  const ends = new Map([[4, 100], [5, 120]]);
  answers(study.wayBack, [
    [[{ ended: null, next: 6, furthest: 60 }, ends, ORDERED], 60],
    [[{ ended: null, next: 6, furthest: 119 }, ends, ORDERED], null],
    [[{ ended: null, next: 5, furthest: 100 }, ends, ORDERED], null],
    [[{ ended: null, next: 6, furthest: 60 }, ends, FREE], null],
    [[{ ended: null, next: 90, furthest: 0 }, ends, ORDERED], null],
  ]);
});

test("only speeds that count are offered", () => {
  answers(study.allowedSpeeds, [
    [[[0.5, 1, 1.5, 2], 1.5], [0.5, 1, 1.5]],
    [[[0.5, 1, 2], null], [0.5, 1, 2]],
  ]);
});

test("the mark is everywhere on the picture in turn, and never beside it", () => {
  const sizes = { player: { width: 360, height: 640 }, picture: { width: 1280, height: 720 }, mark: { width: 60, height: 20 } };
  const places = Array.from({ length: 40 }, (_, turn) => study.markPlace(turn, 0.5, sizes));
  assert.equal(new Set(places.map(({ x, y }) => `${x < 150}${y < 310}`)).size, 4);
  assert.ok(places.every(({ x, y }) => x >= 0 && x <= 300 && y >= 218 && y <= 402));
  assert.deepEqual(study.markPlace(0, 0, { ...sizes, picture: { width: 0, height: 0 } }), { x: 0, y: 0 });
});

test("who studied in order elsewhere goes on at the furthest point", () => {
  const session = { mode: /** @type {const} */ ("sequential"), furthest: 300 };
  assert.equal(study.studyResume(session, 0, 600), 300);
  assert.equal(study.studyResume(session, 250, 600), 300);
  assert.equal(study.studyResume(session, 300, 600), 0);
  assert.equal(study.studyResume({ ...session, mode: "free" }, 0, 600), 0);
  assert.equal(study.studyResume({ ...session, furthest: 595 }, 0, 600), 0);
  assert.equal(study.studyResume({ ...session, furthest: 4 }, 0, 600), 0);
  assert.equal(study.studyResume(session, 0, null), 0);
});
