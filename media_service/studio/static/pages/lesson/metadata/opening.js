/** Who may see a lesson or a course, and from when until when. */
import { Field } from "../../../components/field.js";
import { Section } from "../../../components/section.js";
import { speaker } from "../../../language.js";
import { localMoment } from "../../../pure/link-terms.js";
import { isBackwards, sentMoment, VISIBILITIES } from "../../../pure/metadata.js";
import { html, useSignal } from "../../../vendor/ui.js";
import { Clash } from "../clash.js";
import { TEXTS } from "../texts.js";
import { Recipients } from "./recipients.js";
/** @import { Saving } from "../saving.js" */
/** @import { Lesson } from "../types" */

const tell = speaker(TEXTS);

/** @typedef {{currentTarget: HTMLInputElement & HTMLSelectElement}} Changed */

/** @param {{lesson: Pick<Lesson, "effective_visibility">, saving: Saving, unsaid?: "visibleUnsaid" | "visibleUnsaidCourse"}} props */
export function Opening({ lesson, saving, unsaid = "visibleUnsaid" }) {
  const said = /** @type {Lesson["visibility"]} */ (saving.valueOf("visibility") ?? null);
  const counts = said ?? lesson.effective_visibility;
  return html`<${Section} name="opening" title=${tell("opening")}>
    <div class="field-with">
      <${Field}
        name=${tell("visibility")}
        hint=${tell(`visibleHint_${counts}`)}
        value=${said ?? ""}
        onChange=${(/** @type {Changed} */ { currentTarget }) => saving.edit("visibility", currentTarget.value || null)}
      >
        <option value="" selected=${said === null}>${tell(unsaid, { what: tell(`visible_${lesson.effective_visibility}`) })}</option>
        ${VISIBILITIES.map((each) => html`<option key=${each} value=${each} selected=${each === said}>${tell(`visible_${each}`)}</option>`)}
      <//>
      <${Clash} saving=${saving} name="visibility" />
    </div>
    ${counts === "shared" && html`<${Recipients} saving=${saving} />`}
    <${Moments} saving=${saving} />
  <//>`;
}

/** @param {{saving: Saving}} props */
function Moments({ saving }) {
  const typed = useSignal(/** @type {{published_at: string, withdraw_at: string} | null} */ (null));
  const local = (/** @type {unknown} */ moment) => (moment ? localMoment(new Date(String(moment))) : "");
  const shown = typed.value ?? { published_at: local(saving.valueOf("published_at")), withdraw_at: local(saving.valueOf("withdraw_at")) };
  const isWrong = isBackwards(sentMoment(shown.published_at), sentMoment(shown.withdraw_at));
  const change = (/** @type {"published_at" | "withdraw_at"} */ name, /** @type {string} */ value) => {
    typed.value = { ...shown, [name]: value };
    const [published, withdrawn] = [sentMoment(typed.value.published_at), sentMoment(typed.value.withdraw_at)];
    if (isBackwards(published, withdrawn)) return;
    saving.edit("published_at", published);
    saving.edit("withdraw_at", withdrawn);
  };
  const leave = () => {
    if (!isWrong) typed.value = null;
    void saving.flush();
  };
  return html`<div class="pair">
    ${/** @type {const} */ (["published_at", "withdraw_at"]).map(
      (name) => html`<div class="field-with" key=${name}>
        <${Field}
          name=${tell(name)}
          hint=${tell(`${name}_hint`)}
          wrong=${isWrong && name === "withdraw_at" ? tell("momentsWrong") : undefined}
          type="datetime-local"
          value=${shown[name]}
          onInput=${(/** @type {Changed} */ { currentTarget }) => change(name, currentTarget.value)}
          onBlur=${leave}
        />
        <${Clash} saving=${saving} name=${name} onDecided=${() => (typed.value = null)} />
      </div>`,
    )}
  </div>`;
}
