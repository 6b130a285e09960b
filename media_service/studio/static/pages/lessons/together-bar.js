/** What can be done with the lessons that are chosen. */
import { Button } from "../../components/button.js";
import { Dialog } from "../../components/dialog.js";
import { speaker } from "../../language.js";
import { MOST_AT_ONCE, tally } from "../../pure/many.js";
import { html, useSignal } from "../../vendor/ui.js";
import { CollectDialog, EditDialog } from "./together-dialogs.js";
import { TEXTS } from "./texts.js";
import { trashAll } from "./together.js";
import { Outcomes } from "./outcomes.js";
/** @import { Listed, Outcome } from "./types" */

const tell = speaker(TEXTS);

/** @param {{lessons: readonly Listed[], clear: () => void}} props */
export function Together({ lessons, clear }) {
  const open = useSignal(/** @type {"" | "edit" | "collect"} */ (""));
  const busy = useSignal(false);
  const rows = useSignal(/** @type {readonly Outcome[] | null} */ (null));
  const tooMany = lessons.length > MOST_AT_ONCE;
  const done = (/** @type {readonly Outcome[]} */ outcomes) => {
    open.value = "";
    // Where all went well the notice says it.
    if (tally(outcomes).refused > 0) rows.value = outcomes;
    else clear();
  };
  const trash = async () => {
    busy.value = true;
    done(await trashAll(lessons));
    busy.value = false;
  };
  return html`<section class="together" aria-label=${tell("together")}>
    <p role="status">${tell(tooMany ? "tooMany" : "chosen", { n: lessons.length, most: MOST_AT_ONCE })}</p>
    <div class="actions">
      <${Button} icon="pencil" disabled=${tooMany || busy.value} onClick=${() => (open.value = "edit")}>${tell("edit")}<//>
      <${Button} icon="list" disabled=${tooMany || busy.value} onClick=${() => (open.value = "collect")}>${tell("collect")}<//>
      <${Button} kind="danger" icon="trash-2" disabled=${tooMany || busy.value} onClick=${() => void trash()}>${tell("toTrash")}<//>
      <${Button} kind="quiet" icon="x" label=${tell("chooseNone")} onClick=${clear} />
    </div>
    ${open.value === "edit" && html`<${EditDialog} lessons=${lessons} onDone=${done} onClose=${() => (open.value = "")} />`}
    ${open.value === "collect" && html`<${CollectDialog} lessons=${lessons} onDone=${done} onClose=${() => (open.value = "")} />`}
    ${rows.value &&
    html`<${Dialog} title=${tell("outcome")} onClose=${clear}><${Outcomes} rows=${rows.value} /><//>`}
  </section>`;
}
