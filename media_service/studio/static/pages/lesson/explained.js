/** Every play of a day, and what the rule of views says of it, in words. */
import { ask, problemOf } from "../../api.js";
import { count, dayName, hours } from "../../components/amounts.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { ErrorState, LoadingState } from "../../components/states.js";
import { speaker } from "../../language.js";
import { OUTCOMES, refusedOf } from "../../pure/outcomes.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Outcome } from "../../pure/outcomes.js" */
/** @import { Problem } from "../../types" */

const tell = speaker(TEXTS);
const LIMIT = 50;

/** @typedef {{id: string, began_at: string, outcome: string, source: string, viewer: string, attendance: number, playing_seconds: number}} Play */
/** @typedef {{day: string, time_zone: string, total: {views: number, refused: Record<string, number>}, plays: Play[], next: string | null}} Explanation */

/** @param {{asset: string, days: readonly {day: string, plays: number, refused?: Record<string, number>}[]}} props */
export function Explained({ asset, days }) {
  const open = useSignal(false);
  const toggle = (/** @type {{currentTarget: HTMLDetailsElement}} */ { currentTarget }) => (open.value = currentTarget.open);
  const busy = days.filter(({ plays, refused }) => plays > 0 || Object.keys(refused ?? {}).length > 0);
  const last = (busy.at(-1) ?? days.at(-1))?.day;
  if (!last) return null;
  return html`<details class="rest" onToggle=${toggle}>
    <summary>${tell("explained")}</summary>
    ${open.value && html`<${Plays} asset=${asset} first=${days[0].day} last=${days[days.length - 1].day} begin=${last} />`}
  </details>`;
}

/** @param {{asset: string, first: string, last: string, begin: string}} props */
function Plays({ asset, first, last, begin }) {
  const day = useSignal(begin);
  const told = useSignal(/** @type {Explanation | null} */ (null));
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const look = async (/** @type {string | null} */ after, /** @type {AbortSignal | undefined} */ ended) => {
    const query = new URLSearchParams({ asset, day: day.peek(), limit: String(LIMIT), ...(after && { after }) });
    try {
      const { data } = await ask("GET", `/v1/views/explain?${query}`, ended ? { signal: ended } : {});
      problem.value = null;
      told.value = after ? { ...data, plays: [...(told.peek()?.plays ?? []), ...data.plays] } : data;
    } catch (error) {
      if (!ended?.aborted) problem.value = problemOf(error);
    }
  };
  useEffect(() => {
    const left = new AbortController();
    void look(null, left.signal);
    return () => left.abort();
  }, [day.value]);
  const found = told.value;
  const sums = found ? refusedOf(found.total.refused) : [];
  const refused = sums.reduce((sum, { n }) => sum + n, 0);
  return html`<div class="explained">
    <${Field}
      name=${tell("explainedDay")}
      hint=${found ? tell("explainedHint", { zone: found.time_zone }) : undefined}
      type="date"
      min=${first}
      max=${last}
      required
      value=${day.value}
      onChange=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => currentTarget.value && (day.value = currentTarget.value)}
    />
    ${problem.value && html`<${ErrorState} problem=${problem.value} onRetry=${() => void look(null, undefined)} />`}
    ${!found && !problem.value && html`<${LoadingState} />`}
    ${found &&
    html`<p role="status">${found.plays.length === 0 && refused === 0 ? tell("explainedNone") : tell("explainedSums", { counted: count(found.total.views), refused: count(refused) })}</p>
      ${sums.length > 0 &&
      html`<ul class="explained-sums">
        ${sums.map(({ outcome, n }) => html`<li key=${outcome}><strong>${count(n)}</strong> <span>${wordOf(outcome)}</span></li>`)}
      </ul>`}
      ${found.plays.length > 0 &&
      html`<div class="chart-table" tabindex="0" role="region" aria-label=${`${tell("explainedAll")} ${dayName(found.day)}`}>
        <table class="explained-plays">
          <thead>
            <tr>
              <th scope="col">${tell("explainedBegan")}</th><th scope="col">${tell("explainedPlayed")}</th><th scope="col">${tell("explainedOutcome")}</th><th scope="col">${tell("explainedViewer")}</th>
            </tr>
          </thead>
          <tbody>
            ${found.plays.map(
              ({ id, began_at: began, playing_seconds: played, outcome, viewer, attendance, source }) => html`<tr key=${id}>
                <th scope="row"><time datetime=${began}>${clockOf(began, found.time_zone)}</time></th>
                <td>${hours(played)}</td>
                <td>
                  <span class="mark" data-mood=${outcome === "counted" ? "good" : "still"}>${wordOf(outcome)}</span>
                  ${attendance > 1 && html` <span class="hint">${tell("explainedGroup", { n: attendance })}</span>`}
                  ${source === "front_end" && html` <span class="hint">${tell("explainedFrontEnd")}</span>`}
                </td>
                <td><code>${viewer}</code></td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>`}
      ${found.next !== null && html`<${Button} onClick=${() => void look(found.next, undefined)}>${tell("explainedMore")}<//>`}`}
  </div>`;
}

/** @param {string} outcome A newer release may tell of more. */
function wordOf(outcome) {
  const known = OUTCOMES.find((each) => each === outcome);
  return known ? tell(`outcome_${/** @type {Outcome} */ (known)}`) : outcome;
}

/** When it began, by the clock that decides on the day. @param {string} moment @param {string} zone */
function clockOf(moment, zone) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium", timeZone: zone }).format(new Date(moment));
}
