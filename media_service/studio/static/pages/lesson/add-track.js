/** A file of captions or chapters: chosen, sent, and if it has faults told line by line what they are. */
import { ask, problemOf } from "../../api.js";
import { Button, ButtonLink } from "../../components/button.js";
import { Dialog } from "../../components/dialog.js";
import { Field } from "../../components/field.js";
import { Callout } from "../../components/section.js";
import { inLanguage, language, say, speaker } from "../../language.js";
import { tongueName, TONGUES } from "../../pure/tongues.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
import { editorOf } from "./tracks.js";
/** @import { Message, Problem } from "../../types" */
/** @import { Lesson } from "./types" */

const tell = speaker(TEXTS);
const SHOWN_FAULTS = 8;

/** @typedef {{currentTarget: HTMLInputElement}} Changed */
/** @typedef {{line?: number, message?: Message}} Fault */

/** @param {{lesson: Lesson, onDone: () => void, onClose: () => void}} props */
export function AddTrack({ lesson, onDone, onClose }) {
  const kind = useSignal("captions");
  const tongue = useSignal(lesson.language ?? (language.peek() === "zh" ? "zh" : "en"));
  const label = useSignal("");
  const file = useSignal(/** @type {File | null} */ (null));
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const busy = useSignal(false);
  const replaces = lesson.tracks.find((track) => track.kind === kind.value && track.language === tongue.value);
  const editor = editorOf(lesson, kind.value, tongue.value);
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!file.value) return;
    busy.value = true;
    const query = label.value.trim() ? `?label=${encodeURIComponent(label.value.trim())}` : "";
    try {
      await ask("PUT", `/v1/assets/${lesson.id}/tracks/${kind.value}/${tongue.value}${query}`, {
        body: file.value,
        headers: { "Content-Type": "text/plain" },
      });
      onDone();
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  const choose = (/** @type {Changed} */ { currentTarget }) => {
    file.value = currentTarget.files?.[0] ?? null;
    problem.value = null;
  };
  return html`<${Dialog} title=${tell("trackAdd")} onClose=${onClose}>
    <form class="form" onSubmit=${send}>
      <div class="pair">
        <${Field} name=${tell("trackKind")} value=${kind.value} onChange=${(/** @type {Changed} */ { currentTarget }) => (kind.value = currentTarget.value)}>
          <option value="captions">${tell("captions")}</option>
          <option value="chapters">${tell("chapters")}</option>
        <//>
        <${Field} name=${tell("trackLanguage")} value=${tongue.value} onChange=${(/** @type {Changed} */ { currentTarget }) => (tongue.value = currentTarget.value)}>
          ${TONGUES.map((tag) => html`<option key=${tag} value=${tag} selected=${tag === tongue.value}>${tongueName(tag, language.value)}</option>`)}
        <//>
      </div>
      <${Field}
        name=${tell("trackLabel")}
        hint=${tell("trackLabelHint")}
        maxlength="100"
        dir="auto"
        value=${label.value}
        onInput=${(/** @type {Changed} */ { currentTarget }) => (label.value = currentTarget.value)}
      />
      <${Field}
        name=${tell("trackFile")}
        hint=${tell("trackFileHint")}
        type="file"
        accept=".srt,.vtt,.ass,.ssa,text/vtt,application/x-subrip"
        required
        onChange=${choose}
      />
      ${replaces && html`<${Callout} mood="info">${tell("trackReplaces", { name: replaces.label })}<//>`}
      ${problem.value && html`<${Faults} problem=${problem.value} />`}
      <div class="actions">
        <${Button} kind="main" icon="upload" type="submit" disabled=${busy.value || !file.value}>${tell("trackSend")}<//>
        ${editor && !replaces && html`<${ButtonLink} icon="pencil" href=${editor}>${tell("trackWrite")}<//>`}
        <${Button} onClick=${onClose}>${say("cancel")}<//>
      </div>
    </form>
  <//>`;
}

/** @param {{problem: Problem}} props */
function Faults({ problem }) {
  const faults = /** @type {Fault[]} */ (problem.errors).filter(({ line }) => line !== undefined);
  return html`<${Callout} mood="bad" role="alert">
    <p>${faults.length > 0 ? tell("faults") : inLanguage(problem.message)} <code>${problem.code}</code></p>
    ${faults.length > 0 &&
    html`<ul class="faults">
      ${faults.slice(0, SHOWN_FAULTS).map(({ line, message }) => html`<li key=${line}>${tell("fault", { line: line ?? 0, what: message ? inLanguage(message) : "" })}</li>`)}
    </ul>`}
    ${faults.length > SHOWN_FAULTS && html`<p>${tell("faultsMore", { n: faults.length - SHOWN_FAULTS })}</p>`}
  <//>`;
}
