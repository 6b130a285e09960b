import assert from "node:assert/strict";
import { test } from "node:test";

import * as faults from "../../player_embed/static/pure/faults.js";
import { TEXTS } from "../../player_embed/static/pure/texts.js";
import { answers } from "./answers.js";

const PROBLEM = { code: "origin_not_allowed", message: { zh: "不", en: "no" } };

test("a service's word is read, whatever else a body may be", () => {
  const body = JSON.stringify({ status: 403, ...PROBLEM });
  answers(faults.parseProblem, [
    [[body], PROBLEM],
    [[new TextEncoder().encode(body)], PROBLEM],
    [["<html>"], null],
    [['{"code": "x", "message": {"en": "half"}}'], null],
    [["null"], null],
    [[undefined], null],
  ]);
});

test("who is refused does not ask again at once", () => {
  answers(faults.isRefused, [
    [[403, null], true],
    [[429, { code: "too_many_plays" }], true],
    [[429, { code: "rate_limited" }], false],
    [[429, null], false],
    [[500, PROBLEM], false],
  ]);
  answers(faults.isFinal, [[[401], true], [[404], true], [[410], true], [[429], false], [[503], false]]);
});

test("refusals of the service speak for themselves", () => {
  answers(faults.classifyError, [
    [[{ status: 403, problem: PROBLEM }], { ...PROBLEM, retry: false }],
    [[{ status: 429, problem: PROBLEM }], { ...PROBLEM, retry: true }],
    [[{ status: 401, problem: { ...PROBLEM, code: "token_expired" } }], { code: "token_expired", retry: false }],
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
    assert.ok(Object.hasOwn(TEXTS.en, `${code}Title`), `${code} has a title`);
  }
});

test("a media element says whose fault it is, or it is the network's", () => {
  answers(faults.mediaErrorKind, [[[2], "network"], [[3], "media"], [[4], "unsupported"], [[1], "network"], [[undefined], "network"]]);
});
