/** Who did what for a lesson, a line for each. */
import { Button } from "../../../components/button.js";
import { speaker } from "../../../language.js";
import { ROLES, sentContributors } from "../../../pure/metadata.js";
import { html, useRef, useSignal } from "../../../vendor/ui.js";
import { Clash } from "../clash.js";
import { TEXTS } from "../texts.js";
/** @import { Contributor } from "../../../pure/metadata.js" */
/** @import { Saving } from "../saving.js" */

const tell = speaker(TEXTS);
const MOST = 50;

/** @typedef {{currentTarget: HTMLInputElement & HTMLSelectElement}} Changed */

/** @param {{saving: Saving}} props */
export function People({ saving }) {
  const typed = useSignal(/** @type {Contributor[] | null} */ (null));
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const lines = typed.value ?? /** @type {Contributor[]} */ (saving.valueOf("contributors") ?? []);
  const set = (/** @type {Contributor[]} */ changed) => {
    typed.value = changed;
    saving.edit("contributors", sentContributors(changed));
  };
  const change = (/** @type {number} */ at, /** @type {Partial<Contributor>} */ changed) =>
    set(lines.map((line, index) => (index === at ? { ...line, ...changed } : line)));
  const add = () => {
    typed.value = [...lines, { role: "presenter", name: "", organization: null }];
    requestAnimationFrame(() => /** @type {HTMLElement | null} */ (list.current?.querySelector("li:last-child select"))?.focus());
  };
  const leave = (/** @type {FocusEvent} */ { relatedTarget }) => {
    if (relatedTarget instanceof Node && list.current?.contains(relatedTarget)) return;
    // A line without a name is not sent, so it stays until it has one.
    if (lines.every(({ name }) => name.trim())) typed.value = null;
    void saving.flush();
  };
  return html`<div class="field-with">
    <fieldset class="choices" ref=${list} tabindex="-1" onFocusOut=${leave}>
      <legend>${tell("contributors")}</legend>
      ${lines.length > 0 &&
      html`<ol class="people">
        ${lines.map(
          (line, at) => html`<li key=${at}>
            <label>
              ${tell("personRole")}<span class="unseen"> ${at + 1}</span>
              <select class="input" onChange=${(/** @type {Changed} */ { currentTarget }) => change(at, { role: currentTarget.value })}>
                ${ROLES.map((role) => html`<option key=${role} value=${role} selected=${role === line.role}>${tell(`role_${role}`)}</option>`)}
              </select>
            </label>
            <label>
              ${tell("personName")}<span class="unseen"> ${at + 1}</span>
              <input class="input" maxlength="255" dir="auto" autocomplete="off" value=${line.name} onInput=${(/** @type {Changed} */ { currentTarget }) => change(at, { name: currentTarget.value })} />
            </label>
            <label>
              ${tell("personOrganization")}<span class="unseen"> ${at + 1}</span>
              <input
                class="input"
                maxlength="255"
                dir="auto"
                autocomplete="off"
                value=${line.organization ?? ""}
                onInput=${(/** @type {Changed} */ { currentTarget }) => change(at, { organization: currentTarget.value })}
              />
            </label>
            <${Button}
              kind="quiet"
              icon="x"
              label=${tell("personRemove", { n: at + 1 })}
              onClick=${() => {
                set(lines.filter((_, index) => index !== at));
                list.current?.focus();
              }}
            />
          </li>`,
        )}
      </ol>`}
      ${lines.length < MOST && html`<div class="actions"><${Button} icon="plus" onClick=${add}>${tell("personAdd")}<//></div>`}
    </fieldset>
    <${Clash} saving=${saving} name="contributors" onDecided=${() => (typed.value = null)} />
  </div>`;
}
