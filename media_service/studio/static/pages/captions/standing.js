/** How things stand: saved or not, published or not, and what somebody else has done meanwhile. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Status } from "../../components/status.js";
import { Callout } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { formatMoment, inLanguage, speaker } from "../../language.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Message } from "../../types" */
/** @import { Desk, Loaded } from "./types" */

const tell = speaker(TEXTS);
const SHOWN_FAULTS = 5;

const STATES = /** @type {const} */ ({ typing: "typing", saving: "typing", saved: "saved", waiting: "waiting", refused: "refused", conflict: "conflictShort" });

/** @param {{desk: Desk, loaded: Loaded, kind: string, tongue: string}} props */
export function Standing({ desk, loaded, kind, tongue }) {
  const { draft, editing } = desk;
  const track = loaded.lesson.tracks.find((each) => each.kind === kind && each.language === tongue);
  const unchecked = useSignal((track?.state ?? "shown") !== "shown");
  const automatic = useSignal(track?.automatic === true && !unchecked.peek());
  const suggested = track?.state === "suggested";
  const state = draft.state.value;
  const published = draft.published.value && !unchecked.value;
  const words = state === "still" ? tell(draft.exists.value ? "draftKept" : published ? "asPublished" : "notPublished") : tell(STATES[state]);
  const accept = async () => {
    try {
      await ask("POST", `/v1/assets/${loaded.lesson.id}/tracks/${kind}/${tongue}/accept`);
      unchecked.value = automatic.value = false;
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
  };
  const decide = (/** @type {"mine" | "theirs"} */ choice) => {
    const text = draft.decide(choice);
    if (choice === "theirs") editing.replace(text);
  };
  const conflict = draft.conflict.value;
  const problem = draft.problem.value;
  const faults = /** @type {{line?: number, message?: Message}[]} */ (problem?.errors ?? []).filter(({ line }) => line !== undefined);
  return html`<${Status}
    name="standing-words"
    state=${state}
    text=${words}
    isDone=${state === "saved" || (state === "still" && published)}
    isBad=${state === "waiting" || state === "refused" || state === "conflict"}
  />
  <div class="standing">
    <p class="hint">${tell("draftHint")}${loaded.draft && ` ${tell("draftBy", { name: loaded.draft.saved_by, time: formatMoment(loaded.draft.saved_at) })}`}</p>
    ${unchecked.value &&
    html`<${Callout} mood="warn">
      <p>${tell(suggested ? "suggested" : "toCheck")}</p>
      <div class="actions"><${Button} onClick=${() => void accept()}>${tell(suggested ? "acceptSuggested" : "accept")}<//></div>
    <//>`}
    ${automatic.value &&
    html`<${Callout} mood="info">
      <p>${tell("automatic")}</p>
      <div class="actions"><${Button} onClick=${() => void accept()}>${tell("acceptAutomatic")}<//></div>
    <//>`}
    ${conflict &&
    html`<${Callout} mood="warn" role="alert">
      <p>${conflict.what === "draft" ? tell("conflictDraft", { name: conflict.by, time: formatMoment(conflict.at) }) : tell("conflictTrack")}</p>
      <div class="actions">
        <${Button} onClick=${() => decide("mine")}>${tell("keepMine")}<//>
        <${Button} onClick=${() => decide("theirs")}>${tell("takeTheirs")}<//>
      </div>
    <//>`}
    ${problem &&
    html`<${Callout} mood="bad" role="alert">
      <p>${inLanguage(problem.message)} <code>${problem.code}</code></p>
      ${faults.length > 0 && html`<ul>${faults.slice(0, SHOWN_FAULTS).map(({ line, message }) => html`<li key=${line}>${tell("fault", { line: line ?? 0, what: message ? inLanguage(message) : "" })}</li>`)}</ul>`}
    <//>`}
  </div>`;
}
