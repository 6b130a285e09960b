/** How far what one types is: a word that is always in view, and beside the fields what keeps it from being saved. */
import { Button } from "../../components/button.js";
import { Status } from "../../components/status.js";
import { inLanguage, speaker } from "../../language.js";
import { savedWord } from "../../pure/edits.js";
import { html } from "../../vendor/ui.js";
import { Callout } from "../../components/section.js";
import { TEXTS } from "./texts.js";
/** @import { Saving } from "./saving.js" */

const tell = speaker(TEXTS);

/** @param {{saving: Saving}} props */
export function Saved({ saving }) {
  const state = saving.state.value;
  const undecided = saving.conflicts.value.length > 0;
  const word = undecided ? "undecided" : savedWord(state, saving.touched.value, saving.wrongOf("title") === "empty");
  return html`<${Status}
    name="saved"
    state=${state}
    text=${word === null ? "" : tell(word)}
    isDone=${word === "saved"}
    isBad=${undecided || state === "waiting" || state === "refused"}
  />`;
}

/** @param {{saving: Saving}} props */
export function SavingTrouble({ saving }) {
  const state = saving.state.value;
  const problem = saving.problem.value;
  const away = state === "waiting" && (problem?.status === 0 || problem?.status === 401);
  return html`
    ${state === "waiting" &&
    html`<${Callout} mood="warn"
      >${away || !problem ? tell("keptHere") : `${inLanguage(problem.message)} ${tell("keptHere")}`}
      <div class="actions"><${Button} icon="rotate-cw" onClick=${() => void saving.flush()}>${tell("sendNow")}<//></div><//
    >`}
    ${state === "refused" &&
    problem &&
    html`<${Callout} mood="bad" role="alert">${inLanguage(problem.message)} <code>${problem.code}</code><//>`}
  `;
}
