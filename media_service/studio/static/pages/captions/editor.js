/** The editor: the player, the waveform, the cue in hand and all cues, with what connects them. */
import { Button, ButtonLink } from "../../components/button.js";
import { Heading } from "../../components/heading.js";
import { Menu } from "../../components/menu.js";
import { toast } from "../../components/toast.js";
import { speaker } from "../../language.js";
import { EMPTY, serialize } from "../../pure/webvtt.js";
import { effect, html, useEffect, useMemo, useRef, useSignal } from "../../vendor/ui.js";
import { Clock } from "./clock.js";
import { CueForm } from "./cue-form.js";
import { CueList } from "./cue-list.js";
import { Dialogs } from "./dialogs.js";
import { Draft } from "./draft.js";
import { Editing } from "./editing.js";
import { actionOf, OF_CAPTIONS } from "./keys.js";
import { usePeaks } from "./peaks.js";
import { Stage } from "./stage.js";
import { Standing } from "./standing.js";
import { TEXTS } from "./texts.js";
import { Wave } from "./wave.js";
/** @import { Desk, DialogName, Loaded } from "./types" */

const tell = speaker(TEXTS);
const AROUND_MS = 500;

/** @param {{loaded: Loaded, kind: string, tongue: string, title: string}} props */
export function Editor({ loaded, kind, tongue, title }) {
  const { lesson } = loaded;
  const dialog = useSignal(/** @type {DialogName | null} */ (null));
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const { peaks, state: peaksState } = usePeaks(lesson.id);
  const desk = useMemo(() => makeDesk(loaded, kind, tongue, dialog, field), []);
  const { editing, draft } = desk;
  useEffect(() => {
    let first = true;
    const stop = effect(() => {
      const text = serialize(editing.captions.value);
      // A file that is only looked at is no draft.
      if (!first) draft.write(text);
      first = false;
    });
    const leaving = (/** @type {BeforeUnloadEvent} */ event) => {
      if (!draft.isSafe) event.preventDefault();
    };
    window.addEventListener("beforeunload", leaving);
    return () => {
      stop();
      window.removeEventListener("beforeunload", leaving);
      void draft.flush();
    };
  }, []);
  useEffect(() => {
    // Of the document: whoever clicked beside the desk, or has just closed a dialog, has the focus nowhere.
    const press = (/** @type {KeyboardEvent} */ event) => {
      const action = dialog.peek() ? null : actionOf(event);
      if (!action) return;
      event.preventDefault();
      desk.act(action);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  const publish = async () => {
    if (await draft.publish()) toast(tell(kind === "chapters" ? "publishedChapters" : "publishedCaptions"));
  };
  const chapters = kind === "chapters";
  return html`<div class="desk">
    <div class="desk-head">
      <${ButtonLink} kind="quiet" icon="chevron-right" class="button button-quiet desk-back" href=${`/studio/lessons/${lesson.id}`} dir="auto">${lesson.title}<//>
      <${Heading} title=${title} />
      <div class="actions desk-actions">
        <${Button} kind="quiet" label=${tell("undo")} icon="undo-2" disabled=${editing.history.value.past.length === 0} onClick=${() => desk.act("undo")} />
        <${Button} kind="quiet" label=${tell("redo")} icon="undo-2" data-mirrored="" disabled=${editing.history.value.future.length === 0} onClick=${() => desk.act("redo")} />
        <${Menu} label=${tell("more")} icon="ellipsis">
          ${!chapters && html`<${Button} kind="quiet" onClick=${() => desk.act("spread")}>${tell("spread")}<//>`}
          <${Button} kind="quiet" onClick=${() => desk.act("replace")}>${tell("replace")}<//>
          <${Button} kind="quiet" onClick=${() => desk.act("shift")}>${tell("shift")}<//>
          <${Button} kind="quiet" onClick=${() => desk.act("help")}>${tell("help")}<//>
          ${draft.exists.value && html`<${Button} kind="quiet" onClick=${() => desk.act("discard")}>${tell("discard")}<//>`}
        <//>
        <${Button} kind="main" icon="check" disabled=${editing.cues.value.length === 0 || draft.state.value === "conflict"} onClick=${() => void publish()}>${tell("publish")}<//>
      </div>
    </div>
    <${Standing} desk=${desk} loaded=${loaded} kind=${kind} tongue=${tongue} />
    <div class="desk-sides">
      <div class="desk-side">
        <${Stage} desk=${desk} lesson=${lesson} tongue=${tongue} />
        <${Wave} desk=${desk} peaks=${peaks} state=${peaksState} />
      </div>
      <div class="desk-side">
        <${CueForm} desk=${desk} kind=${kind} tongue=${tongue} field=${field} />
        <${CueList} desk=${desk} kind=${kind} tongue=${tongue} />
      </div>
    </div>
    <${Dialogs} desk=${desk} dialog=${dialog} peaks=${peaks} />
  </div>`;
}

/**
 * @param {Loaded} loaded
 * @param {string} kind
 * @param {string} tongue
 * @param {import("../../vendor/ui.js").Signal<DialogName | null>} dialog
 * @param {{current: HTMLTextAreaElement | null}} field
 * @returns {Desk}
 */
function makeDesk(loaded, kind, tongue, dialog, field) {
  const text = loaded.draft?.text || loaded.source?.text || EMPTY;
  const editing = new Editing({ kind, tongue, duration: (loaded.lesson.duration ?? 0) * 1000, text });
  const clock = new Clock();
  const draft = new Draft(loaded.lesson.id, kind, tongue, loaded);
  /** @type {Record<string, () => void>} */
  const acts = {
    play: () => clock.toggle(),
    back: () => clock.seek(clock.time.peek() - 1000),
    forward: () => clock.seek(clock.time.peek() + 1000),
    playCue: () => {
      const cue = editing.cue;
      if (cue) clock.playStretch(cue.start - AROUND_MS, kind === "chapters" ? cue.start + 3000 : cue.end + AROUND_MS);
    },
    start: () => editing.begin(clock.time.peek()),
    end: () => editing.end(clock.time.peek()),
    previous: () => editing.step(-1),
    next: () => editing.step(1),
    split: () => editing.split(field.current?.selectionStart ?? 0, clock.time.peek()),
    merge: () => editing.merge(),
    add: () => editing.add(clock.time.peek()),
    remove: () => editing.remove(),
    undo: () => editing.undo(),
    redo: () => editing.redo(),
  };
  const act = (/** @type {string} */ name) => {
    if (kind === "chapters" && OF_CAPTIONS.has(name)) return;
    if (name in acts) acts[name]();
    else dialog.value = /** @type {DialogName} */ (name);
  };
  return { editing, clock, draft, act };
}
