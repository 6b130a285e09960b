import assert from "node:assert/strict";
import { test } from "node:test";

import { holds, setsOf, toggled, wishOf } from "../../media_service/studio/static/pure/following.js";

const COURSE = { course_id: "c", lesson_id: null, owner: null };

test("what is not changed is sent as it was", () => {
  const known = { visibility: "public", mode: "mirror", keep_copies: true, only: [COURSE], most_bytes: 7, with_source: true, bytes_per_second: null, window_from: 1, window_until: 2, current: 9 };
  assert.deepEqual(wishOf(known, { mode: "reference" }), {
    visibility: "public",
    mode: "reference",
    keep_copies: true,
    only: [{ course_id: "c" }],
    most_bytes: 7,
    with_source: true,
    bytes_per_second: null,
    window_from: 1,
    window_until: 2,
  });
  assert.deepEqual(wishOf(null, { only: null }), { only: null });
});

test("a part is chosen once, and left out again, whatever nulls it has", () => {
  assert.ok(holds([COURSE], { course_id: "c" }));
  assert.ok(!holds([COURSE], { lesson_id: "c" }));
  assert.deepEqual(toggled([COURSE], { course_id: "c" }), []);
  assert.deepEqual(toggled([COURSE], { licence: "CC0-1.0" }), [COURSE, { licence: "CC0-1.0" }]);
  assert.deepEqual(setsOf([COURSE, { lesson_id: "l" }, { owner: "省" }]), [{ owner: "省" }]);
});
