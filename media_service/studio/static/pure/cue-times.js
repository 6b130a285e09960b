/** Times of cues, in milliseconds: as files have them and as people write them. */

const STAMP = String.raw`(?:(\d{1,3}):)?([0-5]?\d):([0-5]?\d)(?:[.,](\d{1,3}))?`;
const LINE = new RegExp(`^(\\s*)${STAMP}(\\s*-->\\s*)${STAMP}(\\s.*)?$`);
const TYPED = /^(?:(?:(\d{1,3}):)?(\d{1,2}):)?(\d{1,5})(?:[.,。：](\d{1,3}))?$/;

/**
 * The times of a line such as `00:01.000 --> 00:02.500 align:start`, and what stands around them; null if it is no such line.
 * @param {string} line Without its end.
 */
export function readTimes(line) {
  const found = LINE.exec(line);
  if (!found) return null;
  const [, before = "", h1, m1, s1, f1, arrow = " --> ", h2, m2, s2, f2, settings = ""] = found;
  return { before, start: sum(h1, m1, s1, f1), arrow, end: sum(h2, m2, s2, f2), settings };
}

/** 62500 -> "00:01:02.500", as files have it. @param {number} milliseconds */
export function fileTime(milliseconds) {
  const { hours, minutes, seconds, rest } = parts(milliseconds);
  return `${two(hours)}:${two(minutes)}:${two(seconds)}.${String(rest).padStart(3, "0")}`;
}

/** 62500 -> "1:02.500", as people read it. @param {number} milliseconds */
export function shownTime(milliseconds) {
  const { hours, minutes, seconds, rest } = parts(milliseconds);
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(seconds)}.${String(rest).padStart(3, "0")}`;
}

/**
 * What somebody typed: "62.5", "1:02.5", "0:01:02,500"; null if it is no time.
 * @param {string} text
 */
export function typedTime(text) {
  const found = TYPED.exec(text.trim());
  if (!found) return null;
  const [, hours, minutes, seconds, fraction] = found;
  if (minutes !== undefined && Number(seconds) > 59) return null;
  return sum(hours, minutes, seconds, fraction);
}

/** @param {number} milliseconds */
function parts(milliseconds) {
  const whole = Math.max(0, Math.round(milliseconds));
  return {
    hours: Math.floor(whole / 3_600_000),
    minutes: Math.floor(whole / 60_000) % 60,
    seconds: Math.floor(whole / 1000) % 60,
    rest: whole % 1000,
  };
}

/**
 * @param {string | undefined} hours
 * @param {string | undefined} minutes
 * @param {string | undefined} seconds
 * @param {string | undefined} fraction
 */
function sum(hours, minutes, seconds, fraction) {
  return ((Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds ?? 0)) * 1000 + Number((fraction ?? "0").padEnd(3, "0"));
}

/** @param {number} number */
function two(number) {
  return String(number).padStart(2, "0");
}
