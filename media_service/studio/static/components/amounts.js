/** Amounts as people read them, in the language of the moment. */
import { language, say } from "../language.js";
import { formatBytes } from "../pure/quantities.js";

/** @param {Intl.NumberFormatOptions} options */
function formatter(options) {
  return (/** @type {number} */ value) => new Intl.NumberFormat(language.value, options).format(value);
}

export const count = formatter({ maximumFractionDigits: 0 });

/** For axes, where little room is: 12K, 1.2万. */
export const inShort = formatter({ notation: "compact", maximumFractionDigits: 2 });

export const share = formatter({ style: "percent", maximumFractionDigits: 0 });

export const decimal = formatter({ maximumFractionDigits: 2 });

/** A change, with its sign. */
export const change = formatter({ style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" });

/** @param {number} size */
export const bytes = (size) => formatBytes(size, language.value);

/** @param {number} seconds A time of watching: hours, of a few minutes those. */
export function hours(seconds) {
  if (seconds < 60) return say("seconds", { n: count(seconds) });
  if (seconds < 3600) return say("minutes", { n: count(seconds / 60) });
  return say("hours", { n: formatter({ maximumFractionDigits: seconds < 36_000 ? 1 : 0 })(seconds / 3600) });
}

/** @param {number} value Seconds that are waited. */
export const seconds = (value) => say("seconds", { n: decimal(value) });

/** @param {number} value In kilobits per second. */
export const bitrate = (value) => `${count(value)} kbit/s`;

/**
 * A day, such as 12 Nov 2026.
 * @param {string} day
 */
export function dayName(day) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));
}

/**
 * A day below an axis, such as Nov 12.
 * @param {string} day
 */
export function dayShort(day) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { month: "short", day: "numeric", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));
}
