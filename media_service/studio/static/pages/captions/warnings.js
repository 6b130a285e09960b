/** What makes a cue hard to read, in words. */
import { Icon } from "../../components/icon.js";
import { speaker } from "../../language.js";
import { html } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Warning } from "../../pure/cue-warnings.js" */

const tell = speaker(TEXTS);

const NAMES = /** @type {const} */ ({
  empty: "warnEmpty",
  order: "warnOrder",
  overlap: "warnOverlap",
  short: "warnShort",
  long: "warnLong",
  fast: "warnFast",
  tooFast: "warnTooFast",
  wide: "warnWide",
  lines: "warnLines",
});

/** @param {Warning} warning */
export function worded({ code, value, limit }) {
  return tell(NAMES[code], { value, limit });
}

/** @param {{found: readonly Warning[]}} props */
export function Warnings({ found }) {
  return html`<ul class="cue-warnings" aria-live="polite">
    ${found.map((warning) => html`<li key=${warning.code}><${Icon} name="circle-alert" /><span>${worded(warning)}</span></li>`)}
  </ul>`;
}
