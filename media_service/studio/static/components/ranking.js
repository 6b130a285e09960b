/** A table of figures side by side, each row with a bar of its share; to be saved for spreadsheets. */
import { language, speaker } from "../language.js";
import { toCsv } from "../pure/csv.js";
import { html } from "../vendor/ui.js";
import { Button } from "./button.js";
import { CHART_TEXTS } from "./chart-texts.js";
import { saveFile } from "./saving-file.js";
/** @import { Child } from "../vendor/ui.js" */

const tell = speaker(CHART_TEXTS);

/**
 * A column of figures: how they are read, and as which number they are saved.
 * @typedef {{name: string, value: (row: any) => number | null, format: (value: number) => string}} Column
 */

/**
 * @param {object} props
 * @param {string} props.title
 * @param {string} props.what Name of the first column.
 * @param {readonly any[]} props.rows
 * @param {(row: any) => string} props.nameOf
 * @param {(row: any) => string} props.keyOf
 * @param {(row: any) => Child} [props.link] The name as something that leads on.
 * @param {readonly Column[]} props.columns The first one has bars.
 * @param {string} props.file
 * @param {Child} [props.aside]
 */
export function Ranking({ title, what, rows, nameOf, keyOf, link = nameOf, columns, file, aside }) {
  const [first] = columns;
  const most = Math.max(0, ...rows.map((row) => first.value(row) ?? 0));
  const save = () =>
    saveFile(
      `${file}.csv`,
      "text/csv",
      toCsv(
        [what, ...columns.map(({ name }) => name)],
        rows.map((row) => [nameOf(row), ...columns.map(({ value }) => value(row))]),
      ),
    );
  return html`<div class="ranking">
    <div class="ranking-head">
      <div class="actions">
        ${aside}
        ${rows.length > 0 && html`<${Button} kind="quiet" icon="download" onClick=${save}>${tell("save")}<span class="unseen"> ${title}</span><//>`}
      </div>
    </div>
    ${rows.length === 0
      ? html`<p class="hint">${tell("nothing")}</p>`
      : html`<div class="chart-table" tabindex="0" role="region" aria-label=${tell("tableOf", { title })}>
          <table lang=${language.value === "zh" ? "zh-CN" : "en"}>
            <thead>
              <tr><th scope="col">${what}</th>${columns.map(({ name }) => html`<th key=${name} scope="col">${name}</th>`)}</tr>
            </thead>
            <tbody>
              ${rows.map(
                (row) => html`<tr key=${keyOf(row)}>
                  <th scope="row">
                    <span dir="auto">${link(row)}</span>
                    ${most > 0 && html`<i class="ranking-bar" style=${{ inlineSize: `${(100 * (first.value(row) ?? 0)) / most}%` }}></i>`}
                  </th>
                  ${columns.map(({ name, value, format }) => html`<td key=${name}>${shown(value(row), format)}</td>`)}
                </tr>`,
              )}
            </tbody>
          </table>
        </div>`}
  </div>`;
}

/** @param {number | null} value @param {(value: number) => string} format */
function shown(value, format) {
  return value === null ? "–" : format(value);
}
