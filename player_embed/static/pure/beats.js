/** What the player tells the service while it plays (docs/views.md): how beats are cut and when they are sent. Times are milliseconds. */

/** After so much playing the first beats are sent: then the play may count as a view. */
const FIRST_AFTER = 10_000;
const EVERY = 20_000;

const RETRY_AFTER = 10_000;
const LONGEST_RETRY = 120_000;

/** Beats of one request, and of those that wait while the service is away. */
export const AT_ONCE = 20;
const MOST_WAITING = 2000;
const MOST_RANGES = 50;

/** How much longer a player may show than its clock says, for it tells times to about a frame. */
const SLACK = 400;

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";

/** @typedef {[start: number, end: number]} Range */

/** @typedef {{rate: number, muted: boolean, visible: boolean, in_view: boolean}} Attention */

/**
 * @typedef {object} Quality How it went since the beat before.
 * @property {number} [startup_ms]
 * @property {number} [stalls]
 * @property {number} [stall_ms]
 * @property {Record<string, number>} [errors]
 * @property {number} [bitrate]
 * @property {number} [height]
 * @property {number} [frames]
 * @property {number} [dropped]
 * @property {number} [bytes]
 */

/**
 * `fetched`, `present` and `chain` are of study sessions (study.js).
 * @typedef {Attention & {sequence: number, at: number, played: Range[], ended: boolean, quality: Quality,
 *   fetched?: [rendition: string, number: number, proof: string][], present?: boolean, chain?: string}} Beat
 */

/**
 * A random name that the service takes for one.
 * @param {Uint8Array} bytes 26 random ones.
 */
export function randomName(bytes) {
  return Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

/**
 * What was played between two looks at the medium; null: it stood still, or was somewhere else in between.
 * @param {{time: number, at: number}} before `time` in the medium, `at` by the clock.
 * @param {{time: number, at: number}} now
 * @param {number} rate
 * @returns {Range | null}
 */
export function playedBetween(before, now, rate) {
  const moved = now.time - before.time;
  return moved > 0 && moved <= (now.at - before.at) * rate + SLACK ? [Math.round(before.time), Math.round(now.time)] : null;
}

/**
 * The ranges with another one behind them, joined where it goes on.
 * @param {readonly Range[]} ranges
 * @param {Range} range
 * @returns {Range[]}
 */
export function withRange(ranges, range) {
  const last = ranges.at(-1);
  if (range[1] <= range[0]) return [...ranges];
  return last && last[1] === range[0] ? [...ranges.slice(0, -1), [last[0], range[1]]] : [...ranges, range];
}

/**
 * Whether a beat ends here: speed or attention are different, or it can hold no more.
 * @param {Attention} before
 * @param {Attention} now
 * @param {readonly Range[]} played
 */
export function isCut(before, now, played) {
  const same = before.rate === now.rate && before.muted === now.muted && before.visible === now.visible && before.in_view === now.in_view;
  return !same || played.length >= MOST_RANGES;
}

/**
 * How much playing makes the first beats due, of a lesson of so many seconds: when a view may count.
 * @param {number | null} duration
 */
export function firstAfter(duration) {
  return duration ? Math.min(FIRST_AFTER, (duration * 1000) / 2) : FIRST_AFTER;
}

/**
 * Whether beats are due.
 * @param {{sent: boolean, playing: number, since: number, duration: number | null}} play `sent`: some were before; `playing`: time that
 *   it has played by the clock; `since`: the last were sent.
 */
export function isDue({ sent, playing, since, duration }) {
  return sent ? since >= EVERY : playing >= firstAfter(duration);
}

/**
 * What becomes of beats that were sent: they are done with, or are sent again after a while.
 * @param {number} status 0: no answer.
 * @param {number} tries How often in a row it was in vain.
 * @param {string | null} retryAfter What the service says, in seconds.
 * @returns {{again: false} | {again: true, after: number}}
 */
export function afterAnswer(status, tries, retryAfter) {
  const passing = status === 0 || status === 401 || status === 408 || status === 429 || status >= 500;
  if (!passing) return { again: false };
  const told = Number(retryAfter) * 1000;
  return { again: true, after: Math.min(LONGEST_RETRY, told > 0 ? told : RETRY_AFTER * 2 ** Math.min(tries, 4)) };
}

/**
 * What one request brings: the first beats of the line that belong to the same study session, or to none.
 * @param {readonly Beat[]} waiting
 * @param {ReadonlyMap<number, string>} sessions By the number of the beat.
 * @returns {{study: string, beats: Beat[]}}
 */
export function batch(waiting, sessions) {
  const of = (/** @type {Beat | undefined} */ beat) => (beat && sessions.get(beat.sequence)) ?? "";
  const study = of(waiting[0]);
  const end = waiting.findIndex((beat) => of(beat) !== study);
  return { study, beats: waiting.slice(0, Math.min(AT_ONCE, end < 0 ? waiting.length : end)) };
}

/**
 * The line with another beat behind it; of too many the oldest are given up.
 * @param {readonly Beat[]} waiting
 * @param {Beat} beat
 */
export function queued(waiting, beat) {
  return [...waiting, beat].slice(-MOST_WAITING);
}
