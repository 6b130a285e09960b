import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";

import { readProblem } from "../../media_service/studio/static/pure/problems.js";
import { coarseTime, formatBytes, percentOf } from "../../media_service/studio/static/pure/quantities.js";
import { matchRoute } from "../../media_service/studio/static/pure/routes.js";
import { hexadecimal, sha256 } from "../../player_embed/static/pure/sha256.js";
import { answers } from "../player_embed/answers.js";

test("an address has one page, with the values of its parts", () => {
  const patterns = ["/studio", "/studio/lessons", "/studio/lessons/:id", "/studio/lessons/:id/captions"];
  answers((/** @type {string} */ path) => matchRoute(patterns, path), [
    [["/studio"], { index: 0, params: {} }],
    [["/studio/"], { index: 0, params: {} }],
    [["/studio/lessons/0mx%20a"], { index: 2, params: { id: "0mx a" } }],
    [["/studio/lessons/%zz/captions"], { index: 3, params: { id: "%zz" } }],
    [["/studio/nothing"], null],
    [["/"], null],
  ]);
});

test("problem documents are read, and what is none says so all the same", () => {
  const told = { code: "file_empty", message: { en: "Empty.", zh: "空。" }, detail: "0 bytes", errors: [{ detail: "x" }] };
  assert.deepEqual(readProblem(422, JSON.stringify(told), "5"), { status: 422, ...told, retryAfter: 5 });
  const unclear = readProblem(502, "<html>", null);
  assert.deepEqual([unclear.code, unclear.retryAfter], ["http_502", null]);
  assert.ok(unclear.message.zh && unclear.message.en);
  assert.equal(readProblem(500, '{"message": "text"}', "soon").retryAfter, null);
});

test("bytes are told in the unit that suits them", () => {
  answers(formatBytes, [
    [[0, "en"], "0 B"],
    [[999, "en"], "999 B"],
    [[1000, "zh"], "1 kB"],
    [[1_250_000, "en"], "1.3 MB"],
    [[999_600, "en"], "1 MB"],
    [[12_345_678_901, "zh"], "12 GB"],
    [[5e15, "en"], "5,000 TB"],
  ]);
});

test("times that are left are as coarse as estimates are", () => {
  answers(coarseTime, [
    [[0], { hours: 0, minutes: 0, seconds: 5 }],
    [[41], { hours: 0, minutes: 0, seconds: 45 }],
    [[58], { hours: 0, minutes: 1, seconds: 0 }],
    [[3590], { hours: 1, minutes: 0, seconds: 0 }],
    [[7500], { hours: 2, minutes: 5, seconds: 0 }],
  ]);
});

test("percent are 100 only when it is all", () => {
  answers(percentOf, [[[0, 0], 0], [[1, 3], 33], [[999, 1000], 99], [[1000, 1000], 100]]);
});

test("SHA-256 is that of others", () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 100_000]) {
    const bytes = randomBytes(length);
    assert.equal(hexadecimal(sha256(bytes)), createHash("sha256").update(bytes).digest("hex"), String(length));
  }
});
