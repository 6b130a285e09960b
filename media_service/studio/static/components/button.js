/** Buttons. */
import { html } from "../vendor/ui.js";
import { Icon } from "./icon.js";
/** @import { Child } from "../vendor/ui.js" */

/**
 * @param {object} props
 * @param {"main" | "plain" | "quiet" | "danger"} [props.kind] `main`: the next step, once on a page at most.
 * @param {string} [props.icon]
 * @param {string} [props.label] Says what it does where only an icon is shown.
 * @param {boolean} [props.disabled]
 * @param {"button" | "submit"} [props.type]
 * @param {Child} [props.children]
 * @param {(event: Event) => void} [props.onClick]
 */
export function Button({ kind = "plain", icon, label, children, type = "button", ...rest }) {
  return html`<button class=${`button button-${kind}`} type=${type} aria-label=${label} title=${label} ...${rest}>
    ${icon && html`<${Icon} name=${icon} />`}${children && html`<span>${children}</span>`}
  </button>`;
}

/**
 * A link that looks like a button.
 * @param {object} props
 * @param {string} props.href
 * @param {"main" | "plain" | "quiet"} [props.kind]
 * @param {string} [props.icon]
 * @param {Child} [props.children]
 */
export function ButtonLink({ kind = "plain", icon, children, ...rest }) {
  return html`<a class=${`button button-${kind}`} ...${rest}>${icon && html`<${Icon} name=${icon} />`}<span>${children}</span></a>`;
}
