/** What the pages of learning platforms say. */
import { EN } from "./texts/en.js";
import { ZH } from "./texts/zh.js";

export const TEXTS = { en: EN, zh: ZH };
