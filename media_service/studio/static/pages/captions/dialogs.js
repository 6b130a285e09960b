/** What is asked in a dialog: shifting, replacing, lines without times, the keys. */
import { Button } from "../../components/button.js";
import { Dialog } from "../../components/dialog.js";
import { Field } from "../../components/field.js";
import { toast } from "../../components/toast.js";
import { say, speaker } from "../../language.js";
import { insert, matching, replaceAll, shift } from "../../pure/cue-edits.js";
import { speechIn, spread } from "../../pure/speech.js";
import { cuesOf, EMPTY } from "../../pure/webvtt.js";
import { batch, html, useSignal } from "../../vendor/ui.js";
import { KEYS, OF_CAPTIONS, REDO_KEYS, UNDO_KEYS } from "./keys.js";
import { TEXTS } from "./texts.js";
/** @import { Captions } from "../../pure/webvtt.js" */
/** @import { Action } from "./keys.js" */
/** @import { Desk, DialogName, Peaks } from "./types" */

const tell = speaker(TEXTS);

/** @typedef {{currentTarget: HTMLInputElement}} Changed */
/** @typedef {{desk: Desk, onClose: () => void}} Asked */

/** @param {{desk: Desk, dialog: import("../../vendor/ui.js").Signal<DialogName | null>, peaks: Peaks | null}} props */
export function Dialogs({ desk, dialog, peaks }) {
  const close = () => {
    dialog.value = null;
    desk.editing.select(desk.editing.selected.peek(), { focus: true });
  };
  const name = dialog.value;
  return html`
    ${name === "help" && html`<${Help} desk=${desk} onClose=${close} />`}
    ${name === "shift" && html`<${Shift} desk=${desk} onClose=${close} />`}
    ${name === "replace" && html`<${Replace} desk=${desk} onClose=${close} />`}
    ${name === "spread" && html`<${Spread} desk=${desk} peaks=${peaks} onClose=${close} />`}
    ${name === "discard" && html`<${Discard} desk=${desk} onClose=${close} />`}
  `;
}

/** Where a key does more than its word beside a field says. @type {Partial<Record<Action, "setStartNow" | "setEndNow">>} */
const NAMES = { start: "setStartNow", end: "setEndNow" };

/** @param {Asked} props */
function Help({ desk, onClose }) {
  const chapters = desk.editing.kind === "chapters";
  const rows = KEYS.filter(({ action }) => !chapters || !OF_CAPTIONS.has(action));
  return html`<${Dialog} title=${tell("help")} onClose=${onClose}>
    <p>${tell("helpHint")}</p>
    <table class="keys">
      <thead class="unseen"><tr><th scope="col">${tell("keys")}</th><th scope="col">${tell("does")}</th></tr></thead>
      <tbody>
        ${rows.map(({ action, shown }) => html`<tr key=${action}><th scope="row"><kbd>${shown}</kbd></th><td>${tell(NAMES[action] ?? action)}</td></tr>`)}
        <tr><th scope="row"><kbd>${UNDO_KEYS}</kbd></th><td>${tell("undo")}</td></tr>
        <tr><th scope="row"><kbd>${REDO_KEYS}</kbd></th><td>${tell("redo")}</td></tr>
      </tbody>
    </table>
  <//>`;
}

/** @param {Asked} props */
function Shift({ desk, onClose }) {
  const { editing } = desk;
  const by = useSignal("1.0");
  const later = useSignal("later");
  const from = useSignal("all");
  const seconds = Number(by.value.replace(",", "."));
  const wrong = by.value.trim() === "" || !Number.isFinite(seconds) || seconds < 0;
  const act = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (wrong) return;
    const begins = from.peek() === "here" ? (editing.cue?.start ?? 0) : 0;
    editing.apply(shift(editing.captions.peek(), (later.peek() === "later" ? 1000 : -1000) * seconds, begins));
    onClose();
  };
  return html`<${Dialog} title=${tell("shift")} onClose=${onClose}>
    <form class="form" onSubmit=${act}>
      <${Field} name=${tell("shiftBy")} inputmode="decimal" autocomplete="off" wrong=${wrong ? tell("numberWrong") : ""} value=${by.value} onInput=${(/** @type {Changed} */ { currentTarget }) => (by.value = currentTarget.value)} />
      <${Choice} name=${tell("shiftWhere")} group="where" chosen=${later} options=${[["later", tell("later")], ["earlier", tell("earlier")]]} />
      <${Choice} name=${tell("shiftWhat")} group="what" chosen=${from} options=${[["all", tell("shiftAll")], ["here", tell("shiftHere")]]} />
      <div class="actions">
        <${Button} kind="main" type="submit" disabled=${wrong}>${tell("shiftDo")}<//>
        <${Button} onClick=${onClose}>${say("cancel")}<//>
      </div>
    </form>
  <//>`;
}

/** @param {{name: string, group: string, chosen: import("../../vendor/ui.js").Signal<string>, options: [string, string][]}} props */
function Choice({ name, group, chosen, options }) {
  return html`<fieldset class="options">
    <legend>${name}</legend>
    ${options.map(
      ([value, text]) => html`<label key=${value}>
        <input type="radio" name=${group} value=${value} checked=${chosen.value === value} onChange=${() => (chosen.value = value)} />${text}
      </label>`,
    )}
  </fieldset>`;
}

/** @param {Asked} props */
function Replace({ desk, onClose }) {
  const { editing } = desk;
  const wanted = useSignal("");
  const instead = useSignal("");
  const found = matching(editing.cues.value, wanted.value);
  const all = (/** @type {Event} */ event) => {
    event.preventDefault();
    const { captions, count } = replaceAll(editing.captions.peek(), wanted.peek(), instead.peek());
    if (count > 0) editing.apply(captions);
    toast(tell("replaced", { n: count }));
    onClose();
  };
  const next = () => {
    const order = editing.cues.peek();
    const at = order.findIndex(({ key }) => key === editing.selected.peek());
    const after = found.find((key) => order.findIndex((cue) => cue.key === key) > at) ?? found[0];
    if (after !== undefined) editing.select(after);
  };
  const words = editing.cues.value.find(({ key }) => key === editing.selected.value && found.includes(key))?.text;
  return html`<${Dialog} title=${tell("replace")} onClose=${onClose}>
    <form class="form" onSubmit=${all}>
      <${Field} name=${tell("find")} autocomplete="off" dir="auto" value=${wanted.value} onInput=${(/** @type {Changed} */ { currentTarget }) => (wanted.value = currentTarget.value)} />
      <${Field} name=${tell("instead")} autocomplete="off" dir="auto" value=${instead.value} onInput=${(/** @type {Changed} */ { currentTarget }) => (instead.value = currentTarget.value)} />
      <p class="hint" role="status">${wanted.value ? tell("foundIn", { n: found.length }) : tell("findHint")}</p>
      ${words && html`<p class="found" dir="auto">${words}</p>`}
      <div class="actions">
        <${Button} kind="main" type="submit" disabled=${found.length === 0}>${tell("replaceAll")}<//>
        <${Button} disabled=${found.length === 0} onClick=${next}>${tell("findNext")}<//>
        <${Button} onClick=${onClose}>${say("cancel")}<//>
      </div>
    </form>
  <//>`;
}

/** @param {Asked & {peaks: Peaks | null}} props */
function Spread({ desk, peaks, onClose }) {
  const { editing } = desk;
  const text = useSignal("");
  const lines = text.value.split("\n").filter((line) => line.trim());
  const some = editing.cues.value.length > 0;
  const act = (/** @type {Event} */ event) => {
    event.preventDefault();
    const speech = peaks ? speechIn(peaks.values, peaks.each) : [];
    // Notes and styles of the file stay; only its cues give way.
    /** @type {Captions} */
    let captions = { ...editing.captions.peek(), parts: editing.captions.peek().parts.filter((part) => typeof part === "string") };
    for (const line of spread(lines, speech, editing.duration)) ({ captions } = insert(captions, line.start, line.end, line.text));
    batch(() => {
      editing.apply(captions);
      editing.select(cuesOf(captions)[0]?.key ?? null);
    });
    toast(tell("spreadDone", { n: lines.length }));
    onClose();
  };
  return html`<${Dialog} title=${tell("spread")} onClose=${onClose}>
    <form class="form" onSubmit=${act}>
      <${Field} long name=${tell("spreadText")} hint=${tell(peaks ? "spreadHint" : "spreadHintNoPeaks")} dir="auto" rows="8" value=${text.value} onInput=${(/** @type {Changed} */ { currentTarget }) => (text.value = currentTarget.value)} />
      <p class="hint" role="status">${tell("spreadCount", { n: lines.length })}</p>
      ${some && lines.length > 0 && html`<p class="wrong">${tell("spreadReplaces", { n: editing.cues.value.length })}</p>`}
      <div class="actions">
        <${Button} kind="main" type="submit" disabled=${lines.length === 0}>${tell("spreadDo")}<//>
        <${Button} onClick=${onClose}>${say("cancel")}<//>
      </div>
    </form>
  <//>`;
}

/** @param {Asked} props */
function Discard({ desk, onClose }) {
  const act = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const text = await desk.draft.discard();
    if (text !== null) desk.editing.replace(text || EMPTY);
    onClose();
  };
  return html`<${Dialog} title=${tell("discardAsk")} onClose=${onClose}>
    <form class="form" onSubmit=${act}>
      <p>${tell(desk.draft.published.value ? "discardSure" : "discardAll")}</p>
      <div class="actions">
        <${Button} kind="danger" icon="trash-2" type="submit">${tell("discard")}<//>
        <${Button} onClick=${onClose}>${say("cancel")}<//>
      </div>
    </form>
  <//>`;
}
