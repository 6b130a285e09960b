/** Lessons are found and put at the end of a course, in the order in which they were chosen. */
import { ask } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { usePaged } from "../../components/paged.js";
import { ErrorState, LoadingState } from "../../components/states.js";
import { useSettled } from "../../components/timing.js";
import { toast } from "../../components/toast.js";
import { speaker } from "../../language.js";
import { formatTime } from "../../pure/times.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Course } from "./types" */

const tell = speaker(TEXTS);

/** @param {{course: Course, onDone: () => Promise<void>, onClose: () => void}} props */
export function AddLessons({ course, onDone, onClose }) {
  const typed = useSignal("");
  const sought = useSettled(typed);
  const chosen = useSignal(/** @type {readonly string[]} */ ([]));
  const there = new Set(course.items.map(({ asset_id: id }) => id));
  const { pages, busy, more, again } = usePaged(`/v1/assets?limit=20${sought.value ? `&q=${encodeURIComponent(sought.value)}` : ""}`, "assets");
  const found = pages.value;
  const toggle = (/** @type {string} */ id) =>
    (chosen.value = chosen.peek().includes(id) ? chosen.peek().filter((each) => each !== id) : [...chosen.peek(), id]);
  const add = async () => {
    const all = chosen.peek();
    try {
      // One after the other, so that they stand there in their order.
      for (const id of all) {
        await ask("PUT", `/v1/collections/${course.id}/items/${id}`);
        chosen.value = chosen.peek().filter((each) => each !== id);
      }
      toast(tell("added", { n: all.length }));
    } finally {
      await onDone();
    }
  };
  const n = chosen.value.length;
  return html`<${Asking} title=${tell("add")} act=${n ? tell("addIt", { n }) : tell("addNothing")} kind="main" icon="plus" onSure=${add} onClose=${onClose}>
    <${Field}
      name=${tell("addFind")}
      hint=${tell("addFindHint")}
      type="search"
      maxlength="200"
      autocomplete="off"
      value=${typed.value}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && event.preventDefault()}
      onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (typed.value = currentTarget.value)}
    />
    ${found.is === "loading" && html`<${LoadingState} />`}
    ${found.is === "failed" && html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
    ${found.is === "ready" &&
    html`<div class="course-found" tabindex="0" role="group" aria-label=${tell("lessons")}>
      ${found.rows.length === 0 && html`<p class="hint" role="status">${tell("addNone")}</p>`}
      <ul>
        ${found.rows.map(
          (/** @type {{id: string, title: string, duration: number | null}} */ { id, title, duration }) => html`<li key=${id}>
            <label class="choice">
              <input type="checkbox" checked=${there.has(id) || chosen.value.includes(id)} disabled=${there.has(id)} onChange=${() => toggle(id)} /><span dir="auto"
                >${title} <span class="hint">${[duration !== null && formatTime(duration), there.has(id) && tell("addThere")].filter(Boolean).join(" · ")}</span></span
              >
            </label>
          </li>`,
        )}
      </ul>
      ${found.next !== null && html`<${Button} kind="quiet" disabled=${busy.value} onClick=${() => void more()}>${tell("addMore")}<//>`}
    </div>`}
  <//>`;
}
