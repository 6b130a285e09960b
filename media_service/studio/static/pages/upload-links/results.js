/** What came of judging: a table, best first, and the same for a spreadsheet. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { useResource } from "../../components/resource.js";
import { saveFile } from "../../components/saving-file.js";
import { ErrorState, LoadingState } from "../../components/states.js";
import { toast } from "../../components/toast.js";
import { inLanguage, language, speaker } from "../../language.js";
import { shownScore } from "../../pure/judging.js";
import { html, useEffect, useId } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Criterion } from "../../pure/judging.js" */
/** @import { Judging, Result } from "./types" */

const tell = speaker(TEXTS);

/** Without it spreadsheets do not know UTF-8, and browsers take it off what they read. */
const MARK = "\uFEFF";

/**
 * @param {object} props
 * @param {Judging} props.judging
 * @param {string} props.stamp Asked for again when it changes.
 */
export function Results({ judging, stamp }) {
  const { now, again } = useResource(`/v1/upload-links/${judging.link_id}/results`);
  const id = useId();
  useEffect(() => {
    if (now.peek().is === "ready") void again();
  }, [stamp, judging.closed_at]);
  const save = async () => {
    try {
      const { data } = await ask("GET", `/v1/upload-links/${judging.link_id}/results.csv`);
      saveFile(`${judging.link_id}-results.csv`, "text/csv", MARK + data);
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
  };
  const found = now.value;
  return html`<div class="part" data-part="results">
    <h3 id=${id}>${tell("results")}</h3>
    ${judging.closed_at === null && html`<p class="hint">${tell("resultsMayChange")}</p>`}
    ${found.is === "loading" && html`<${LoadingState} />`}
    ${found.is === "failed" && html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
    ${found.is === "ready" &&
    html`<div class="results" role="region" aria-labelledby=${id} tabindex="0">
        <${Table} criteria=${found.data.criteria} results=${found.data.results} />
      </div>
      <div class="actions"><${Button} icon="download" onClick=${() => void save()}>${tell("resultsSave")}<//></div>`}
  </div>`;
}

/** @param {{criteria: Criterion[], results: Result[]}} props */
function Table({ criteria, results }) {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">${tell("rank")}</th>
        <th scope="col">${tell("number")}</th>
        ${criteria.map(({ name, label }) => html`<th key=${name} scope="col" dir="auto">${label}</th>`)}
        <th scope="col">${tell("total")}</th>
        <th scope="col">${tell("judges")}</th>
      </tr>
    </thead>
    <tbody>
      ${results.map(
        ({ rank, number, judges, total, means }) => html`<tr key=${number}>
          <td>${rank ?? "–"}</td>
          <th scope="row">${number}</th>
          ${criteria.map(({ name }) => html`<td key=${name}>${shownScore(means[name], language.value)}</td>`)}
          <td>${shownScore(total, language.value)}</td>
          <td>${judges}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}
