import assert from "node:assert/strict";
import { test } from "node:test";

import { dueNow } from "../../media_service/studio/static/pure/hearing.js";
import { isLost, nextInLine, retryDelay, verdictOn } from "../../media_service/studio/static/pure/line.js";
import { isMissed, isTaken } from "../../media_service/studio/static/pure/picked.js";
import { speedOf, withSample } from "../../media_service/studio/static/pure/speed.js";
import { continuation, namesakes } from "../../media_service/studio/static/pure/unfinished.js";
import { answers } from "../player_embed/answers.js";

/** @param {Partial<import("../../media_service/studio/static/types").OpenUpload>} known */
const open = (known) => ({ id: "u", address: "/v1/uploads/u", name: "a.mp4", size: 10, received: 4, isBeingSent: false, digest: "d", assetId: "a", ...known });

test("three uploads go at a time, those that wait the longest first", () => {
  answers(nextInLine, [
    [[["waiting", "waiting", "waiting", "waiting"]], [0, 1, 2]],
    [[["sent", "sending", "waiting", "paused", "waiting", "retrying", "waiting"]], [2]],
    [[["checking", "sending", "retrying", "waiting"]], []],
    [[["failed", "paused"]], []],
  ]);
});

test("what passes is tried again, what was lost begins anew, what is refused is told", () => {
  const verdict = (/** @type {number} */ status, /** @type {string} */ code, /** @type {boolean} */ begun) =>
    verdictOn({ status, code, message: { en: "", zh: "" }, detail: null, errors: [], retryAfter: null }, begun);
  answers(verdict, [
    [[0, "unreachable", true], "retry"],
    [[503, "uploads_busy", true], "retry"],
    [[423, "upload_locked", true], "retry"],
    [[409, "upload_offset_mismatch", true], "retry"],
    [[401, "key_expired", true], "sign_in"],
    [[403, "csrf_missing", false], "sign_in"],
    [[410, "upload_expired", true], "restart"],
    [[404, "upload_not_found", true], "restart"],
    [[404, "not_found", false], "fail"],
    [[507, "storage_full", true], "fail"],
    [[415, "file_type_refused", false], "fail"],
    [[403, "quota_spent", false], "fail"],
  ]);
});

test("attempts become rarer, never as rare as a minute, and later where the service asks for it", () => {
  answers(retryDelay, [[[1, null], 1], [[2, null], 2], [[5, null], 16], [[60, null], 30], [[1, 10], 10], [[9, 5], 30]]);
});

test("a request that is silent for half a minute is lost, one that settles a file has five", () => {
  answers(isLost, [[[29, false], false], [[30, false], true], [[120, true], false], [[300, true], true]]);
});

test("speed is that of the last seconds, and not known at once or after a step back", () => {
  /** @type {import("../../media_service/studio/static/pure/speed.js").Sample[]} */
  let samples = [];
  assert.equal(speedOf(samples), null);
  for (let at = 0; at <= 20; at += 1) samples = withSample(samples, { at, bytes: at < 10 ? 0 : (at - 10) * 100 });
  assert.equal(speedOf(samples), 100);
  samples = withSample(samples, { at: 21, bytes: 500 });
  assert.equal(speedOf(samples), null);
  assert.equal(speedOf([{ at: 0, bytes: 0 }, { at: 0.1, bytes: 1e6 }]), null);
});

test("of folders only lessons are taken, of single files all but what systems leave behind", () => {
  answers(isTaken, [
    [["a.mp4", "video/mp4", true], true],
    [["讲座.MKV", "", true], true],
    [["notes.docx", "", true], false],
    [["notes.docx", "", false], true],
    [["mp4", "", true], false],
    [[".DS_Store", "", false], false],
    [["._a.mp4", "video/mp4", true], false],
    [["Thumbs.db", "", true], false],
  ]);
  answers(isMissed, [[["notes.docx"], true], [[".DS_Store"], false]]);
});

test("a file goes on only with an upload of its name, size and hash", () => {
  const uploads = [open({ id: "1", digest: "other" }), open({ id: "2" }), open({ id: "3", name: "b.mp4" }), open({ id: "4", size: 11 })];
  const named = namesakes({ name: "a.mp4", size: 10 }, uploads);
  assert.deepEqual(named.map(({ id }) => id), ["1", "2", "4"]);
  answers((/** @type {number} */ size, /** @type {string} */ digest) => {
    const { upload, differs } = continuation({ size }, digest, named);
    return [upload?.id ?? null, differs];
  }, [
    [[10, "d"], ["2", false]],
    [[10, "x"], [null, true]],
    [[12, "d"], [null, true]],
  ]);
  assert.deepEqual(continuation({ size: 10 }, "d", []), { upload: null, differs: false });
  assert.deepEqual(continuation({ size: 10 }, "d", [open({ digest: null })]), { upload: null, differs: true });
});

test("names are the same however their accents are written", () => {
  assert.equal(namesakes({ name: "e\u0301.mp4", size: 1 }, [open({ name: "\u00e9.mp4" })]).length, 1);
});

test("assets are asked for every two seconds, and seldom where a stream tells what happens", () => {
  const watched = [
    { id: "new", moves: true, stays: false, heard: 9 },
    { id: "late", moves: true, stays: false, heard: 1 },
    { id: "later", moves: true, stays: false, heard: -30 },
    { id: "done", moves: false, stays: false, heard: -99 },
    { id: "edited", moves: false, stays: true, heard: -20 },
    { id: "just edited", moves: false, stays: true, heard: 1 },
  ];
  const due = (/** @type {boolean} */ streams, /** @type {number} */ most) => dueNow(watched, 10, streams, most).map(({ id }) => id);
  answers(due, [
    [[false, 4], ["later", "edited", "late"]],
    [[false, 1], ["later"]],
    [[true, 4], ["later", "edited"]],
  ]);
});
