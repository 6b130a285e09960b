/** What the page of a lesson says. */
import { METADATA_TEXTS } from "./metadata/texts.js";
import { EN } from "./texts/en.js";
import { ZH } from "./texts/zh.js";

export const TEXTS = { en: { ...EN, ...METADATA_TEXTS.en }, zh: { ...ZH, ...METADATA_TEXTS.zh } };
