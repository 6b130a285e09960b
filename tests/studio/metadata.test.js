import assert from "node:assert/strict";
import { test } from "node:test";

import { same } from "../../media_service/studio/static/pure/edits.js";
import {
  branches,
  isBackwards,
  isPartialDate,
  matching,
  sentContributors,
  sentLicence,
  sentMoment,
  sentOtherIds,
} from "../../media_service/studio/static/pure/metadata.js";
import { actionsOf, lacksNote } from "../../media_service/studio/static/pure/reviews.js";
import { answers } from "../player_embed/answers.js";

const category = (/** @type {string} */ id, /** @type {string | null} */ parent, /** @type {string} */ name) => ({
  id,
  parent_id: parent,
  name_zh: `${name}类`,
  name_en: name,
  position: 0,
  code: id,
});

test("categories stand in the order of their tree, and are found by any part of their way", () => {
  const all = branches([category("h", null, "Health"), category("c", null, "Cooking"), category("t", "h", "Tai chi"), category("x", "gone", "Lost")], "en");
  assert.deepEqual(all.map(({ name, depth }) => [name, depth]), [["Health", 0], ["Tai chi", 1], ["Cooking", 0], ["Lost", 0]]);
  assert.deepEqual(matching(all, "health").map(({ path }) => path), ["Health", "Health › Tai chi"]);
  assert.deepEqual(matching(all, " TAI ").map(({ id }) => id), ["t"]);
  assert.equal(branches([category("h", null, "Health")], "zh")[0].name, "Health类");
});

test("a date is one as far as it is known", () => {
  answers(isPartialDate, [
    [["2009"], true],
    [["2009-05"], true],
    [["2009-05-04"], true],
    [["2009-13"], false],
    [["2009-02-30"], false],
    [["09-05"], false],
    [["0000"], false],
    [[""], false],
  ]);
});

test("what is not complete is not sent", () => {
  assert.deepEqual(sentContributors([{ role: "author", name: " 李老师 ", organization: " " }, { role: "editor", name: " ", organization: "x" }]), [
    { role: "author", name: "李老师", organization: null },
  ]);
  answers(sentLicence, [
    [["", "", ""], null],
    [["CC0-1.0", "left over", ""], { code: "CC0-1.0", text: null, url: null }],
    [["custom", "", ""], undefined],
    [["custom", "", "nothing"], undefined],
    [["custom", "Ask us.", ""], { code: "custom", text: "Ask us.", url: null }],
    [["custom", "", "https://a.example/b"], { code: "custom", text: null, url: "https://a.example/b" }],
  ]);
  assert.deepEqual(sentOtherIds([{ system: "DOI", id: "10.1/2" }, { system: "a b", id: "1" }, { system: "old", id: " " }]), { doi: "10.1/2" });
});

test("moments are the service's own, and in order", () => {
  assert.equal(sentMoment(""), null);
  assert.match(String(sentMoment("2026-11-29T08:00")), /^2026-11-2[89]T\d\d:\d\d:00Z$|^2026-11-30T/);
  answers(isBackwards, [
    [[null, "2026-01-01T00:00:00Z"], false],
    [["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"], true],
    [["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"], false],
  ]);
});

test("members of an object have no order", () => {
  assert.ok(same({ a: 1, b: { c: 2, d: [1, 2] } }, { b: { d: [1, 2], c: 2 }, a: 1 }));
  assert.ok(!same([1, 2], [2, 1]) && !same({ a: null }, {}));
});

test("a step of a review is open to whom it belongs", () => {
  const author = { isReviewed: true, isAdmin: false };
  const admin = { isReviewed: true, isAdmin: true };
  const free = { isReviewed: false, isAdmin: false };
  answers(actionsOf, [
    [["draft", author], ["submit"]],
    [["submitted", author], ["withdraw"]],
    [["returned", author], ["submit"]],
    [["accepted", author], ["publish", "withdraw"]],
    [["published", author], ["withdraw"]],
    [["submitted", admin], ["accept", "return", "publish", "withdraw"]],
    [["accepted", admin], ["return", "publish", "withdraw"]],
    [["draft", admin], ["submit", "publish"]],
    [["draft", free], ["publish"]],
    [["published", free], ["withdraw"]],
  ]);
  assert.ok(lacksNote("return", " ") && !lacksNote("return", "x") && !lacksNote("accept", ""));
});
