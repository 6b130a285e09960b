/** Positions in the medium: what exists, what is loaded, where to seek, where to go on. */
/** @import { Options, Page, Ranges } from "../types" */

/** Distance in seconds that counts as "at the end of what exists so far" of a growing playlist. */
const EDGE_MARGIN = 0.5;

/** Who waits this close to it, in seconds, waits for the encoder. */
const WAITING_MARGIN = 2;

/** Distance in seconds from the known length that counts as the end if nothing more comes. */
const END_MARGIN = 0.1;

const KEPT_FOR_MS = 30 * 24 * 3600 * 1000;

/**
 * Length shown on the bar, in seconds: the known final one while the playlist grows, else what the medium says.
 * @param {number | null} pageDuration
 * @param {number} mediaDuration
 * @param {boolean} growing
 */
export function shownDuration(pageDuration, mediaDuration, growing) {
  const real = Number.isFinite(mediaDuration) ? mediaDuration : 0;
  if (!growing && real) return real;
  return Math.max(Number(pageDuration) || 0, real);
}

/**
 * Where a wish to seek may go: never beyond what exists so far.
 * @param {number} wish
 * @param {number} duration
 * @param {number} available
 * @param {boolean} growing
 */
export function seekTarget(wish, duration, available, growing) {
  const end = growing ? Math.max(0, available - EDGE_MARGIN) : duration;
  return Math.min(Math.max(0, wish), end);
}

/**
 * Whether a medium that waits here has nothing more to show: the last frame may end a little before the planned length.
 * @param {number} time
 * @param {number | null} pageDuration
 */
export function isAtEnd(time, pageDuration) {
  return pageDuration !== null && pageDuration > 0 && time >= pageDuration - END_MARGIN;
}

/**
 * Whether playing from one time to another passes the end that the page asked for: a viewer who goes on behind it is let be.
 * @param {number} before
 * @param {number} now
 * @param {number | null} end
 */
export function passesEnd(before, now, end) {
  return end !== null && before < end && now >= end && now - before < 1.5;
}

/**
 * Whether who waits here waits for the encoder and not for the network.
 * @param {number} time
 * @param {{growing: boolean, available: number}} playlist
 */
export function waitsForMore(time, { growing, available }) {
  return growing && time > available - WAITING_MARGIN;
}

/**
 * How far it is loaded from where it plays.
 * @param {Ranges} buffered
 * @param {number} time
 */
export function bufferedEnd(buffered, time) {
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= time + 0.1 && buffered.end(i) >= time) return buffered.end(i);
  }
  return time;
}

/**
 * A part of a whole between 0 and 1; 0 where there is no whole.
 * @param {number} part
 * @param {number} whole
 */
export function share(part, whole) {
  return whole ? Math.min(Math.max(0, part / whole), 1) : 0;
}

/**
 * Whether the position of a page is kept: not of animations and loops, not where the page says no, nor where the browser asks sites
 * for privacy (Global Privacy Control) and the page does not say yes.
 * @param {{kind: Page["kind"], options: Pick<Options, "loop" | "resume">}} page
 * @param {boolean | undefined} privacyControl
 */
export function keepsPosition({ kind, options }, privacyControl) {
  return kind !== "animation" && !options.loop && (options.resume ?? !privacyControl);
}

/**
 * Where a viewer goes on, in seconds, 0 for the beginning. `kept` is `{time, at}` with `at` in milliseconds. The first and the last
 * seconds are not worth it, and after a month it is another course.
 * @param {unknown} kept
 * @param {number | null} duration
 * @param {number} now
 */
export function resumeTime(kept, duration, now) {
  const { time, at } = /** @type {{time?: unknown, at?: unknown}} */ (kept ?? {});
  if (typeof time !== "number" || typeof at !== "number" || duration === null) return 0;
  const margin = Math.min(10, duration / 10);
  return now - at < KEPT_FOR_MS && time >= margin && time < duration - margin ? time : 0;
}
