/** What senders are asked for: a few that are often asked stand ready, others can be worded. */
import { Button } from "../../components/button.js";
import { speaker } from "../../language.js";
import { canAskMore, OFTEN_ASKED } from "../../pure/link-terms.js";
import { html, useId, useRef } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { AskedField } from "../../pure/link-terms.js" */

const tell = speaker(TEXTS);

/** @typedef {{currentTarget: HTMLInputElement}} Changed */

/** @param {{fields: readonly AskedField[], onChange: (fields: AskedField[]) => void}} props */
export function AskedFields({ fields, onChange }) {
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const id = useId();
  const change = (/** @type {number} */ at, /** @type {Partial<AskedField>} */ changed) =>
    onChange(fields.map((field, index) => (index === at ? { ...field, ...changed } : field)));
  const add = (/** @type {AskedField} */ field) => {
    onChange([...fields, field]);
    requestAnimationFrame(() => /** @type {HTMLElement | null} */ (list.current?.querySelector("li:last-child input"))?.focus());
  };
  const remove = (/** @type {number} */ at) => {
    onChange(fields.filter((_, index) => index !== at));
    list.current?.focus();
  };
  const ready = OFTEN_ASKED.filter((name) => fields.every((field) => field.name !== name));
  return html`<fieldset class="choices" ref=${list} tabindex="-1" aria-describedby=${id}>
    <legend>${tell("fields")}</legend>
    <p class="hint" id=${id}>${tell("fieldsHint")}</p>
    <ol class="asked">
      ${fields.map(
        ({ name, label, required }, at) => html`<li key=${name || at}>
          <input
            class="input"
            maxlength="255"
            aria-label=${tell("fieldLabel", { n: at + 1 })}
            value=${label}
            onInput=${(/** @type {Changed} */ { currentTarget }) => change(at, { label: currentTarget.value })}
          />
          <label class="choice">
            <input
              type="checkbox"
              checked=${required}
              onChange=${(/** @type {Changed} */ { currentTarget }) => change(at, { required: currentTarget.checked })}
            />${tell("required")}<span class="unseen">${tell("fieldLabel", { n: at + 1 })}</span>
          </label>
          <${Button} kind="quiet" icon="x" label=${tell("fieldRemove", { n: at + 1 })} onClick=${() => remove(at)} />
        </li>`,
      )}
    </ol>
    ${canAskMore(fields) &&
    html`<div class="actions">
      ${ready.map((name) => {
        const label = tell(`asked_${name}`);
        return html`<${Button} key=${name} icon="plus" onClick=${() => add({ name, label, required: true })}>${label}<//>`;
      })}
      <${Button} icon="plus" onClick=${() => add({ name: "", label: "", required: false })}>${tell("fieldAdd")}<//>
    </div>`}
  </fieldset>`;
}
