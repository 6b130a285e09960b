/** What follows a version from the one before it, row by row. */
import { speaker } from "../../language.js";
import { html } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Follows } from "./types" */

const tell = speaker(TEXTS);

/** @param {{follows: Follows}} props */
export function FollowTable({ follows }) {
  const { outcome, offset, reason } = follows;
  const amount = offset === null ? "" : Math.abs(offset).toFixed(1);
  const said = (/** @type {string} */ how) =>
    how === "shifted" && offset !== null ? tell(offset < 0 ? "follow_earlier" : "follow_later", { n: amount }) : tell(/** @type {"follow_kept"} */ (`follow_${how}`));
  return html`<details>
    <summary>${tell("follows")}</summary>
    <div class="follows">
      ${reason && html`<p class="hint">${tell(reason === "no_sound" ? "followNoSound" : "followOtherSound")}</p>`}
      <table>
        <thead>
          <tr>
            <th scope="col">${tell("followWhat")}</th>
            <th scope="col">${tell("followHow")}</th>
          </tr>
        </thead>
        <tbody>
          ${follows.table.map(
            ({ what, outcome: how }) => html`<tr key=${what} data-outcome=${how}>
              <th scope="row">${tell(/** @type {"follow_what_clips"} */ (`follow_what_${what}`))}</th>
              <td>${said(how)}</td>
            </tr>`,
          )}
        </tbody>
      </table>
      ${outcome === "check" && html`<p class="hint">${tell("followCheck")}</p>`}
    </div>
  </details>`;
}
