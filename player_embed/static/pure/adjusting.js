/** Speed, volume and taps: what a step or a touch leads to. */

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

const DOUBLE_TAP_MS = 300;

/** Shares of the width that count as a side. */
const LEFT_UNTIL = 0.35;
const RIGHT_FROM = 0.65;

/**
 * The neighbouring speed, `step` places up or down the list.
 * @param {number} speed
 * @param {number} step
 */
export function nextSpeed(speed, step) {
  const index = SPEEDS.indexOf(speed);
  return SPEEDS[Math.min(Math.max(0, (index < 0 ? SPEEDS.indexOf(1) : index) + step), SPEEDS.length - 1)];
}

/**
 * A volume after a step, in whole percents; it stays between 0 and 1.
 * @param {number} volume
 * @param {number} step
 */
export function steppedVolume(volume, step) {
  return Math.min(Math.max(0, Math.round((volume + step) * 100) / 100), 1);
}

/**
 * What is heard, 0 if nothing.
 * @param {{muted: boolean, volume: number}} sound
 */
export function heardVolume({ muted, volume }) {
  return muted ? 0 : volume;
}

/**
 * What the medium does, for the eye: "idle" until it was played for the first time.
 * @param {{paused: boolean, ended: boolean}} video
 * @param {string | undefined} before
 */
export function playbackState({ paused, ended }, before) {
  if (ended) return "ended";
  if (!paused) return "playing";
  return before === "idle" ? "idle" : "paused";
}

/** @typedef {{time: number, side: -1 | 0 | 1}} Tap When, in milliseconds, and on which side: left, neither, right. */

/**
 * @param {number} share Of the width, from the left.
 * @param {number} time
 * @returns {Tap}
 */
export function tapAt(share, time) {
  return { time, side: share < LEFT_UNTIL ? -1 : share > RIGHT_FROM ? 1 : 0 };
}

/**
 * What a tap means: one shows or hides the controls, two on a side seek that way; where there are none to show, it plays or pauses.
 * @param {Tap} tap
 * @param {Tap} before
 * @param {{fullChrome: boolean, idle: boolean}} controls
 * @returns {"seek" | "play" | "wake" | "rest"}
 */
export function tapAction(tap, before, { fullChrome, idle }) {
  if (!fullChrome) return "play";
  if (tap.side && tap.side === before.side && tap.time - before.time < DOUBLE_TAP_MS) return "seek";
  return idle ? "wake" : "rest";
}
