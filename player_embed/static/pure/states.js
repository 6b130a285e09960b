/** States of an asset: what may be done in each, and how long to wait for the next. */
/** @import { AssetState, Kind } from "../types" */

/**
 * Whether a state of an asset can be played.
 * @param {AssetState} state
 */
export function isPlayable(state) {
  return state === "playable" || state === "ready";
}

/**
 * Whether waiting helps.
 * @param {AssetState} state
 */
export function isPending(state) {
  return state === "uploading" || state === "queued" || state === "processing";
}

/**
 * Whether the state is asked for again.
 * @param {AssetState} state
 */
export function isWatched(state) {
  return isPending(state) || state === "playable";
}

/**
 * Milliseconds until the next question about the state: quick at first, easing off, slow for a page nobody looks at.
 * @param {number} attempt
 * @param {boolean} hidden
 */
export function pollDelay(attempt, hidden) {
  return hidden ? 15_000 : Math.min(1000 + 250 * attempt, 5000);
}

/**
 * Whether the whole ladder, which has just come to exist, is taken over without asking: while nobody watches, or where what is
 * watched only goes round.
 * @param {{paused: boolean, kind: Kind}} playing
 */
export function takesUpgradeAtOnce({ paused, kind }) {
  return paused || kind === "animation";
}
