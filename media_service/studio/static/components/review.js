/** How far a lesson is in its review, and its steps: asked about, and taken. */
import { ask } from "../api.js";
import { speaker } from "../language.js";
import { lacksNote, moodOf } from "../pure/reviews.js";
import { html, useSignal } from "../vendor/ui.js";
import { Asking } from "./asking.js";
import { Button } from "./button.js";
import { Field } from "./field.js";
import { REVIEW_TEXTS } from "./review-texts.js";
import { toast } from "./toast.js";
/** @import { Action, ReviewState } from "../pure/reviews.js" */

const tell = speaker(REVIEW_TEXTS);
const ICONS = /** @type {const} */ ({ submit: "send", accept: "check", return: "undo-2", publish: "share-2", withdraw: "pencil" });
const LONGEST = 5000;

/** @param {{state: ReviewState}} props */
export function ReviewMark({ state }) {
  return html`<span class="mark" data-mood=${moodOf(state)}>${tell(state)}</span>`;
}

/** @param {ReviewState} state */
export function reviewName(state) {
  return tell(state);
}

/**
 * Buttons for what can be done.
 * @param {object} props
 * @param {{id: string, title: string}} props.lesson
 * @param {readonly Action[]} props.actions What comes next first.
 * @param {() => Promise<void>} props.onDone
 * @param {boolean} [props.main] What comes next stands out.
 */
export function ReviewActions({ lesson, actions, onDone, main = false }) {
  const asked = useSignal(/** @type {Action | null} */ (null));
  return html`<div class="actions">
      ${actions.map(
        (action, at) => html`<${Button}
          key=${action}
          kind=${action === "withdraw" ? "quiet" : main && at === 0 ? "main" : "plain"}
          icon=${ICONS[action]}
          onClick=${() => (asked.value = action)}
          >${tell(action)}<span class="unseen"> ${lesson.title}</span><//
        >`,
      )}
    </div>
    ${asked.value && html`<${Step} key=${asked.value} lesson=${lesson} action=${asked.value} onDone=${onDone} onClose=${() => (asked.value = null)} />`}`;
}

/** @param {{lesson: {id: string, title: string}, action: Action, onDone: () => Promise<void>, onClose: () => void}} props */
function Step({ lesson, action, onDone, onClose }) {
  const note = useSignal("");
  const missing = useSignal(false);
  const take = async () => {
    await ask("POST", `/v1/assets/${lesson.id}/reviews`, { json: { action, note: note.peek().trim() } });
    toast(tell(`done_${action}`, { name: lesson.title }));
    await onDone();
  };
  const check = (/** @type {Event} */ event) => {
    missing.value = lacksNote(action, note.peek());
    if (!missing.value) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<div onSubmitCapture=${check}>
    <${Asking} title=${tell(`${action}Title`, { name: lesson.title })} act=${tell(action)} icon=${ICONS[action]} kind="main" onSure=${take} onClose=${onClose}>
      <p>${tell(`${action}Sure`)}</p>
      <${Field}
        name=${tell(action === "return" ? "noteNeeded" : "note")}
        hint=${tell("noteHint")}
        long
        rows="4"
        required=${action === "return"}
        maxlength=${LONGEST}
        dir="auto"
        value=${note.value}
        onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (note.value = currentTarget.value)}
      />
    <//>
  </div>`;
}
