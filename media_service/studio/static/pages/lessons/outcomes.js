/** What became of each of many lessons: what was refused first, with why. */
import { Icon } from "../../components/icon.js";
import { inLanguage, speaker } from "../../language.js";
import { tally } from "../../pure/many.js";
import { html } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Outcome } from "./types" */

const tell = speaker(TEXTS);

/** @param {{rows: readonly Outcome[]}} props */
export function Outcomes({ rows }) {
  const { changed, refused } = tally(rows);
  const sorted = [...rows.filter(({ message }) => message), ...rows.filter(({ message }) => !message)];
  return html`<p>${tell("outcomeSum", { n: changed, refused })}</p>
    <ul class="outcomes" tabindex="0" aria-label=${tell("outcome")}>
      ${sorted.map(
        ({ id, title, outcome, message }) => html`<li key=${id} data-bad=${message ? "" : null}>
          <${Icon} name=${message ? "circle-alert" : "check"} />
          <span><strong dir="auto">${title}</strong> ${message ? inLanguage(message) : tell(outcome === "unchanged" ? "asItWas" : "done")}</span>
        </li>`,
      )}
    </ul>`;
}
