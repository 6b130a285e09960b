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
 * The reader's languages, the most wanted first: what the page was asked for, then those of the browser.
 * @param {string | null | undefined} requested
 * @param {readonly string[]} browserLanguages
 */
export function readerLanguages(requested, browserLanguages) {
  return [...new Set([requested ?? [], ...browserLanguages].flat())];
}

/**
 * Index of the track in the first of these languages that there is, -1 for none: the very tag, else one of the same language.
 * @param {readonly {language: string}[]} tracks
 * @param {readonly string[]} languages
 */
export function trackIn(tracks, languages) {
  const tags = tracks.map(({ language }) => language.toLowerCase());
  const base = (/** @type {string} */ tag) => tag.split("-")[0];
  for (const wanted of languages.map((language) => language.toLowerCase()).filter(Boolean)) {
    const exact = tags.indexOf(wanted);
    const index = exact >= 0 ? exact : tags.findIndex((tag) => base(tag) === base(wanted));
    if (index >= 0) return index;
  }
  return -1;
}

/**
 * Replaces each `{name}` of a sentence by its value, and each `{name:one|many}` by the word that goes with it.
 * @param {string} sentence
 * @param {Record<string, string | number>} values
 */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (_, name, one, many) =>
    one === undefined ? String(values[name]) : String(values[name]) === "1" ? one : many,
  );
}
