/** A field with its name, a hint and what is wrong with it. */
import { html, useId } from "../vendor/ui.js";
/** @import { Child } from "../vendor/ui.js" */

/**
 * @param {object} props
 * @param {string} props.name What people read.
 * @param {string} [props.hint]
 * @param {string} [props.wrong] What is wrong, empty if nothing is.
 * @param {boolean} [props.long] Several lines.
 * @param {Child} [props.children] The options of a choice.
 * @param {string} [props.type]
 * @param {string} [props.value]
 * @param {(event: {currentTarget: HTMLInputElement}) => void} [props.onInput]
 */
export function Field({ name, hint, wrong, long = false, children, ...rest }) {
  const id = useId();
  const described = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ");
  const tag = children ? "select" : long ? "textarea" : "input";
  return html`<div class="field">
    <label for=${id}>${name}</label>
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    <${tag} id=${id} class="input" aria-describedby=${described || null} aria-invalid=${wrong ? "true" : null} ...${rest}>${children}<//>
    ${wrong && html`<p class="wrong" id=${`${id}-wrong`} role="alert">${wrong}</p>`}
  </div>`;
}
