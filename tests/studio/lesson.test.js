import assert from "node:assert/strict";
import { test } from "node:test";

import { merge, patience, savedWord, sendable, without } from "../../media_service/studio/static/pure/edits.js";
import { stepped } from "../../media_service/studio/static/pure/frames.js";
import { spelled } from "../../media_service/studio/static/pure/quantities.js";
import { endsTag, withTags } from "../../media_service/studio/static/pure/tags.js";
import { nameIn, tongueName, TONGUES, tonguesWith } from "../../media_service/studio/static/pure/tongues.js";
import { canBeShown, isMoving, standingOf } from "../../media_service/studio/static/pure/versions.js";
import { answers } from "../player_embed/answers.js";

test("what two changed is told apart from what one of them changed", () => {
  const base = { title: "One", subject: null, tags: ["a"] };
  answers((/** @type {import("../../media_service/studio/static/pure/edits.js").Fields} */ edits, /** @type {object} */ theirs) => merge(base, edits, { ...base, ...theirs }), [
    [[{ title: "Mine" }, {}], { edits: { title: "Mine" }, conflicts: [] }],
    [[{ title: "Mine" }, { subject: "Theirs" }], { edits: { title: "Mine" }, conflicts: [] }],
    [[{ title: "Both" }, { title: "Both" }], { edits: {}, conflicts: [] }],
    [
      [{ title: "Mine", tags: ["a", "b"] }, { title: "Theirs" }],
      { edits: { title: "Mine", tags: ["a", "b"] }, conflicts: [{ name: "title", mine: "Mine", theirs: "Theirs" }] },
    ],
    [[{ tags: ["a", "b"] }, { tags: ["b"] }], { edits: { tags: ["a", "b"] }, conflicts: [{ name: "tags", mine: ["a", "b"], theirs: ["b"] }] }],
  ]);
});

test("what waits for a decision, or no title can be, is not sent", () => {
  const conflicts = [{ name: "subject", mine: "x", theirs: "y" }];
  assert.deepEqual(sendable({ title: "  ", subject: "x", tags: [] }, conflicts), { tags: [] });
  assert.deepEqual(sendable({ title: "One" }, []), { title: "One" });
});

test("what was typed while something was sent is sent next", () => {
  assert.deepEqual(without({ title: "One two", tags: [] }, { title: "One", tags: [] }), { title: "One two" });
});

test("attempts that fail come less and less often, or when the service says", () => {
  answers(patience, [
    [[1, null], 3],
    [[3, null], 12],
    [[9, null], 60],
    [[1, 30], 30],
  ]);
});

test("tags are cut where either language separates, and stand once", () => {
  answers(withTags, [
    [[["rabbit"], "film"], ["rabbit", "film"]],
    [[[], "健康，太极、 养生\n"], ["健康", "太极", "养生"]],
    [[["Rabbit"], "rabbit, ＲＡＢＢＩＴ"], ["Rabbit"]],
    [[[], "  two   words  "], ["two words"]],
    [[["a"], " , "], ["a"]],
  ]);
  assert.equal(withTags([], Array.from({ length: 30 }, (_, i) => `tag${i}`).join()).length, 20);
  assert.ok(endsTag("一，") && endsTag("a\nb") && !endsTag("two words"));
});

test("an empty title is not said to be on its way", () => {
  answers(savedWord, [
    [["typing", false, false], "saving"],
    [["typing", true, true], "titleWaits"],
    [["saving", true, true], "saving"],
    [["saved", true, false], "saved"],
    [["saved", false, false], null],
    [["waiting", true, false], "notSent"],
  ]);
});

test("a language is offered by its own name, and by the reader's where that is another", () => {
  answers(tongueName, [
    [["ja", "en"], "日本語 (Japanese)"],
    [["ja", "zh"], "日本語（日语）"],
    [["en", "en"], "English"],
    [["zh", "zh"], "中文"],
    [["zh-Hant", "zh"], "中文（繁体）"],
    [["za", "zh"], "Vahcuengh（壮语）"],
    [["yue", "en"], "粵語 (Cantonese)"],
    [["no tag!", "en"], "no tag!"],
  ]);
  assert.equal(nameIn("bo", "en"), "Tibetan");
  assert.deepEqual(tonguesWith("zh"), TONGUES);
  assert.equal(tonguesWith("sw").at(-1), "sw");
});

test("a version stands where its times and its state say", () => {
  const version = {
    current: false,
    activates: /** @type {const} */ ("ready"),
    state: "ready",
    activated_at: null,
    retired_at: null,
    removed_at: null,
    manifest_url: "/v/a/b.m3u8",
  };
  const cases = /** @type {const} */ ([
    [{ current: true }, "current", false],
    [{ state: "uploading" }, "arriving", false],
    [{ state: "playable" }, "making", false],
    [{ state: "failed" }, "failed", false],
    [{ activates: "manual" }, "waits", true],
    [{ activated_at: "2026-01-01", retired_at: "2026-01-02" }, "earlier", true],
    [{ retired_at: "2026-01-02", manifest_url: null }, "earlier", false],
    [{ retired_at: "2026-01-02", removed_at: "2026-02-02", manifest_url: null }, "removed", false],
  ]);
  for (const [told, standing, showable] of cases) {
    assert.equal(standingOf({ ...version, ...told }), standing);
    assert.equal(canBeShown({ ...version, ...told }), showable, standing);
  }
  assert.ok(isMoving([{ ...version, state: "processing" }]));
  assert.ok(isMoving([version]));
  assert.ok(!isMoving([{ ...version, activates: "manual" }, { ...version, current: true }]));
});

test("an estimate is spelled by its largest units", () => {
  const say = (/** @type {string} */ unit, /** @type {{n: number}} */ { n }) => `${n} ${unit}`;
  answers((/** @type {number} */ seconds) => spelled(seconds, say), [
    [[3], "5 seconds"],
    [[70], "1 minutes"],
    [[3700], "1 hours 2 minutes"],
  ]);
});

test("keys move along a lesson by a frame, a second, a tenth", () => {
  const lesson = { duration: 100, rate: 25 };
  answers((/** @type {string} */ key, /** @type {boolean} */ coarse) => stepped(key, coarse, 50, lesson), [
    [["ArrowRight", false], 50.04],
    [["ArrowLeft", true], 49],
    [["PageUp", false], 60],
    [["Home", false], 0],
    [["End", false], 100],
    [["Enter", false], null],
  ]);
});
