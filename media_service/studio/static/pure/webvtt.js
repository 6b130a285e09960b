/**
 * WebVTT as an editor sees it: cues that it understands, between stretches of text that it leaves alone. What is not changed is written
 * as it was read, byte for byte: headers, notes, styles, regions, identifiers, settings, line ends.
 */
import { fileTime, readTimes } from "./cue-times.js";

/**
 * A cue, in pieces of the file that together are all of it. `text` is what people edit: plain if `markup` is false, else with its tags.
 * @typedef {object} Cue
 * @property {number} key Tells it apart as long as the file is edited.
 * @property {string} head Lines before the times: the identifier.
 * @property {string} times The line of times, with its end.
 * @property {string} body Lines of text.
 * @property {string} tail Empty lines after it.
 * @property {boolean} tight Whether no empty line was before it.
 * @property {number} start Milliseconds.
 * @property {number} end Milliseconds.
 * @property {string} text
 * @property {boolean} markup
 */

/** @typedef {{readonly parts: readonly (string | Cue)[], readonly newline: string, readonly nextKey: number}} Captions */

const LINES = /[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g;
const ASIDE = /^(?:NOTE|STYLE|REGION)(?:[ \t].*)?$/;
const NUMBER = /^\s*\d{1,9}\s*$/;
const NAMES = /** @type {const} */ ({ amp: "&", lt: "<", gt: ">", nbsp: "\u00a0", lrm: "\u200e", rlm: "\u200f", quot: '"', apos: "'" });

/** Characters that show whether an empty line was written last. */
const ENDING = 80;

/** A file without cues. */
export const EMPTY = "WEBVTT\n";

/** @param {string} text @returns {Captions} */
export function parse(text) {
  const lines = text.match(LINES) ?? [];
  /** @type {(string | Cue)[]} */
  const parts = [];
  let key = 1;
  let at = 0;
  const raw = (/** @type {string} */ piece) => {
    const last = parts.at(-1);
    if (typeof last === "string") parts[parts.length - 1] = last + piece;
    else if (piece) parts.push(piece);
  };
  // The header goes on to the first empty line, or to the first times.
  while (at < lines.length && !isEmpty(lines[at]) && !timesOf(lines[at])) raw(lines[at++]);
  while (at < lines.length) {
    if (isEmpty(lines[at])) {
      raw(lines[at++]);
      continue;
    }
    const first = at;
    const found = ASIDE.test(bare(lines[at])) ? -1 : [at, at + 1].find((line) => line < lines.length && timesOf(lines[line])) ?? -1;
    if (found < 0) {
      while (at < lines.length && !isEmpty(lines[at])) raw(lines[at++]);
      continue;
    }
    const head = lines.slice(first, found).join("");
    at = found + 1;
    const begin = at;
    while (at < lines.length && !isEmpty(lines[at]) && !timesOf(lines[at])) at += 1;
    // The number before the next times belongs to those.
    if (at < lines.length && timesOf(lines[at]) && at > begin && NUMBER.test(bare(lines[at - 1]))) at -= 1;
    const body = lines.slice(begin, at).join("");
    const end = at;
    while (at < lines.length && isEmpty(lines[at])) at += 1;
    const before = first === 0 || isEmpty(lines[first - 1]);
    parts.push(readCue(key++, head, lines[found], body, lines.slice(end, at).join(""), !before));
  }
  return { parts, newline: /\r?\n/.exec(text)?.[0] ?? (text.includes("\r") ? "\r" : "\n"), nextKey: key };
}

/** @param {Captions} captions */
export function serialize(captions) {
  const { newline } = captions;
  /** @type {string[]} */
  const pieces = [];
  // Only the end is looked at: a file of thousands of cues is written with each letter that is typed.
  let ending = "";
  const write = (/** @type {string} */ piece) => {
    pieces.push(piece);
    ending = (ending + piece).slice(-ENDING);
  };
  for (const part of captions.parts) {
    if (typeof part === "string") {
      write(part);
      continue;
    }
    if (!part.tight && ending) {
      if (!/[\r\n]$/.test(ending)) write(newline);
      if (!/(?:^|\r\n|\n|\r(?!\n))[ \t]*(?:\r\n|\n|\r)$/.test(ending)) write(newline);
    }
    write(part.head + part.times + part.body + part.tail);
  }
  return pieces.join("");
}

/** All cues, in the order of the file. @param {Captions} captions @returns {Cue[]} */
export function cuesOf(captions) {
  return captions.parts.filter((part) => typeof part !== "string");
}

/**
 * A cue of other times.
 * @param {Cue} cue
 * @param {number} start
 * @param {number} end
 * @returns {Cue}
 */
export function withTimes(cue, start, end) {
  const [from, to] = [Math.max(0, Math.round(start)), Math.max(0, Math.round(end))];
  if (from === cue.start && to === cue.end) return cue;
  const line = bare(cue.times);
  const { before = "", arrow = " --> ", settings = "" } = readTimes(line) ?? {};
  return { ...cue, start: from, end: to, times: `${before}${fileTime(from)}${arrow}${fileTime(to)}${settings}${cue.times.slice(line.length)}` };
}

/**
 * A cue of another text. Empty lines, which would end it, are left out.
 * @param {Cue} cue
 * @param {string} text
 * @param {string} newline
 * @returns {Cue}
 */
export function withText(cue, text, newline) {
  if (text === cue.text) return cue;
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== "");
  const safe = lines.map((line) => (cue.markup ? line.replaceAll("-->", "--&gt;") : escaped(line)));
  // Of a file of mixed line ends two halves must not become one.
  const opened = /\r?\n$/.test(cue.times) ? cue.times : bare(cue.times) + newline;
  return { ...cue, text, times: opened, body: safe.map((line) => line + newline).join("") };
}

/**
 * A new cue.
 * @param {number} key
 * @param {number} start
 * @param {number} end
 * @param {string} text
 * @param {string} newline
 */
export function newCue(key, start, end, text, newline) {
  const [from, to] = [Math.max(0, Math.round(start)), Math.max(0, Math.round(end))];
  /** @type {Cue} */
  const bareCue = { key, head: "", times: `${fileTime(from)} --> ${fileTime(to)}${newline}`, body: "", tail: newline, tight: false, start: from, end: to, text: "", markup: false };
  return withText(bareCue, text, newline);
}

/**
 * @param {number} key
 * @param {string} head
 * @param {string} times
 * @param {string} body
 * @param {string} tail
 * @param {boolean} tight
 * @returns {Cue}
 */
function readCue(key, head, times, body, tail, tight) {
  const { start, end } = timesOf(times) ?? { start: 0, end: 0 };
  const shown = body.replaceAll(/\r\n|\r/g, "\n").replace(/\n$/, "");
  const markup = shown.includes("<");
  return { key, head, times, body, tail, tight, start, end, text: markup ? shown : unescaped(shown), markup };
}

/** @param {string} line */
function timesOf(line) {
  return line.includes("-->") ? readTimes(bare(line)) : null;
}

/** @param {string} line */
function bare(line) {
  return line.replace(/[\r\n]+$/, "");
}

/** @param {string} line */
function isEmpty(line) {
  return line.trim() === "";
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** @param {string} text */
function unescaped(text) {
  return text.replaceAll(/&(amp|lt|gt|nbsp|lrm|rlm|quot|apos);/g, (_, name) => NAMES[/** @type {keyof typeof NAMES} */ (name)]);
}
