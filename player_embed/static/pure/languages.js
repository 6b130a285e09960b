/** Which language the player speaks, and sentences with figures in them. */
/** @import { Language } from "../types" */

/**
 * "zh" or "en": what the page was asked for, else the first supported language of the browser, else English.
 * @param {string | null | undefined} requested
 * @param {readonly string[]} browserLanguages
 * @returns {Language}
 */
export function pickLanguage(requested, browserLanguages) {
  for (const tag of [requested, ...browserLanguages]) {
    const base = String(tag ?? "").toLowerCase().split("-")[0];
    if (base === "zh" || base === "en") return base;
  }
  return "en";
}

/**
 * Replaces each `{name}` of a sentence by its value.
 * @param {string} sentence
 * @param {Record<string, string | number>} values
 */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}
