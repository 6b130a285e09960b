/**
 * What makes captions hard to read. Lengths and speeds as large distributors ask for: 16 characters a line and 9 a second of Chinese,
 * 42 a line and 17 (20 at most) a second of languages with letters; five sixths of a second to seven seconds.
 */
/** @import { Cue } from "./webvtt.js" */

/** @typedef {"empty" | "order" | "overlap" | "short" | "long" | "fast" | "tooFast" | "wide" | "lines"} WarningCode */
/** @typedef {{code: WarningCode, value: number, limit: number}} Warning */

export const SHORTEST_MS = 833;
export const LONGEST_MS = 7000;
const MOST_LINES = 2;
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
const LIMITS = { wide: { line: 16, speed: 9, fastest: 9 }, letters: { line: 42, speed: 17, fastest: 20 } };

/**
 * Whether texts of a language are counted in wide characters; where the language is not known, a text tells.
 * @param {string} language
 * @param {string} text
 */
export function isWide(language, text) {
  const base = language.toLowerCase().split("-")[0];
  if (base === "und" || base === "") return WIDE.test(text);
  return base === "zh" || base === "ja" || base === "ko" || base === "yue";
}

/**
 * Characters as a reader meets them: of wide writing a letter counts half.
 * @param {string} text
 * @param {boolean} wide
 */
export function lengthOf(text, wide) {
  let length = 0;
  for (const character of text.replaceAll(/<[^>]*>/g, "").normalize("NFC")) {
    if (/\p{M}|\p{Cf}/u.test(character)) continue;
    length += !wide || WIDE.test(character) ? 1 : 0.5;
  }
  return length;
}

/**
 * @param {Cue} cue
 * @param {Cue | undefined} next The one after it in time.
 * @param {string} language
 * @param {string} kind Of chapters only times and titles count.
 * @returns {Warning[]}
 */
export function warningsOf(cue, next, language, kind) {
  /** @type {Warning[]} */
  const found = [];
  const tell = (/** @type {WarningCode} */ code, value = 0, limit = 0) => found.push({ code, value: Math.round(value * 10) / 10, limit });
  const length = cue.end - cue.start;
  if (cue.text.trim() === "") tell("empty");
  if (length <= 0) tell("order");
  if (next && cue.end > next.start) tell("overlap", (cue.end - next.start) / 1000);
  if (kind === "chapters" || length <= 0 || cue.text.trim() === "") return found;
  if (length < SHORTEST_MS) tell("short", length / 1000, 0.8);
  if (length > LONGEST_MS) tell("long", length / 1000, LONGEST_MS / 1000);
  const wide = isWide(language, cue.text);
  const limits = wide ? LIMITS.wide : LIMITS.letters;
  const lines = cue.text.split("\n").filter((line) => line.trim() !== "");
  const speed = lengthOf(lines.join(wide ? "" : " "), wide) / (length / 1000);
  if (speed > limits.fastest) tell("tooFast", speed, limits.fastest);
  else if (speed > limits.speed) tell("fast", speed, limits.speed);
  const widest = Math.max(...lines.map((line) => lengthOf(line, wide)));
  if (widest > limits.line) tell("wide", widest, limits.line);
  if (lines.length > MOST_LINES) tell("lines", lines.length, MOST_LINES);
  return found;
}

/**
 * Warnings of all cues by key; those without any are left out.
 * @param {readonly Cue[]} cues
 * @param {string} language
 * @param {string} kind
 * @param {WeakMap<Cue, {next: Cue | undefined, warnings: Warning[]}>} [known] What was found before: cues never change, they are replaced.
 * @returns {Map<number, Warning[]>}
 */
export function allWarnings(cues, language, kind, known = new WeakMap()) {
  const ordered = cues.toSorted((one, other) => one.start - other.start);
  const found = new Map();
  for (const [at, cue] of ordered.entries()) {
    const next = ordered[at + 1];
    const before = known.get(cue);
    const warnings = before && before.next === next ? before.warnings : warningsOf(cue, next, language, kind);
    known.set(cue, { next, warnings });
    if (warnings.length > 0) found.set(cue.key, warnings);
  }
  return found;
}
