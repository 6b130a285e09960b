import assert from "node:assert/strict";
import { test } from "node:test";

import { changesOf, choose, daysLeft, tally } from "../../media_service/studio/static/pure/many.js";
import { narrowing, questionOf, readWanted, writeWanted } from "../../media_service/studio/static/pure/wanted.js";

test("the address says what is wanted, and nothing that nobody can choose", () => {
  const wanted = readWanted("?q=%20社区%20&state=ready&kind=film&captions=no&sort=-created_at&else=1");
  assert.deepEqual(wanted, { q: "社区", state: "ready", captions: "no" });
  assert.deepEqual(readWanted(writeWanted(wanted)), wanted);
  assert.equal(writeWanted({ q: "", sort: "-created_at" }), "");
  assert.deepEqual(narrowing({ q: "a", sort: "title", tag: "b", language: "zh" }), ["language", "tag"]);
});

test("the service is asked for it", () => {
  assert.equal(questionOf({}, null), "/v1/assets?limit=50&count=true");
  assert.equal(
    questionOf({ q: "a b", state: "working", captions: "yes", owner: "me", sort: "title" }, "x"),
    "/v1/assets?limit=50&q=a+b&state=uploading&state=queued&state=processing&state=playable&has_captions=true&owner=me&sort=title&after=x",
  );
});

test("the shift key chooses all between two clicks, in both directions", () => {
  const shown = ["a", "b", "c", "d"];
  assert.deepEqual([...choose(new Set(), shown, { id: "b", on: true, from: null })], ["b"]);
  assert.deepEqual([...choose(new Set(["b"]), shown, { id: "d", on: true, from: "b" })], ["b", "c", "d"]);
  assert.deepEqual([...choose(new Set(["d"]), shown, { id: "b", on: true, from: "d" })], ["d", "b", "c"]);
  assert.deepEqual([...choose(new Set(shown), shown, { id: "a", on: false, from: "c" })], ["d"]);
  assert.deepEqual([...choose(new Set(), shown, { id: "a", on: true, from: "gone" })], ["a"]);
});

test("lessons are put into a category and taken out of another, and keep the rest", () => {
  const lessons = [
    { id: "1", title: "", tags: [], category_ids: ["a", "b"] },
    { id: "2", title: "", tags: [] },
  ];
  const nothing = { language: "", subject: "", add: [], remove: [] };
  assert.deepEqual(
    changesOf(lessons, { ...nothing, category: "b", categoryAway: "a" }).map(({ set }) => set),
    [{ category_ids: ["b"] }, { category_ids: ["b"] }],
  );
  assert.deepEqual(changesOf(lessons, { ...nothing, categoryAway: "b" }).map(({ set }) => set), [{ category_ids: ["a"] }, { category_ids: [] }]);
});

test("what is left empty stays, tags are added and taken away whatever their width and case", () => {
  const lessons = [{ id: "1", title: "", tags: ["PPT", "老年"] }];
  const nothing = { language: "", subject: " ", add: [], remove: [] };
  assert.deepEqual(changesOf(lessons, nothing), [{ asset_id: "1", set: {} }]);
  assert.deepEqual(changesOf(lessons, { language: "und", subject: " 健康 ", add: ["ｐｐｔ", "新"], remove: ["老年"] }), [
    { asset_id: "1", set: { language: null, subject: "健康", tags: ["PPT", "新"] } },
  ]);
});

test("what became of many is counted, and days are whole", () => {
  assert.deepEqual(tally([{ outcome: "changed" }, { outcome: "unchanged" }, { outcome: "asset_not_found" }]), {
    changed: 1,
    unchanged: 1,
    refused: 1,
  });
  const now = Date.parse("2026-03-01T12:00:00Z");
  assert.equal(daysLeft("2026-03-31T11:59:59Z", now), 30);
  assert.equal(daysLeft("2026-03-01T12:00:01Z", now), 1);
  assert.equal(daysLeft("2026-02-01T00:00:00Z", now), 0);
});
