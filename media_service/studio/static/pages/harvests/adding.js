/** The form by which a repository is harvested from now on. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { Callout, Section } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { inLanguage, speaker } from "../../language.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Problem } from "../../types" */

const tell = speaker(TEXTS);

/** @typedef {{currentTarget: HTMLInputElement}} Changed */

const EMPTY = { url: "", name: "", set: "", visibility: "subtree" };
const VISIBILITIES = /** @type {const} */ (["subtree", "organization", "public"]);

/** @param {{again: () => Promise<void>}} props */
export function Adding({ again }) {
  const wishes = useSignal(EMPTY);
  const busy = useSignal(false);
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const set = (/** @type {Partial<typeof EMPTY>} */ changed) => {
    wishes.value = { ...wishes.peek(), ...changed };
  };
  const add = async (/** @type {Event} */ event) => {
    event.preventDefault();
    busy.value = true;
    problem.value = null;
    const { url, name, set: of, visibility } = wishes.peek();
    try {
      const json = { url: url.trim(), name: name.trim() || null, set: of.trim() || null, visibility };
      await ask("POST", "/v1/harvest-sources", { json });
      wishes.value = EMPTY;
      toast(tell("added"));
      await again();
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  const { url, name, set: of, visibility } = wishes.value;
  return html`<${Section} name="add" title=${tell("add")}>
    <form class="form" onSubmit=${add}>
      <${Field}
        name=${tell("url")}
        hint=${tell("urlHint")}
        type="url"
        inputmode="url"
        dir="ltr"
        required
        value=${url}
        onInput=${(/** @type {Changed} */ { currentTarget }) => set({ url: currentTarget.value })}
      />
      <${Field}
        name=${tell("name")}
        hint=${tell("nameHint")}
        maxlength="255"
        value=${name}
        onInput=${(/** @type {Changed} */ { currentTarget }) => set({ name: currentTarget.value })}
      />
      <${Field}
        name=${tell("set")}
        hint=${tell("setHint")}
        dir="ltr"
        maxlength="500"
        value=${of}
        onInput=${(/** @type {Changed} */ { currentTarget }) => set({ set: currentTarget.value })}
      />
      <${Field} name=${tell("visibility")} onChange=${(/** @type {Changed} */ { currentTarget }) => set({ visibility: currentTarget.value })}>
        ${VISIBILITIES.map((each) => html`<option key=${each} value=${each} selected=${visibility === each}>${tell(each)}</option>`)}
      <//>
      ${problem.value &&
      html`<${Callout} mood="bad" role="alert">${inLanguage(problem.value.message)} <code>${problem.value.code}</code><//>`}
      <div class="actions"><${Button} kind="main" type="submit" disabled=${busy.value}>${tell("harvest")}<//></div>
    </form>
  <//>`;
}
