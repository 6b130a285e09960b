/** A part of the page under a heading of its own. */
import { html, useId } from "../vendor/ui.js";
import { Icon } from "./icon.js";
/** @import { Child } from "../vendor/ui.js" */

/**
 * @param {object} props
 * @param {string} props.title
 * @param {string} props.name By which the part is found.
 * @param {string} [props.hint]
 * @param {Child} [props.aside] Beside the heading.
 * @param {Child} [props.children]
 */
export function Section({ title, name, hint, aside, children }) {
  const id = useId();
  return html`<section class="part" aria-labelledby=${id} data-part=${name}>
    <header class="part-head">
      <h2 id=${id}>${title}</h2>
      ${aside}
    </header>
    ${hint && html`<p class="hint">${hint}</p>`} ${children}
  </section>`;
}

/**
 * A sentence that stands out.
 * @param {{mood: "info" | "bad" | "warn", role?: string, children?: Child}} props
 */
export function Callout({ mood, role, children }) {
  return html`<div class="callout" data-mood=${mood} role=${role ?? null}>
    <${Icon} name=${mood === "info" ? "info" : "circle-alert"} />
    <div>${children}</div>
  </div>`;
}
