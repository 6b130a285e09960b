/** A bar that fills. */
import { html } from "../vendor/ui.js";

/**
 * @param {object} props
 * @param {string} props.label What it is the progress of.
 * @param {number | null} props.percent Null while it cannot be said.
 * @param {"going" | "still" | "bad" | "done"} [props.mood]
 */
export function Progress({ label, percent, mood = "going" }) {
  return html`<div
    class="progress"
    role="progressbar"
    aria-label=${label}
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${percent}
    data-mood=${mood}
  >
    <i style=${{ inlineSize: `${percent ?? 0}%` }} data-unknown=${percent === null ? "" : null}></i>
  </div>`;
}
