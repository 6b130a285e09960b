/** How a page behaves, from its data and the reader's wishes. */
/** @import { Kind, Options } from "../types" */

/**
 * @typedef {object} Behaviour
 * @property {boolean} loop
 * @property {boolean} whole Short enough to be kept whole, at its best quality.
 * @property {boolean} autoplay
 * @property {boolean} muted
 * @property {"full" | "minimal" | "none"} chrome "minimal": pause and full screen only, for animations.
 * @property {number} start
 */

/**
 * Animations play muted by themselves, again and again if their file says so; a reader who asked for less motion starts
 * them by hand.
 * @param {{kind: Kind, loop?: boolean, options: Partial<Omit<Options, "start">> & {start?: number | string}}} page
 * @param {boolean} reducedMotion
 * @returns {Behaviour}
 */
export function behaviour({ kind, loop: loops, options }, reducedMotion) {
  const animation = kind === "animation";
  const loop = Boolean(loops || options.loop);
  return {
    loop,
    whole: loop || animation,
    autoplay: (Boolean(options.autoplay) || animation) && !((loop || animation) && reducedMotion),
    muted: Boolean(options.muted) || animation,
    chrome: options.controls === false ? "none" : animation ? "minimal" : "full",
    start: Math.max(0, Number(options.start) || 0),
  };
}
