import assert from "node:assert/strict";
import { test } from "node:test";

import { moved, placeAfter, placeAt } from "../../media_service/studio/static/pure/order.js";

test("one thing goes to another place, the others keep their order", () => {
  assert.deepEqual(moved(["a", "b", "c", "d"], 0, 2), ["b", "c", "a", "d"]);
  assert.deepEqual(moved(["a", "b", "c", "d"], 3, 0), ["d", "a", "b", "c"]);
  assert.deepEqual(moved(["a"], 0, 0), ["a"]);
});

test("keys lead no further than the ends", () => {
  assert.equal(placeAfter("ArrowUp", 0, 3), 0);
  assert.equal(placeAfter("ArrowDown", 1, 3), 2);
  assert.equal(placeAfter("End", 0, 3), 2);
  assert.equal(placeAfter("Enter", 0, 3), null);
});

test("what is dragged takes the place of the row whose middle it has passed", () => {
  const middles = [10, 30, 50, 70];
  assert.equal(placeAt(middles, 1, 30), 1);
  assert.equal(placeAt(middles, 1, 51), 2);
  assert.equal(placeAt(middles, 1, 500), 3);
  assert.equal(placeAt(middles, 3, 9), 0);
});
