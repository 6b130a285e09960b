import assert from "node:assert/strict";
import { test } from "node:test";

import { canJudgeByMore, criteriaForm, criteriaOf, newCriterion, shownScore } from "../../media_service/studio/static/pure/judging.js";
import { changesOf, formOf, newForm, termsOf } from "../../media_service/studio/static/pure/link-terms.js";
import { roomOf, takenPercent, tooMuch } from "../../media_service/studio/static/pure/room.js";
import { csv } from "../../media_service/studio/static/pure/sheets.js";
import { standingOf } from "../../media_service/studio/static/pure/webhooks.js";
import { answers } from "../player_embed/answers.js";

const form = newForm(new Date(2026, 10, 30, 8, 0), "Your name");

test("a new link is open for two weeks, to the end of the day, and asks for a name", () => {
  const terms = termsOf({ ...form, name: " Contest " });
  assert.equal(terms.closes_at, new Date(2026, 11, 14, 23, 59).toISOString());
  assert.deepEqual(terms, {
    name: "Contest",
    language: null,
    max_bytes: null,
    max_seconds: null,
    max_entries: null,
    kinds: [],
    opens_at: null,
    closes_at: terms.closes_at,
    grace_seconds: 0,
    fields: [{ name: "name", label: "Your name", required: true }],
    licence: "",
  });
});

test("limits are in the units of the service, and no two fields have one name", () => {
  const asked = [
    { name: "", label: "Title of the lesson", required: true },
    { name: "", label: "  ", required: false },
    { name: "field_3", label: "School", required: false },
    { name: "", label: "Class", required: false },
    { name: "", label: "Pupils", required: false },
  ];
  const terms = termsOf({ ...form, gigabytes: "0.5", minutes: "1.5", entries: "20", kinds: ["audio"], fields: asked });
  assert.deepEqual([terms.max_bytes, terms.max_seconds, terms.max_entries, terms.kinds], [500_000_000, 90, 20, ["audio"]]);
  assert.deepEqual(
    terms.fields.map(({ name, label }) => [name, label]),
    [["field_1", "Title of the lesson"], ["field_3", "School"], ["field_4", "Class"], ["field_5", "Pupils"]],
  );
});

test("only what somebody changed is sent, and moments keep their seconds", () => {
  const link = { ...termsOf({ ...form, name: "Contest", gigabytes: "2" }), opens_at: "2026-11-30T00:00:17.5Z", closes_at: "2026-12-01T00:00:59Z" };
  assert.deepEqual(changesOf(formOf(link), link), {});
  assert.deepEqual(changesOf({ ...formOf(link), gigabytes: "", grace: 900 }, link), { max_bytes: null, grace_seconds: 900 });
});

test("a table is whole whatever strangers wrote, and no formula", () => {
  assert.equal(csv([["a", 'say "hi"'], ["=1+1", -2], ["x,y", "two\nlines"]]), '\uFEFFa,"say ""hi"""\r\n\'=1+1,-2\r\n"x,y","two\nlines"\r\n');
});

test("room is what is left, of which what waits takes its part", () => {
  const of = (/** @type {number | null} */ limit, /** @type {number} */ left) => ({ limit, used: 0, reserved: 0, left: limit === null ? null : left });
  answers(takenPercent, [[[of(200, 50)], 75], [[of(0, 0)], 100], [[of(null, 0)], null]]);
  answers(roomOf, [[[of(100, 11)], "enough"], [[of(100, 10)], "little"], [[of(100, 0)], "none"], [[of(null, 0)], "enough"]]);
  answers(tooMuch, [[[of(100, 30), [20, 10]], 0], [[of(100, 30), [20, 15]], 5], [[of(null, 0), [1e12]], 0]]);
});

test("an endpoint works, fails, was switched off or is gone", () => {
  const [none, moment] = [null, "2026-11-30T00:00:00Z"];
  answers(standingOf, [
    [[{ enabled: true, gone_at: none, failing_since: none }], "works"],
    [[{ enabled: true, gone_at: none, failing_since: moment }], "failing"],
    [[{ enabled: false, gone_at: none, failing_since: moment }], "off"],
    [[{ enabled: false, gone_at: moment, failing_since: moment }], "gone"],
  ]);
});

test("criteria get names of their own, and empty lines are left out", () => {
  const before = [{ name: "criterion_2", label: "创意", greatest: 10, weight: 0.5 }];
  assert.deepEqual(criteriaOf(criteriaForm(before)), before);
  const lines = [...criteriaForm(before), newCriterion(), { name: "", label: " Craft ", greatest: "250", weight: "-1" }];
  assert.deepEqual(criteriaOf(lines), [...before, { name: "criterion_3", label: "Craft", greatest: 100, weight: 1 }]);
  assert.deepEqual(criteriaOf([{ ...newCriterion(), label: "x", greatest: "" }, ...criteriaForm(before)])[0], {
    name: "criterion_1",
    label: "x",
    greatest: 1,
    weight: 1,
  });
  assert.ok(canJudgeByMore(lines) && !canJudgeByMore(Array(12).fill(newCriterion())));
});

test("scores are read with two decimals at most", () => {
  assert.deepEqual([7.5, 1 / 3, 20, null, undefined].map((score) => shownScore(score, "en")), ["7.5", "0.33", "20", "–", "–"]);
});
