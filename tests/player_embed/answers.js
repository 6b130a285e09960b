import assert from "node:assert/strict";

/**
 * Each row is a list of arguments and the answer to them.
 * @template {unknown[]} Given
 * @template Answer
 * @param {(...given: Given) => Answer} decide
 * @param {[given: NoInfer<Given>, expected: unknown][]} rows
 */
export function answers(decide, rows) {
  for (const [given, expected] of rows) assert.deepEqual(decide(...given), expected, JSON.stringify(given));
}
