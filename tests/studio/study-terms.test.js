import assert from "node:assert/strict";
import { test } from "node:test";

import { numberWithin } from "../../media_service/studio/static/pure/study-terms.js";

test("numbers are read as people write them, within their bounds", () => {
  const percent = { least: 1, most: 100 };
  assert.equal(numberWithin(" 85 % ", percent), 85);
  assert.equal(numberWithin("８５", percent), 85);
  assert.equal(numberWithin("1,5", { least: 1, most: 4 }), 1.5);
  assert.equal(numberWithin("", percent), null);
  for (const text of ["0", "101", "-5", "ten", "1e2", "1.2.3"]) assert.equal(numberWithin(text, percent), undefined);
});
