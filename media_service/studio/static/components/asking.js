/** Asks before something is done that one might regret, and says what went wrong with it. */
import { problemOf } from "../api.js";
import { inLanguage, say } from "../language.js";
import { html, useSignal } from "../vendor/ui.js";
import { Button } from "./button.js";
import { Dialog } from "./dialog.js";
import { Callout } from "./section.js";
/** @import { Problem } from "../types" */
/** @import { Child } from "../vendor/ui.js" */

/**
 * @param {object} props
 * @param {string} props.title
 * @param {string} props.act What the button says.
 * @param {string} [props.icon]
 * @param {"danger" | "main"} [props.kind]
 * @param {() => Promise<void>} props.onSure Done when it resolves; what it throws is shown.
 * @param {() => void} props.onClose
 * @param {Child} [props.children]
 */
export function Asking({ title, act, icon, kind = "danger", onSure, onClose, children }) {
  const busy = useSignal(false);
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const sure = async (/** @type {Event} */ event) => {
    event.preventDefault();
    busy.value = true;
    try {
      await onSure();
      onClose();
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <form class="form" onSubmit=${sure}>
      ${children}
      ${problem.value && html`<${Callout} mood="bad" role="alert">${inLanguage(problem.value.message)} <code>${problem.value.code}</code><//>`}
      <div class="actions">
        <${Button} kind=${kind} icon=${icon} type="submit" disabled=${busy.value}>${act}<//>
        <${Button} onClick=${onClose}>${say("cancel")}<//>
      </div>
    </form>
  <//>`;
}
