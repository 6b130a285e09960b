/** Messages between a page and the player in its iframe (docs/player.md): which are heard, and what each may say. */

/** Raised when a message changes its meaning; new kinds of messages do not raise it. */
export const VERSION = 1;

/**
 * What to do with what a window has sent: nothing, say that its version is not known, greet it, or hear it. Nothing but a greeting is
 * heard before the page has said hello, and from no other origin afterwards.
 * @param {{fromParent: boolean, origin: string, data: unknown}} message
 * @param {string | null} greeted The origin that said hello.
 * @returns {"ignore" | "unsupported" | "greet" | "hear"}
 */
export function verdictOn({ fromParent, origin, data }, greeted) {
  const { lessonstream: version, type } = /** @type {{lessonstream?: unknown, type?: unknown}} */ (data ?? {});
  if (!fromParent || typeof version !== "number" || !Number.isInteger(version)) return "ignore";
  if (version > VERSION) return "unsupported";
  if (type === "hello") return "greet";
  return origin === greeted ? "hear" : "ignore";
}

/**
 * Where an answer is posted to: a sandboxed page has the origin "null", which cannot be addressed.
 * @param {string} origin
 */
export function targetOf(origin) {
  return origin === "null" ? "*" : origin;
}

/**
 * @param {number} low
 * @param {number} high
 */
const isNumber = (low, high) => (/** @type {unknown} */ value) => typeof value === "number" && value >= low && value <= high;
const isBoolean = (/** @type {unknown} */ value) => typeof value === "boolean";
const isText = (/** @type {unknown} */ value) => typeof value === "string" && value.length <= 100;

/** @type {Record<string, (value: unknown) => boolean>} */
const SETTABLE = {
  currentTime: isNumber(0, 1e7),
  volume: isNumber(0, 1),
  playbackRate: isNumber(0.25, 4),
  muted: isBoolean,
  loop: isBoolean,
  quality: isText,
  caption: isText,
  language: isText,
};

/** @typedef {{name: "currentTime" | "volume" | "playbackRate", value: number} | {name: "muted" | "loop", value: boolean}
 *   | {name: "quality" | "caption" | "language", value: string}} Setting */

/** @typedef {{does: "token", token: string} | {does: "play"} | {does: "pause"} | {does: "set", setting: Setting} | {error: string}} Order */

/**
 * What a message orders, or the code of the error that answers it. `playable`: there is something to play.
 * @param {unknown} message
 * @param {boolean} playable
 * @returns {Order}
 */
export function readOrder(message, playable) {
  const { type, name, value, token } = /** @type {Record<string, unknown>} */ (message);
  if (type === "token") return typeof token === "string" ? { does: "token", token } : { error: "invalid_value" };
  if (!playable) return { error: "not_ready" };
  if (type === "play" || type === "pause") return { does: type };
  if (type !== "set" || typeof name !== "string" || !Object.hasOwn(SETTABLE, name)) return { error: "unknown_message" };
  if (!SETTABLE[name](value)) return { error: "invalid_value" };
  return { does: "set", setting: /** @type {Setting} */ ({ name, value }) };
}
