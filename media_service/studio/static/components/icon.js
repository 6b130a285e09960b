/** Icons of the vendored sheet, which stands in the page. They say nothing by themselves: words stand beside them, or a label. */
import { html } from "../vendor/ui.js";

/** @param {{name: string}} props */
export function Icon({ name }) {
  return html`<svg class="icon" aria-hidden="true"><use href=${`#icon-${name}`} /></svg>`;
}
