/** The language that Studio speaks: the one its reader chose, else the browser's. */
import { fill, pickLanguage } from "./pure/languages.js";
import { EN } from "./texts/en.js";
import { ZH } from "./texts/zh.js";
import { recall, remember } from "./memory.js";
import { effect, signal } from "./vendor/ui.js";
/** @import { Language, Message } from "./types" */

const KEPT = "language";

/** @type {import("./vendor/ui.js").Signal<Language>} */
export const language = signal(pickLanguage(recall(KEPT), navigator.languages));

effect(() => {
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
});

/** @param {Language} chosen */
export function speak(chosen) {
  remember(KEPT, chosen);
  language.value = chosen;
}

/**
 * A function that says what a table of texts has under a name, in the language of the moment. `{name}` in a text is replaced by a value,
 * `{name:one|many}` by the word that goes with it.
 * @template {string} Name
 * @param {{en: Record<Name, string>, zh: Record<Name, string>}} texts
 * @returns {(name: Name, values?: Record<string, string | number>) => string}
 */
export function speaker(texts) {
  return (name, values) => fill(texts[language.value][name], values ?? {});
}

/** What the shell and the parts that all pages share say. */
export const say = speaker({ en: EN, zh: ZH });

/** @param {Message} message */
export function inLanguage(message) {
  return message[language.value];
}

/**
 * A moment as people write it here.
 * @param {string} moment RFC 3339.
 */
export function formatMoment(moment) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }).format(new Date(moment));
}
