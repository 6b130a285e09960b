/** Bytes and times as people read them. */
/** @import { Language } from "../types" */

const UNITS = /** @type {const} */ (["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"]);

/**
 * A number of bytes in the unit that suits it, such as "1.2 GB".
 * @param {number} bytes
 * @param {Language} language
 */
export function formatBytes(bytes, language) {
  let amount = bytes;
  let unit = 0;
  while (amount >= 999.5 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const maximumFractionDigits = unit > 0 && amount < 10 ? 1 : 0;
  const names = ["B", "kB", "MB", "GB", "TB"];
  return `${new Intl.NumberFormat(language, { maximumFractionDigits }).format(amount)} ${names[unit]}`;
}

/**
 * A time that is left, so coarse that it does not flicker: seconds by fives, then whole minutes, then hours and minutes.
 * @param {number} seconds
 * @returns {{hours: number, minutes: number, seconds: number}}
 */
export function coarseTime(seconds) {
  if (seconds < 58) return { hours: 0, minutes: 0, seconds: Math.max(5, Math.ceil(seconds / 5) * 5) };
  const minutes = Math.max(1, Math.round(seconds / 60));
  return { hours: Math.floor(minutes / 60), minutes: minutes % 60, seconds: 0 };
}

/**
 * Part of a whole in percent, whole; 100 only when it is all.
 * @param {number} part
 * @param {number} whole
 */
export function percentOf(part, whole) {
  return whole > 0 ? Math.min(part >= whole ? 100 : 99, Math.floor((100 * part) / whole)) : 0;
}

/**
 * A time in words, as coarse as an estimate is.
 * @param {number} seconds
 * @param {(unit: "hours" | "minutes" | "seconds", values: {n: number}) => string} say
 */
export function spelled(seconds, say) {
  const { hours, minutes, seconds: rest } = coarseTime(seconds);
  return [hours && say("hours", { n: hours }), minutes && say("minutes", { n: minutes }), rest && say("seconds", { n: rest })]
    .filter(Boolean)
    .join(" ");
}
