/** The form for an endpoint: where it is, and what it is told. */
import { problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { Callout } from "../../components/section.js";
import { inLanguage, speaker } from "../../language.js";
import { TOLD, toggled } from "../../pure/webhooks.js";
import { html, useSignal } from "../../vendor/ui.js";
import { typeWord } from "./standing.js";
import { TEXTS } from "./texts.js";
/** @import { Problem } from "../../types" */
/** @import { Child } from "../../vendor/ui.js" */

const tell = speaker(TEXTS);

/** @typedef {{currentTarget: HTMLInputElement}} Changed */
/** @typedef {{url: string, description: string, event_types: string[], signing?: "hmac" | "ed25519"}} EndpointWishes `signing` of new ones. */

/**
 * @param {object} props
 * @param {EndpointWishes} props.before
 * @param {string} props.act What the button says.
 * @param {(wishes: EndpointWishes) => Promise<void>} props.onSave What it throws is shown.
 * @param {Child} [props.children] Beside the button.
 */
export function EndpointForm({ before, act, onSave, children }) {
  const wishes = useSignal(before);
  const some = useSignal(before.event_types.length > 0);
  const busy = useSignal(false);
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const { url, description, event_types: types, signing } = wishes.value;
  const set = (/** @type {Partial<EndpointWishes>} */ changed) => {
    wishes.value = { ...wishes.peek(), ...changed };
  };
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    busy.value = true;
    problem.value = null;
    try {
      await onSave({ ...wishes.peek(), url: url.trim(), event_types: some.peek() ? types : [] });
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  const all = (/** @type {boolean} */ isAll) => html`<label class="choice">
    <input type="radio" name="types" checked=${some.value !== isAll} onChange=${() => (some.value = !isAll)} />${tell(isAll ? "everything" : "chosenTypes")}
  </label>`;
  return html`<form class="form part" onSubmit=${save}>
    <${Field}
      name=${tell("address")}
      hint=${tell("addressHint")}
      type="url"
      inputmode="url"
      dir="ltr"
      required
      value=${url}
      onInput=${(/** @type {Changed} */ { currentTarget }) => set({ url: currentTarget.value })}
    />
    <${Field}
      name=${tell("description")}
      hint=${tell("descriptionHint")}
      maxlength="255"
      value=${description}
      onInput=${(/** @type {Changed} */ { currentTarget }) => set({ description: currentTarget.value })}
    />
    <fieldset class="choices">
      <legend>${tell("types")}</legend>
      ${all(true)} ${all(false)}
      ${some.value && html`<${Types} chosen=${types} onToggle=${(/** @type {string} */ type) => set({ event_types: toggled(types, type) })} />`}
    </fieldset>
    ${signing &&
    html`<details class="rest">
      <summary>${tell("rest")}</summary>
      <${Field}
        name=${tell("signing")}
        hint=${tell("signingHint")}
        onChange=${(/** @type {Changed} */ { currentTarget }) => set({ signing: currentTarget.value === "hmac" ? "hmac" : "ed25519" })}
      >
        ${/** @type {const} */ (["hmac", "ed25519"]).map(
          (each) => html`<option key=${each} value=${each} selected=${each === signing}>${tell(each)}</option>`,
        )}
      <//>
    </details>`}
    ${problem.value &&
    html`<${Callout} mood="bad" role="alert"
      >${inLanguage(problem.value.message)}${problem.value.detail && html` <span lang="en">${problem.value.detail}</span>`}
      <code>${problem.value.code}</code><//
    >`}
    <div class="actions">
      <${Button} kind="main" type="submit" disabled=${busy.value || (some.value && types.length === 0)}>${act}<//>
      ${children}
    </div>
  </form>`;
}

/** @param {{chosen: readonly string[], onToggle: (type: string) => void}} props */
function Types({ chosen, onToggle }) {
  return html`<div class="types">
    ${Object.entries(TOLD).map(
      ([group, types]) => html`<fieldset class="choices" key=${group}>
        <legend>${tell(/** @type {keyof typeof TEXTS.en} */ (`group_${group}`))}</legend>
        ${types.map(
          (type) => html`<label class="choice" key=${type}>
            <input type="checkbox" checked=${chosen.includes(type)} onChange=${() => onToggle(type)} /><span
              >${typeWord(type)} <code>${type}</code></span
            >
          </label>`,
        )}
      </fieldset>`,
    )}
  </div>`;
}
