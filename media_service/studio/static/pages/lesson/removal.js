/** Lets a lesson go. */
import { ask, problemOf } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { Section } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { inLanguage, speaker } from "../../language.js";
import { TRASH_DAYS } from "../../platform.js";
import { go } from "../../router.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Lesson } from "./types" */

const tell = speaker(TEXTS);

/** @param {{lesson: Lesson}} props */
export function Removal({ lesson }) {
  const open = useSignal(false);
  // A lesson whose file has not arrived has nothing that could come back.
  const returns = lesson.trashed_at !== undefined && lesson.state !== "uploading";
  const sure = async () => {
    await ask("DELETE", `/v1/assets/${lesson.id}`);
    go("/studio/lessons");
    if (returns) toast(tell("removed", { name: lesson.title }), { text: tell("restore"), act: () => void restore(lesson) });
    else toast(tell("removedForGood", { name: lesson.title }));
  };
  return html`<${Section} name="removal" title=${tell("removal")} hint=${tell(returns ? "removeHint" : "removeForGoodHint", { n: TRASH_DAYS })}>
    <div class="actions">
      <${Button} kind="danger" icon="trash-2" onClick=${() => (open.value = true)}>${tell("removeThis")}<//>
    </div>
    ${open.value &&
    html`<${Asking}
      title=${tell("removeAsk", { name: lesson.title })}
      act=${tell("removeThis")}
      icon="trash-2"
      onSure=${sure}
      onClose=${() => {
        open.value = false;
      }}
    >
      <p>${tell(returns ? "removeSure" : "removeForGoodSure", { n: TRASH_DAYS })}</p>
    <//>`}
  <//>`;
}

/** @param {Lesson} lesson */
async function restore(lesson) {
  try {
    await ask("POST", `/v1/assets/${lesson.id}/restore`);
    go(`/studio/lessons/${lesson.id}`);
  } catch (error) {
    toast(inLanguage(problemOf(error).message));
  }
}
