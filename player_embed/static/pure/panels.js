/** What the panel over the poster says while there is nothing to play yet, or nothing any more. */
import { fill } from "./languages.js";
import { TEXTS } from "./texts.js";
import { spellTime } from "./times.js";
/** @import { Fault, Language, Page, PanelContent, Sentence, Texts } from "../types" */
/** @import { Failure } from "./faults.js" */

/** Seconds; a rest shorter than this is "almost there". */
const SOON = 3;

/**
 * A sentence in both languages, as errors carry it.
 * @param {string} key
 * @returns {Sentence}
 */
function both(key) {
  return { zh: sentence(TEXTS.zh, key) ?? "", en: sentence(TEXTS.en, key) ?? "" };
}

/**
 * @param {Texts} texts
 * @param {string} key
 */
function sentence(texts, key) {
  return /** @type {Record<string, string | undefined>} */ (texts)[key];
}

/**
 * What is said of the rest of the work: a later estimate may only lower it, unless it is far off (a half more), because a
 * figure that climbs while work goes on is read as a fault. Seconds; null while nothing is known.
 * @param {number | null | undefined} shown
 * @param {number | null | undefined} estimate
 */
export function steadyEstimate(shown, estimate) {
  if (typeof estimate !== "number" || !Number.isFinite(estimate)) return null;
  return typeof shown === "number" && estimate > shown && estimate < shown * 1.5 ? shown : estimate;
}

/**
 * A version that is being made: how far it is, and what is left.
 * @param {Pick<Page, "state" | "progress">} page
 * @param {number | null} estimate What is said of the rest of the work.
 * @param {Texts} texts
 * @returns {PanelContent}
 */
export function pendingPanel({ state, progress }, estimate, texts) {
  const { percent = 0, queue_position: position } = progress ?? {};
  const queued = state === "queued";
  const figures = [];
  if (!queued) figures.push(`${Math.floor(percent)}%`);
  else if (Number.isInteger(position)) figures.push(position ? fill(texts.queuePosition, { n: position }) : texts.queueNext);
  if (estimate !== null) figures.push(estimate < SOON ? texts.etaSoon : fill(texts.eta, { time: spellTime(estimate, texts) }));
  return {
    title: sentence(texts, `${state}Title`) ?? "",
    text: texts.pendingHint,
    figures: figures.join(" · "),
    percent: queued ? null : percent,
  };
}

/**
 * A version that failed, and what is told of it.
 * @param {Fault | null} failure
 * @param {Language} language
 * @returns {{panel: PanelContent, fault: Fault}}
 */
export function failedPanel(failure, language) {
  const texts = TEXTS[language];
  return {
    panel: {
      title: texts.failedTitle,
      text: failure?.message?.[language] ?? texts.failedUnknown,
      code: failure ? `${texts.code} ${failure.code}` : "",
    },
    fault: { code: failure?.code ?? "processing_failed", message: failure?.message ?? both("failedUnknown") },
  };
}

/**
 * An error of playing: what the service said in both languages, else the code's own sentence.
 * @param {Omit<Failure, "retry"> & {status?: number}} failure
 * @param {Language} language
 * @returns {{panel: PanelContent, fault: Fault}}
 */
export function errorPanel({ code, status, message = both(code) }, language) {
  const texts = TEXTS[language];
  return {
    panel: {
      title: sentence(texts, `${code}Title`) ?? texts.failedTitle,
      text: message[language],
      code: `${texts.code} ${code}${status ? ` · ${status}` : ""}`,
    },
    fault: { code, message },
  };
}
