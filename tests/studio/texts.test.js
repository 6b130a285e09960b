import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

import { CHART_TEXTS } from "../../media_service/studio/static/components/chart-texts.js";
import { FIGURE_TEXTS } from "../../media_service/studio/static/components/figure-texts.js";
import { REVIEW_TEXTS } from "../../media_service/studio/static/components/review-texts.js";
import { BOX_TEXTS } from "../../media_service/studio/static/pages/platforms/box-texts.js";
import { FOLLOWING_TEXTS } from "../../media_service/studio/static/pages/platforms/following-texts.js";
import { SHARING_TEXTS } from "../../media_service/studio/static/pages/platforms/sharing-texts.js";
import { TOTALS_TEXTS } from "../../media_service/studio/static/pages/platforms/totals-texts.js";
import { PLATFORM_TEXTS } from "../../media_service/studio/static/pages/statistics/platform-texts.js";
import { EN } from "../../media_service/studio/static/texts/en.js";
import { ZH } from "../../media_service/studio/static/texts/zh.js";

const PAGES = new URL("../../media_service/studio/static/pages/", import.meta.url);

test("both languages say everything, with the same figures in it", async () => {
  /** @type {{en: object, zh: object}[]} */
  const tables = [{ en: EN, zh: ZH }, CHART_TEXTS, FIGURE_TEXTS, REVIEW_TEXTS, BOX_TEXTS, TOTALS_TEXTS, FOLLOWING_TEXTS, SHARING_TEXTS, PLATFORM_TEXTS];
  for (const page of readdirSync(PAGES)) tables.push((await import(new URL(`${page}/texts.js`, PAGES).href)).TEXTS);
  assert.ok(tables.length > 2);
  const figures = (/** @type {object} */ texts) => Object.entries(texts).map(([name, text]) => [name, new Set(text.match(/\{\w+\}/g))]);
  for (const { en, zh } of tables) assert.deepEqual(figures(zh), figures(en));
});

test("Chinese is punctuated as Chinese is", () => {
  for (const text of Object.values(ZH)) assert.doesNotMatch(text, /[\u4e00-\u9fff][,;:!?]|[\u4e00-\u9fff]\.(\s|$)/);
});
