/** What the page of the record store says. */
import { EN } from "./texts/en.js";
import { ZH } from "./texts/zh.js";

export const TEXTS = { en: EN, zh: ZH };
