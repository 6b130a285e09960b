/** Languages that lessons are taught in and captions are written in, by what they call themselves. */
/** @import { Language } from "../types" */

/** The usual ones first: Chinese and English, what is spoken in China beside, then the rest of the world. */
export const TONGUES = [
  ..."zh zh-Hans zh-Hant en yue bo ug mn kk ko za".split(" "),
  ..."ar cs da de el es fa fi fr he hi hu id it ja ms nb nl pl pt ro ru sv th tr uk ur vi".split(" "),
];

/**
 * Those that browsers may have no words for: what each calls itself, and what readers call it.
 * @type {Record<string, {own: string} & Record<Language, string>>}
 */
const RARE = {
  yue: { own: "粵語", en: "Cantonese", zh: "粤语" },
  bo: { own: "བོད་སྐད་", en: "Tibetan", zh: "藏语" },
  ug: { own: "ئۇيغۇرچە", en: "Uyghur", zh: "维吾尔语" },
  mn: { own: "Монгол", en: "Mongolian", zh: "蒙古语" },
  za: { own: "Vahcuengh", en: "Zhuang", zh: "壮语" },
};

/**
 * What a language calls itself, with what the reader calls it where that is something else: "日本語 (Japanese)". Those
 * that the reader reads are called as the reader calls them.
 * @param {string} tag BCP 47.
 * @param {Language} reader
 */
export function tongueName(tag, reader) {
  const [own, known] = [RARE[tag]?.own ?? nameIn(tag, tag), nameIn(tag, reader)];
  if (own === tag || tag.split("-")[0] === reader || own.toLowerCase() === known.toLowerCase()) return known;
  return reader === "zh" ? `${own}（${known}）` : `${own} (${known})`;
}

/**
 * What a language is called in another one; its tag where that has no word for it.
 * @param {string} tag BCP 47.
 * @param {string} language
 */
export function nameIn(tag, language) {
  const rare = RARE[tag];
  if (rare && (language === "en" || language === "zh")) return rare[language];
  try {
    const name = new Intl.DisplayNames([language, "en"], { type: "language", languageDisplay: "standard" }).of(tag) ?? tag;
    return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
  } catch {
    return tag;
  }
}

/**
 * The languages to choose from, with one that is set and not among them.
 * @param {string | null} set
 */
export function tonguesWith(set) {
  return set && !TONGUES.includes(set) ? [...TONGUES, set] : TONGUES;
}
