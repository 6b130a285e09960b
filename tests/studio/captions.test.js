import assert from "node:assert/strict";
import { test } from "node:test";

import { chained, insert, merge, remove, replaceAll, setEnd, setStart, setText, shift, split } from "../../media_service/studio/static/pure/cue-edits.js";
import { fileTime, shownTime, typedTime } from "../../media_service/studio/static/pure/cue-times.js";
import { allWarnings, lengthOf, warningsOf } from "../../media_service/studio/static/pure/cue-warnings.js";
import { begin, record, redo, undo } from "../../media_service/studio/static/pure/history.js";
import { speechIn, spread } from "../../media_service/studio/static/pure/speech.js";
import { columnsOf, edgeNear, follow, rowsSeen } from "../../media_service/studio/static/pure/waveform.js";
import { cuesOf, EMPTY, parse, serialize } from "../../media_service/studio/static/pure/webvtt.js";
import { answers } from "../player_embed/answers.js";

const FOREIGN = [
  "\ufeffWEBVTT - Kurs 7\r\nX-Maker: elsewhere\r\n\r\nSTYLE\r\n::cue(.loud) {\r\n  color: red;\r\n}\r\n\r\nREGION\r\nid:top\r\nwidth:40%\r\n\r\n",
  "NOTE of the teacher --> not a time\r\n\r\nintro - 1\r\n00:01.000 --> 00:02.500 region:top align:start\r\n<v 老师><c.loud>山高</c>月小 &amp; 水落\r\n\r\n",
  "\r\nNOTE\r\nbetween\r\n\r\n2\r\n00:00:03.000 -->   00:00:04.000 line:0\r\n春 &lt; 夏\r\n- second\r\n\r\n00:05.000 --> 00:06.000\r\nlast, without an end",
].join("");

const NASTY = [
  EMPTY, "", "WEBVTT", "WEBVTT\n\n\n\n", FOREIGN, FOREIGN.replaceAll("\r\n", "\n"), FOREIGN.replaceAll("\r\n", "\r"),
  "WEBVTT\n00:01.000 --> 00:02.000\nat once\n00:03.000 --> 00:04.000\nno empty line\n7\n00:05.000 --> 00:06.000\nnumbered\n",
  "WEBVTT\n\n00:01.000 --> 00:02.000\n\n00:02.000 --> 00:03.000\n   \nrubbish\n\nmore rubbish --> x\n\n1:00:00.5 --> 1:00:01,25\nodd",
  "WEBVTT\n\nSTYLE\n::cue { }\n\nNOTE x\n\n\u0001\n00:00.000 --> 00:01.000\t\n\ttext & <i>more\n&nbsp;\n\n\n\n",
];

test("what is read is written again, byte for byte", () => {
  for (const text of NASTY) assert.equal(serialize(parse(text)), text);
});

/** A generator of numbers that are the same each time. @param {number} seed */
function numbers(seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Files of random pieces. @param {number} seed */
function random(seed) {
  const next = numbers(seed);
  const pieces = ["\n", "\r\n", "\r", "00:01.000 --> 00:02.000", "0:00:03.000 --> 0:00:04.000 align:end", "7", "春眠", "<b>x</b>", "NOTE", "STYLE", " ", "-->", "&amp;", "a & b < c", "REGION x"];
  return `WEBVTT${Array.from({ length: next(60) }, () => pieces[next(pieces.length)]).join("")}`;
}

test("whatever a file holds, it survives, and an edit of one cue leaves all other bytes", () => {
  for (let seed = 1; seed < 3000; seed += 1) {
    const text = random(seed);
    const file = parse(text);
    assert.equal(serialize(file), text, `seed ${seed}`);
    const cues = cuesOf(file);
    for (const cue of cues) {
      const own = cue.head + cue.times + cue.body + cue.tail;
      const at = file.parts.indexOf(cue);
      const before = serialize({ ...file, parts: file.parts.slice(0, at) });
      const edited = serialize(setText(file, cue.key, "<b>新</b>\n\n字 & 句"));
      assert.ok(edited.startsWith(before), `seed ${seed}`);
      assert.ok(edited.endsWith(text.slice(before.length + own.length)), `seed ${seed}`);
      const moved = serialize(setStart(file, cue.key, cue.start + 10));
      assert.ok(moved.startsWith(before + cue.head) && moved.endsWith(text.slice(before.length + own.length)), `seed ${seed}`);
    }
  }
});

test("what is written is read as it was meant", () => {
  for (let seed = 1; seed < 800; seed += 1) {
    const file = parse(random(seed));
    const cues = cuesOf(file);
    if (cues.length === 0) continue;
    const next = numbers(seed);
    const cue = cues[next(cues.length)];
    const wanted = [setText(file, cue.key, "一\n\n<二> --> &amp;"), split(file, cue.key, next(cue.text.length + 1), 0), merge(file, cue.key), insert(file, next(5000), 9000, "new").captions, remove(file, cue.key), shift(file, 1234)];
    for (const [what, each] of wanted.entries()) {
      const again = cuesOf(parse(serialize(each)));
      const told = (/** @type {import("../../media_service/studio/static/pure/webvtt.js").Cue} */ { start, end, text }) => [start, end, text.split("\n").filter((line) => line.trim() !== "").join("\n")];
      const meant = cuesOf(each).map(told);
      if (!cues.some(({ markup }) => markup)) assert.deepEqual(again.map(told), meant, `seed ${seed}, ${what}`);
    }
  }
});

test("a foreign file is edited where it is meant, and nowhere else", () => {
  const file = parse(FOREIGN);
  const [first, second, third] = cuesOf(file);
  assert.deepEqual([first.text, first.markup, second.text, third.text], ["<v 老师><c.loud>山高</c>月小 &amp; 水落", true, "春 < 夏\n- second", "last, without an end"]);
  assert.equal(serialize(setEnd(file, second.key, 4500)), FOREIGN.replace("00:00:03.000 -->   00:00:04.000 line:0", "00:00:03.000 -->   00:00:04.500 line:0"));
  assert.equal(serialize(setText(file, second.key, "秋 & 冬")), FOREIGN.replace("春 &lt; 夏\r\n- second", "秋 &amp; 冬"));
  assert.equal(serialize(replaceAll(file, "山高", "水低").captions), FOREIGN.replace("山高", "水低"));
  assert.equal(replaceAll(file, "c.loud", "x").count, 0);
  const merged = serialize(merge(file, second.key));
  assert.ok(merged.includes("00:00:06.000 line:0\r\n春 &lt; 夏\r\n- second\r\nlast, without an end\r\n"));
  assert.ok(serialize(insert(file, 10_000, 11_000, "末").captions).endsWith("without an end\r\n\r\n00:00:10.000 --> 00:00:11.000\r\n末\r\n\r\n"));
});

test("split, merge and shift do what they say", () => {
  const file = parse("WEBVTT\n\n00:01.000 --> 00:05.000\n春眠不觉晓\n\n00:06.000 --> 00:07.000\n处处闻啼鸟\n");
  const [cue] = cuesOf(file);
  const at = (/** @type {number} */ time) => cuesOf(split(file, cue.key, 2, time)).map(({ start, end, text }) => [start, end, text]);
  assert.deepEqual(at(3000).slice(0, 2), [[1000, 3000, "春眠"], [3000, 5000, "不觉晓"]]);
  assert.deepEqual(at(9000).slice(0, 2), [[1000, 2600, "春眠"], [2600, 5000, "不觉晓"]]);
  assert.deepEqual(cuesOf(merge(file, cue.key)).map(({ start, end, text }) => [start, end, text]), [[1000, 7000, "春眠不觉晓\n处处闻啼鸟"]]);
  assert.deepEqual(cuesOf(shift(file, -3000)).map(({ start }) => start), [0, 5000]);
  assert.deepEqual(cuesOf(shift(file, 500, 2000)).map(({ start }) => start), [1000, 6500]);
  assert.equal(serialize(shift(shift(file, 500), -500)).replaceAll("00:00:", "00:"), serialize(file));
});

test("chapters end where the next one begins", () => {
  const file = parse("WEBVTT\n\n00:00.000 --> 00:09.000\n一\n\n00:10.000 --> 00:19.000\n二\n\n00:20.000 --> 00:25.000\n三\n");
  const [, second, third] = cuesOf(file);
  const ends = (/** @type {import("../../media_service/studio/static/pure/webvtt.js").Captions} */ after) => cuesOf(chained(file, after, 60_000)).map(({ end }) => end);
  assert.deepEqual(ends(setStart(file, second.key, 12_000)), [12_000, 20_000, 25_000]);
  assert.deepEqual(ends(remove(file, third.key)), [9000, 60_000]);
  assert.deepEqual(ends(insert(file, 30_000, 31_000, "四").captions), [9000, 19_000, 30_000, 60_000]);
});

test("times are written and typed as people do", () => {
  assert.deepEqual([fileTime(3_723_004), shownTime(3_723_004), shownTime(500)], ["01:02:03.004", "1:02:03.004", "0:00.500"]);
  assert.deepEqual(["62.5", "1:02.5", "0:01:02,500", "1:60", "x", ""].map(typedTime), [62_500, 62_500, 62_500, null, null, null]);
});

test("undo takes back what was done together", () => {
  let history = begin("a");
  history = record(history, "ab", "text 1", 0);
  history = record(history, "abc", "text 1", 900);
  history = record(history, "x", "", 1000);
  assert.equal(undo(history).present, "abc");
  assert.equal(undo(undo(history)).present, "a");
  assert.equal(redo(redo(undo(undo(history)))).present, "x");
  assert.equal(undo(begin("a")).present, "a");
  assert.equal(redo(record(undo(history), "y", "", 0)).present, "y");
});

test("warnings count as readers of each language do", () => {
  const cue = (/** @type {number} */ seconds, /** @type {string} */ text) => cuesOf(parse(`WEBVTT\n\n00:00.000 --> ${fileTime(seconds * 1000)}\n${text}\n`))[0];
  const codes = (/** @type {number} */ seconds, /** @type {string} */ text, language = "zh", kind = "captions") => warningsOf(cue(seconds, text), undefined, language, kind).map(({ code }) => code);
  assert.deepEqual(codes(2, "春眠不觉晓，处处闻啼鸟。"), []);
  assert.deepEqual(codes(1, "春眠不觉晓，处处闻啼鸟。"), ["tooFast"]);
  assert.deepEqual(codes(3, "春眠不觉晓，处处闻啼鸟。夜来风雨声"), ["wide"]);
  assert.deepEqual(codes(2, "The quick brown fox jumps over the", "en"), []);
  assert.deepEqual(codes(2, "The quick brown fox jumps over the dog", "en"), ["fast"]);
  assert.deepEqual(codes(1, "The quick brown fox jumps over the dog", "en"), ["tooFast"]);
  assert.deepEqual(codes(0.5, "a", "en"), ["short"]);
  assert.deepEqual(codes(8, "a\nb\nc", "en"), ["long", "lines"]);
  assert.deepEqual(codes(100, "一", "zh", "chapters"), []);
  assert.deepEqual(codes(2, "<b>春眠不觉晓</b>", "und"), []);
  assert.equal(lengthOf("AB春", true), 2);
  const two = cuesOf(parse("WEBVTT\n\n00:02.000 --> 00:04.000\nb\n\n00:01.000 --> 00:02.500\na\n"));
  assert.deepEqual([...allWarnings(two, "en", "captions")], [[two[1].key, [{ code: "overlap", value: 0.5, limit: 0 }]]]);
});

test("lines without times go where somebody speaks", () => {
  const said = (/** @type {[number, number][]} */ spans, length = 400) => Uint8Array.from({ length }, (_, at) => (spans.some(([from, to]) => at >= from && at < to) ? 180 + (at % 40) : 6 + (at % 3)));
  const peaks = said([[20, 60], [100, 160], [200, 240], [300, 360]]);
  const spans = speechIn(peaks, 50);
  assert.deepEqual(spans, [{ start: 1000, end: 3000 }, { start: 5000, end: 8000 }, { start: 10_000, end: 12_000 }, { start: 15_000, end: 18_000 }]);
  assert.deepEqual(spread(["一", "二二", "三", "四"], spans, 20_000).map(({ start, end }) => [start, end]), spans.map(({ start, end }) => [start, end]));
  const two = spread(["12345", "54321"], spans, 20_000);
  assert.deepEqual(two.map(({ start }) => start), [1000, 10_000]);
  for (let count = 1; count < 40; count += 1) {
    const lines = Array.from({ length: count }, (_, at) => "字".repeat(1 + (at % 7)));
    const cues = spread(lines, spans, 20_000);
    assert.deepEqual(cues.map(({ text }) => text), lines);
    for (const [at, cue] of cues.entries()) {
      assert.ok(cue.end > cue.start);
      if (cues[at + 1]) assert.ok(cue.end <= cues[at + 1].start, `${count} lines, ${at}`);
    }
  }
  assert.deepEqual(speechIn(new Uint8Array(100), 50), []);
  assert.equal(spread(["a", "b"], [], 10_000).at(-1)?.start, 5000);
  assert.deepEqual(spread(["", " "], spans, 1000), []);
});

test("a waveform and a list show what is seen", () => {
  assert.deepEqual(columnsOf([0, 255, 51, 0], 50, 0, 200, 2), [1, 0.2]);
  assert.deepEqual(columnsOf([255], 50, 0, 200, 4), [1, 0, 0, 0]);
  assert.equal(follow(0, 10_000, 9900, 60_000), 8900);
  assert.equal(follow(0, 10_000, 5000, 60_000), 0);
  assert.equal(follow(0, 10_000, 59_000, 60_000), 50_000);
  assert.deepEqual(rowsSeen(5000, 500, 50, 2000), { first: 94, last: 116 });
  assert.deepEqual(rowsSeen(0, 500, 50, 3), { first: 0, last: 3 });
});

test("a pointer takes hold of the nearer edge of a cue, if one is near", () => {
  const cue = { start: 1000, end: 1300 };
  answers((/** @type {number} */ time, /** @type {boolean} */ hasEnd) => edgeNear(cue, time, 200, hasEnd), [
    [[790, true], null],
    [[810, true], "start"],
    [[1149, true], "start"],
    [[1151, true], "end"],
    [[1490, true], "end"],
    [[1490, false], null],
  ]);
});
