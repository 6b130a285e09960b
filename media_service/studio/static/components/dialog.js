/** A dialog over the page; the browser keeps the focus in it and gives it back. */
import { say } from "../language.js";
import { html, useEffect, useId, useRef } from "../vendor/ui.js";
import { Button } from "./button.js";
/** @import { Child } from "../vendor/ui.js" */

/**
 * Open for as long as it is drawn.
 * @param {object} props
 * @param {string} props.title
 * @param {(() => void) | null} props.onClose Null where it cannot be left before something is done.
 * @param {Child} [props.children]
 */
export function Dialog({ title, onClose, children }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const id = useId();
  useEffect(() => {
    element.current?.showModal();
  }, []);
  const cancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    onClose?.();
  };
  return html`<dialog class="dialog" ref=${element} aria-labelledby=${id} onCancel=${cancel}>
    <header>
      <h2 id=${id}>${title}</h2>
      ${onClose && html`<${Button} kind="quiet" icon="x" label=${say("close")} onClick=${onClose} />`}
    </header>
    ${children}
  </dialog>`;
}
