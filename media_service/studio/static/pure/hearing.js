/** When something is asked for, though a stream tells what happens. */

/** States in which nothing more happens by itself. */
const SETTLED = new Set(["ready", "failed"]);

/** Seconds between two questions: where streams are blocked, and where one is open, which may have gone silent unnoticed. */
const [ALONE, BESIDE] = [2, 20];

/**
 * Whether nothing more happens to an asset by itself.
 * @param {string | undefined} state Undefined while it is not known.
 */
export function isSettled(state) {
  return SETTLED.has(state ?? "");
}

/**
 * What is asked for now: what was not heard of for long enough, the longest first. Where nothing more happens by itself people may still change
 * something; those who edit it want to know, and `stays`.
 * @template {{moves: boolean, stays: boolean, heard: number}} T
 * @param {readonly T[]} watched `heard` in seconds.
 * @param {number} now In seconds.
 * @param {boolean} streams Whether a stream is open.
 * @param {number} most
 * @returns {T[]}
 */
export function dueNow(watched, now, streams, most) {
  return watched
    .filter(({ moves, stays, heard }) => (moves || stays) && now - heard >= (moves && !streams ? ALONE : BESIDE))
    .toSorted((one, other) => one.heard - other.heard)
    .slice(0, most);
}
