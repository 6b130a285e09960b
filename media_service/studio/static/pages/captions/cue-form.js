/** The cue in hand: its text, its times, and what can be done with it. */
import { Button } from "../../components/button.js";
import { EmptyState } from "../../components/states.js";
import { speaker } from "../../language.js";
import { shownTime, typedTime } from "../../pure/cue-times.js";
import { isWide, lengthOf } from "../../pure/cue-warnings.js";
import { html, useEffect, useId, useSignal } from "../../vendor/ui.js";
import { KEYS } from "./keys.js";
import { TEXTS } from "./texts.js";
import { Warnings } from "./warnings.js";
/** @import { Cue } from "../../pure/webvtt.js" */
/** @import { Desk } from "./types" */

const tell = speaker(TEXTS);

/** @param {{desk: Desk, kind: string, tongue: string, field: {current: HTMLTextAreaElement | null}}} props */
export function CueForm({ desk, kind, tongue, field }) {
  const { editing } = desk;
  const id = useId();
  const cue = editing.cue;
  const chapters = kind === "chapters";
  useEffect(() => {
    const element = field.current;
    if (!element || editing.focusing.value === 0) return;
    element.focus({ preventScroll: true });
    const caret = Math.min(editing.caret, element.value.length);
    element.setSelectionRange(caret, caret);
  }, [editing.focusing.value]);
  if (!cue) return html`<${Nothing} desk=${desk} chapters=${chapters} />`;
  const number = editing.cues.value.indexOf(cue) + 1;
  return html`<section class="cue-form" aria-label=${tell(chapters ? "chapterNumber" : "cueNumber", { n: number })}>
    <div class="cue-form-head">
      <label for=${id}>${tell(chapters ? "chapterNumber" : "cueNumber", { n: number })}</label>
      ${!chapters && html`<${Measure} cue=${cue} tongue=${tongue} />`}
    </div>
    ${cue.markup && html`<p class="hint">${tell("markup")}</p>`}
    <textarea
      id=${id}
      class="input cue-text"
      lang=${tongue}
      dir="auto"
      rows=${chapters ? 1 : 2}
      spellcheck="true"
      ref=${field}
      value=${cue.text}
      placeholder=${tell(chapters ? "writeTitle" : "write")}
      onInput=${(/** @type {{currentTarget: HTMLTextAreaElement}} */ { currentTarget }) => editing.write(chapters ? currentTarget.value.replaceAll("\n", " ") : currentTarget.value)}
    ></textarea>
    <${Warnings} found=${editing.warnings.value.get(cue.key) ?? []} />
    <div class="cue-times">
      <${TimeField} key=${`start ${cue.key}`} name=${tell("start")} value=${cue.start} onChange=${(/** @type {number} */ time) => editing.begin(time)} set=${() => desk.act("start")} setName=${tell("setStart")} keys="Alt+I" />
      ${!chapters &&
      html`<${TimeField} key=${`end ${cue.key}`} name=${tell("end")} value=${cue.end} onChange=${(/** @type {number} */ time) => editing.end(time)} set=${() => desk.act("end")} setName=${tell("setEnd")} keys="Alt+O" />`}
    </div>
    <div class="actions">
      <${Act} desk=${desk} name="playCue" icon="play" />
      ${!chapters && html`<${Act} desk=${desk} name="split" /><${Act} desk=${desk} name="merge" off=${number === editing.cues.value.length} />`}
      <${Act} desk=${desk} name="add" icon="plus" text=${chapters ? "addChapter" : "add"} />
      <${Act} desk=${desk} name="remove" icon="trash-2" />
    </div>
  </section>`;
}

/** @param {{desk: Desk, chapters: boolean}} props */
function Nothing({ desk, chapters }) {
  return html`<section class="cue-form">
    <${EmptyState} icon=${chapters ? "list" : "captions"} title=${tell(chapters ? "noChapters" : "noCues")}>
      <p>${tell(chapters ? "noChaptersHint" : "noCuesHint")}</p>
      <div class="actions">
        <${Button} kind="main" icon="plus" onClick=${() => desk.act("add")}>${tell(chapters ? "addChapter" : "add")}<//>
        ${!chapters && html`<${Button} onClick=${() => desk.act("spread")}>${tell("spread")}<//>`}
      </div>
    <//>
  </section>`;
}

/** @param {{desk: Desk, name: "playCue" | "split" | "merge" | "add" | "remove", icon?: string, text?: "add" | "addChapter", off?: boolean}} props */
function Act({ desk, name, icon, text, off = false }) {
  const keys = KEYS.find(({ action }) => action === name)?.shown ?? "";
  return html`<${Button} icon=${icon} disabled=${off} title=${keys} aria-keyshortcuts=${keys.replace("↑", "ArrowUp").replace("↓", "ArrowDown")} onClick=${() => desk.act(name)}>${tell(text ?? name)}<//>`;
}

/** How long and how fast it is. @param {{cue: Cue, tongue: string}} props */
function Measure({ cue, tongue }) {
  const wide = isWide(tongue, cue.text);
  const lines = cue.text.split("\n").map((line) => lengthOf(line, wide));
  const seconds = (cue.end - cue.start) / 1000;
  const speed = seconds > 0 ? lines.reduce((sum, length) => sum + length, 0) / seconds : 0;
  return html`<p class="cue-measure">${tell("measure", { seconds: seconds.toFixed(1), lines: lines.map(Math.ceil).join(" + "), speed: speed.toFixed(1) })}</p>`;
}

/**
 * A time that can be typed, moved by a tenth of a second with the arrow keys, or taken from the player.
 * @param {{name: string, value: number, onChange: (time: number) => void, set: () => void, setName: string, keys: string}} props
 */
function TimeField({ name, value, onChange, set, setName, keys }) {
  const id = useId();
  const typed = useSignal(/** @type {string | null} */ (null));
  const wrong = typed.value !== null && typedTime(typed.value) === null;
  const settle = () => {
    const time = typed.peek() === null ? null : typedTime(/** @type {string} */ (typed.peek()));
    if (time !== null && time !== value) onChange(time);
    if (time !== null) typed.value = null;
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    const by = event.key === "ArrowUp" ? 100 : event.key === "ArrowDown" ? -100 : 0;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter") settle();
    if (event.key === "Escape") typed.value = null;
    if (by === 0) return;
    event.preventDefault();
    typed.value = null;
    onChange(Math.max(0, value + by));
  };
  return html`<div class="field cue-time">
    <label for=${id}>${name}</label>
    <div class="cue-time-row">
      <input
        id=${id}
        class="input"
        inputmode="decimal"
        autocomplete="off"
        aria-invalid=${wrong ? "true" : null}
        aria-describedby=${wrong ? `${id}-wrong` : null}
        value=${typed.value ?? shownTime(value)}
        onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (typed.value = currentTarget.value)}
        onBlur=${settle}
        onKeyDown=${press}
      />
      <${Button} title=${keys} aria-keyshortcuts=${keys} onClick=${set}>${setName}<//>
    </div>
    ${wrong && html`<p class="wrong" id=${`${id}-wrong`} role="alert">${tell("timeWrong")}</p>`}
  </div>`;
}
