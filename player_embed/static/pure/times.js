/** Times as they are written and spelled. */
import { fill } from "./languages.js";
/** @import { Texts } from "../types" */

/**
 * 75 -> "1:15", 3675 -> "1:01:15".
 * @param {number} seconds
 */
export function formatTime(seconds) {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = String(rest).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/**
 * The two largest units in words, for screen readers and estimates: "1 h 5 min", "12 分钟".
 * @param {number} seconds
 * @param {Pick<Texts, "hours" | "minutes" | "seconds">} texts
 */
export function spellTime(seconds, texts) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [
    { n: Math.floor(whole / 3600), unit: texts.hours },
    { n: Math.floor(whole / 60) % 60, unit: texts.minutes },
    { n: whole % 60, unit: texts.seconds },
  ].filter(({ n }) => n > 0);
  return parts.length
    ? parts.slice(0, 2).map(({ n, unit }) => fill(unit, { n })).join(" ")
    : fill(texts.seconds, { n: 0 });
}
