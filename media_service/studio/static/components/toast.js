/** Short notices at the edge, read out politely. They leave by themselves, but not while they are pointed at. */
import { say } from "../language.js";
import { html, signal } from "../vendor/ui.js";
import { Button } from "./button.js";

const SHOWN_MS = 6000;

/** @typedef {{id: number, text: string, action: {text: string, act: () => void} | null}} Notice */

const notices = signal(/** @type {readonly Notice[]} */ ([]));
let last = 0;

/**
 * Shows a notice. With an action it stays until that is done, it is dismissed or cannot be done any more, since one may need time to
 * decide.
 * @param {string} text
 * @param {{text: string, act: () => void}} [action]
 * @param {number} [forMs] How long the action can be done.
 */
export function toast(text, action, forMs) {
  const id = (last += 1);
  notices.value = [...notices.value.slice(-2), { id, text, action: action ?? null }];
  const shownMs = action ? forMs : SHOWN_MS;
  if (shownMs !== undefined) setTimeout(() => dismiss(id), shownMs);
}

/** @param {number} id */
function dismiss(id) {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

export function Toasts() {
  return html`<div class="toasts" role="status" aria-live="polite">
    ${notices.value.map(
      ({ id, text, action }) => html`<div class="toast" key=${id}>
        <p>${text}</p>
        ${action &&
        html`<${Button}
          kind="quiet"
          onClick=${() => {
            dismiss(id);
            action.act();
          }}
          >${action.text}<//
        >`}
        <${Button} kind="quiet" icon="x" label=${say("dismiss")} onClick=${() => dismiss(id)} />
      </div>`,
    )}
  </div>`;
}
