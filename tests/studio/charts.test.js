import assert from "node:assert/strict";
import { test } from "node:test";

import { aloneOf, barsOf, groundOf, lineOf, MOST_POINTS, movedTo, named, nearest, scaleOf, thinned } from "../../media_service/studio/static/pure/charts.js";
import { toCsv } from "../../media_service/studio/static/pure/csv.js";
import { before, firstDay, growth, qualityOf, readAsked, reportAddress, sharesOf, writeAsked } from "../../media_service/studio/static/pure/statistics.js";
import { answers } from "../player_embed/answers.js";

const BOX = { width: 100, height: 50, top: 10 };

test("axes have round figures up to the largest value", () => {
  answers((/** @type {number} */ largest) => scaleOf(largest).marks, [
    [[0], [0, 1]],
    [[1], [0, 0.25, 0.5, 0.75, 1]],
    [[7], [0, 2, 4, 6, 8]],
    [[100], [0, 25, 50, 75, 100]],
    [[101], [0, 50, 100, 150]],
    [[0.3], [0, 0.1, 0.2, 0.3]],
    [[1_234_567], [0, 500_000, 1_000_000, 1_500_000]],
  ]);
  assert.deepEqual(scaleOf(1, true).marks, [0, 1]);
  assert.deepEqual(scaleOf(9, true).marks, [0, 5, 10]);
  for (let largest = 0.001; largest < 1e12; largest *= 1.37) {
    const { top, marks } = scaleOf(largest);
    assert.ok(top >= largest && marks.length <= 6 && marks.at(-1) === top, String(largest));
  }
});

test("a line goes through its points and has gaps where nothing is known", () => {
  answers((/** @type {(number | null)[]} */ values) => lineOf(values, BOX), [
    [[[0, 10, 5]], "M0 50L50 0L100 25"],
    [[[0, null, 5]], "M0 50M100 25"],
    [[[null, 5, 5]], "M50 25L100 25"],
    [[[5]], "M50 25"],
    [[[20]], "M50 0"],
    [[[]], ""],
  ]);
  assert.equal(groundOf([0, 10, null, 5], BOX), "M0 50L33.33 0L33.33 50L0 50Z");
  assert.deepEqual(aloneOf([0, 10, null, 5]), [3]);
  assert.deepEqual(aloneOf([7]), [0]);
  assert.deepEqual(aloneOf([null, 1, null, 2, 3]), [1]);
});

test("bars stand on the axis, as high as their values", () => {
  const bars = barsOf([10, null, 5], BOX);
  assert.deepEqual(bars.map(({ height, y }) => [Math.round(y), Math.round(height)]), [[0, 50], [50, 0], [25, 25]]);
  for (const { x, width } of bars) assert.ok(x >= 0 && x + width <= 100.01);
});

test("keys and the pointer lead to a point that is there", () => {
  answers((/** @type {string} */ key, /** @type {number} */ at) => movedTo(key, at, 30), [
    [["ArrowRight", 0], 1],
    [["ArrowRight", 29], 29],
    [["ArrowLeft", 0], 0],
    [["ArrowDown", 5], 4],
    [["PageUp", 5], 12],
    [["Home", 12], 0],
    [["End", 12], 29],
    [["Enter", 12], null],
  ]);
  answers(nearest, [
    [[0, 10, "line"], 0],
    [[0.06, 10, "line"], 1],
    [[1.2, 10, "line"], 9],
    [[0.99, 10, "bars"], 9],
    [[-1, 10, "bars"], 0],
  ]);
});

test("names below the axis are evenly spread, with both ends", () => {
  answers(named, [
    [[28, 4], [0, 9, 18, 27]],
    [[3, 6], [0, 1, 2]],
    [[1, 6], [0]],
    [[100, 1], [0]],
  ]);
});

test("no more points are drawn than a screen can show, and none is lost", () => {
  const points = Array.from({ length: 1001 }, () => 1);
  const drawn = thinned(points, (some) => some.reduce((sum, each) => sum + each, 0));
  assert.ok(drawn.length <= MOST_POINTS);
  assert.equal(drawn.reduce((sum, each) => sum + each, 0), 1001);
  assert.deepEqual(thinned([1, 2], ([first]) => first), [1, 2]);
});

test("a table is one for spreadsheets, and carries nothing out", () => {
  assert.equal(toCsv(["名称", "n"], [["=1+1", 5], ['"a", b', null], ["＋", 0.5]]), '\ufeff名称,n\r\n\'=1+1,5\r\n"""a"", b",\r\n\'＋,0.5\r\n');
});

test("the address says what is asked for, and leaves out what is usual", () => {
  answers((/** @type {string} */ search) => writeAsked(readAsked(search)), [
    [[""], ""],
    [["?range=28&by=day"], ""],
    [["?range=12m&by=week"], "?range=12m"],
    [["?range=12m&by=day&organization=o1&partner=p1"], "?range=12m&by=day&organization=o1&partner=p1"],
    [["?range=1000&by=hour"], ""],
  ]);
  answers((/** @type {"7" | "12m"} */ range, /** @type {Date} */ today) => firstDay(range, today), [
    [["7", new Date(2026, 2, 3)], "2026-02-25"],
    [["12m", new Date(2026, 10, 30)], "2025-12-01"],
    [["12m", new Date(2026, 0, 31)], "2025-02-01"],
  ]);
  answers(before, [
    [["2026-11-24", new Date(2026, 10, 30, 23)], { from: "2026-11-17", to: "2026-11-23" }],
    [["2026-03-01", new Date(2026, 2, 31)], { from: "2026-01-29", to: "2026-02-28" }],
  ]);
  assert.equal(reportAddress("/assets", { from: "2026-01-01", organization: "", partner: "p" }), "/v1/views/assets?from=2026-01-01&partner=p");
});

test("rates of nothing are none", () => {
  const nothing = { views: 0, viewers: 0, attendance: 0, plays: 0, starts: 0, played_seconds: 0, watched_seconds: 0, completion: null, completed: 0, startup_seconds: null, stalls: 0, stall_seconds: 0, errors: 0, bitrate: null, traffic_bytes: 0 };
  assert.deepEqual(qualityOf(nothing), { startup: null, stallsPerHour: null, stalledShare: null, errorsPerThousand: null, bitrate: null });
  const some = { ...nothing, plays: 200, played_seconds: 7200, stalls: 4, stall_seconds: 800, errors: 3, startup_seconds: 0.5, bitrate: 900 };
  assert.deepEqual(qualityOf(some), { startup: 0.5, stallsPerHour: 2, stalledShare: 0.1, errorsPerThousand: 15, bitrate: 900 });
  assert.deepEqual(sharesOf([4, 2, 9], 4), [1, 0.5, 1]);
  assert.deepEqual(sharesOf([4], 0), []);
  answers(growth, [[[15, 10], 0.5], [[0, 10], -1], [[5, 0], null]]);
});
