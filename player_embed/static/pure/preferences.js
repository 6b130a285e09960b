/** What a viewer may choose for all lessons, and how it is read back. */
/** @import { Preferences } from "../types" */

/** Sizes of captions, in parts of the usual one. */
export const CAPTION_SIZES = /** @type {const} */ ([0.75, 1, 1.5, 2]);

/** Colours of captions; the first are the usual ones. The sheet `captions.css` has what they look like. */
export const CAPTION_COLORS = /** @type {const} */ (["whiteOnDark", "yellowOnBlack", "blackOnWhite", "outlined"]);

const LANGUAGE = /^[A-Za-z0-9-]{0,35}$/;

const isLanguage = (/** @type {unknown} */ value) => typeof value === "string" && LANGUAGE.test(value);
const isBoolean = (/** @type {unknown} */ value) => typeof value === "boolean";
const oneOf = (/** @type {readonly unknown[]} */ values) => (/** @type {unknown} */ value) => values.includes(value);

/**
 * @param {number} low
 * @param {number} high
 */
const isNumber = (low, high) => (/** @type {unknown} */ value) => typeof value === "number" && value >= low && value <= high;

/** @type {Record<keyof Preferences, (value: unknown) => boolean>} */
const VALID = {
  volume: isNumber(0, 1),
  muted: isBoolean,
  speed: isNumber(0.25, 4),
  captions: isLanguage,
  captionSize: oneOf(CAPTION_SIZES),
  captionColors: oneOf(CAPTION_COLORS),
  sound: isLanguage,
  saver: isBoolean,
};

/**
 * Those of what was kept that still make sense: another version of the player may have written it, or anybody.
 * @param {unknown} stored
 * @returns {Partial<Preferences>}
 */
export function readPreferences(stored) {
  const found = Object.entries(typeof stored === "object" && stored !== null ? stored : {});
  return Object.fromEntries(found.filter(([name, value]) => Object.hasOwn(VALID, name) && VALID[/** @type {keyof Preferences} */ (name)](value)));
}
