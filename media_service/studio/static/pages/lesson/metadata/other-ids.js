/** What other systems call a lesson, a line for each. */
import { Button } from "../../../components/button.js";
import { speaker } from "../../../language.js";
import { isSystem, sentOtherIds } from "../../../pure/metadata.js";
import { html, useRef, useSignal } from "../../../vendor/ui.js";
import { Clash } from "../clash.js";
import { TEXTS } from "../texts.js";
/** @import { OtherId } from "../../../pure/metadata.js" */
/** @import { Saving } from "../saving.js" */

const tell = speaker(TEXTS);
const MOST = 20;

/** @typedef {{currentTarget: HTMLInputElement}} Typed */

/** @param {{saving: Saving}} props */
export function OtherIds({ saving }) {
  const typed = useSignal(/** @type {OtherId[] | null} */ (null));
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const value = /** @type {Record<string, string>} */ (saving.valueOf("other_ids") ?? {});
  const lines = typed.value ?? Object.entries(value).map(([system, id]) => ({ system, id }));
  const set = (/** @type {OtherId[]} */ changed) => {
    typed.value = changed;
    saving.edit("other_ids", sentOtherIds(changed));
  };
  const change = (/** @type {number} */ at, /** @type {Partial<OtherId>} */ changed) =>
    set(lines.map((line, index) => (index === at ? { ...line, ...changed } : line)));
  const leave = (/** @type {FocusEvent} */ { relatedTarget }) => {
    if (relatedTarget instanceof Node && list.current?.contains(relatedTarget)) return;
    if (lines.every(({ system, id }) => isSystem(system.trim().toLowerCase()) && id.trim())) typed.value = null;
    void saving.flush();
  };
  return html`<div class="field-with">
    <fieldset class="choices" ref=${list} tabindex="-1" onFocusOut=${leave}>
      <legend>${tell("other_ids")}</legend>
      <p class="hint">${tell("otherIdsHint")}</p>
      ${lines.length > 0 &&
      html`<ol class="people people-two">
        ${lines.map(({ system, id }, at) => {
          const wrong = system.trim() !== "" && !isSystem(system.trim().toLowerCase());
          return html`<li key=${at}>
            <label>
              ${tell("otherSystem")}<span class="unseen"> ${at + 1}</span>
              <input class="input" maxlength="50" autocomplete="off" aria-invalid=${wrong ? "true" : null} value=${system} onInput=${(/** @type {Typed} */ { currentTarget }) => change(at, { system: currentTarget.value })} />
            </label>
            <label>
              ${tell("otherId")}<span class="unseen"> ${at + 1}</span>
              <input class="input" maxlength="200" dir="auto" autocomplete="off" value=${id} onInput=${(/** @type {Typed} */ { currentTarget }) => change(at, { id: currentTarget.value })} />
            </label>
            <${Button}
              kind="quiet"
              icon="x"
              label=${tell("otherRemove", { n: at + 1 })}
              onClick=${() => {
                set(lines.filter((_, index) => index !== at));
                list.current?.focus();
              }}
            />
            ${wrong && html`<p class="wrong" role="alert">${tell("otherSystemWrong")}</p>`}
          </li>`;
        })}
      </ol>`}
      ${lines.length < MOST &&
      html`<div class="actions"><${Button} icon="plus" onClick=${() => (typed.value = [...lines, { system: "", id: "" }])}>${tell("otherAdd")}<//></div>`}
    </fieldset>
    <${Clash} saving=${saving} name="other_ids" onDecided=${() => (typed.value = null)} />
  </div>`;
}
