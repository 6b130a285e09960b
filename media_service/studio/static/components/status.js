/** How far one's work is saved: in view wherever one has scrolled to, read out politely, and nothing else moves for it. */
import { html } from "../vendor/ui.js";
import { Icon } from "./icon.js";

/**
 * @param {object} props
 * @param {string} props.text Empty while there is nothing to tell.
 * @param {string} props.state
 * @param {boolean} [props.isDone]
 * @param {boolean} [props.isBad]
 * @param {string} [props.name] By which it is found.
 */
export function Status({ text, state, isDone = false, isBad = false, name = "" }) {
  return html`<div class=${`status ${name}`} role="status" data-state=${state}>
    ${text &&
    html`<p data-mood=${isBad ? "bad" : null}>
      ${isDone && html`<${Icon} name="check" />`}${isBad && html`<${Icon} name="circle-alert" />`}<span>${text}</span>
    </p>`}
  </div>`;
}
