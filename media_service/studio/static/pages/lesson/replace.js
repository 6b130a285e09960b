/** Another file for this lesson, or the same one made anew. It is built beside the one that plays. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Dialog } from "../../components/dialog.js";
import { Field } from "../../components/field.js";
import { Callout } from "../../components/section.js";
import { inLanguage, say, speaker } from "../../language.js";
import { add } from "../../uploads/line.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Problem } from "../../types" */
/** @import { Lesson } from "./types" */

const tell = speaker(TEXTS);
/** @typedef {{currentTarget: HTMLInputElement}} Changed */

/** @param {{lesson: Lesson, changed: () => Promise<void>, onClose: () => void}} props */
export function Replace({ lesson, changed, onClose }) {
  const from = useSignal("file");
  const file = useSignal(/** @type {File | null} */ (null));
  const note = useSignal("");
  const atOnce = useSignal(true);
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const begin = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const why = { note: note.value.trim(), activate: /** @type {"ready" | "manual"} */ (atOnce.value ? "ready" : "manual") };
    if (from.value === "file") {
      if (!file.value) return;
      add([{ file: file.value, path: "", handle: null, replaces: { assetId: lesson.id, ...why } }]);
      onClose();
      return;
    }
    try {
      await ask("POST", `/v1/assets/${lesson.id}/versions`, { json: { reprocess: true, ...why } });
      onClose();
      await changed();
    } catch (error) {
      problem.value = problemOf(error);
    }
  };
  return html`<${Dialog} title=${tell("replace")} onClose=${onClose}>
    <form class="form" onSubmit=${begin}>
      <p>${tell("replaceHint")}</p>
      <fieldset class="choices">
        <legend class="unseen">${tell("replaceFrom")}</legend>
        ${/** @type {const} */ (["file", "source"]).map(
          (way) => html`<label key=${way} class="choice">
            <input type="radio" name="from" value=${way} checked=${from.value === way} onChange=${() => (from.value = way)} />
            <span>${tell(way === "file" ? "replaceByFile" : "replaceBySource")}</span>
          </label>`,
        )}
      </fieldset>
      ${from.value === "file" &&
      html`<${Field}
        name=${tell("replaceFile")}
        type="file"
        required
        onChange=${(/** @type {Changed} */ { currentTarget }) => (file.value = currentTarget.files?.[0] ?? null)}
      />`}
      <${Field}
        name=${tell("note")}
        hint=${tell("noteHint")}
        maxlength="500"
        dir="auto"
        value=${note.value}
        onInput=${(/** @type {Changed} */ { currentTarget }) => (note.value = currentTarget.value)}
      />
      <label class="choice">
        <input type="checkbox" checked=${atOnce.value} onChange=${(/** @type {Changed} */ { currentTarget }) => (atOnce.value = currentTarget.checked)} />
        <span>${tell("replaceAtOnce")}</span>
      </label>
      ${problem.value && html`<${Callout} mood="bad" role="alert">${inLanguage(problem.value.message)} <code>${problem.value.code}</code><//>`}
      <div class="actions">
        <${Button} kind="main" icon=${from.value === "file" ? "upload" : "rotate-cw"} type="submit" disabled=${from.value === "file" && !file.value}
          >${tell(from.value === "file" ? "replaceBegin" : "replaceAgain")}<//
        >
        <${Button} onClick=${onClose}>${say("cancel")}<//>
      </div>
    </form>
  <//>`;
}
