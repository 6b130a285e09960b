/** The categories of a lesson or a course, chosen from the tree of its organization. */
import { Button } from "../../../components/button.js";
import { Dialog } from "../../../components/dialog.js";
import { Field } from "../../../components/field.js";
import { Icon } from "../../../components/icon.js";
import { language, speaker } from "../../../language.js";
import { branches, matching } from "../../../pure/metadata.js";
import { html, useEffect, useId, useSignal } from "../../../vendor/ui.js";
import { Clash } from "../clash.js";
import { TEXTS } from "../texts.js";
import { categoriesOf, categoryNames, lookForCategories } from "./names.js";
/** @import { Saving } from "../saving.js" */
/** @import { Lesson } from "../types" */

const tell = speaker(TEXTS);
const MOST = 20;

/** @param {{lesson: Pick<Lesson, "organization_id">, saving: Saving}} props */
export function Categories({ lesson, saving }) {
  const id = useId();
  const open = useSignal(false);
  const chosen = /** @type {string[]} */ (saving.valueOf("category_ids") ?? []);
  useEffect(() => {
    void lookForCategories(lesson.organization_id);
  }, [lesson.organization_id]);
  const change = (/** @type {string[]} */ ids) => saving.edit("category_ids", ids);
  return html`<div class="field-with">
    <div class="field" role="group" aria-labelledby=${id}>
      <p class="label" id=${id}>${tell("category_ids")}</p>
      ${chosen.length > 0 &&
      html`<ul class="chosen">
        ${chosen.map((each) => {
          const name = categoryNames.value.get(each) ?? each;
          return html`<li class="chip" key=${each}>
            <span dir="auto">${name}</span>
            <button type="button" aria-label=${tell("takeOut", { name })} title=${tell("takeOut", { name })} onClick=${() => change(chosen.filter((other) => other !== each))}>
              <${Icon} name="x" />
            </button>
          </li>`;
        })}
      </ul>`}
      <div class="actions"><${Button} icon="list" onClick=${() => (open.value = true)}>${tell("categoriesChoose")}<//></div>
    </div>
    <${Clash} saving=${saving} name="category_ids" />
    ${open.value && html`<${Tree} organization=${lesson.organization_id} chosen=${chosen} change=${change} onClose=${() => (open.value = false)} />`}
  </div>`;
}

/** @param {{organization: string, chosen: string[], change: (ids: string[]) => void, onClose: () => void}} props */
function Tree({ organization, chosen, change, onClose }) {
  const text = useSignal("");
  const categories = categoriesOf(organization) ?? [];
  const all = branches(categories, language.value);
  const shown = matching(all, text.value);
  const isFull = chosen.length >= MOST;
  return html`<${Dialog} title=${tell("categoriesChoose")} onClose=${onClose}>
    ${all.length === 0
      ? html`<p>${tell("categoriesNone")}</p>`
      : html`<${Field}
            name=${tell("categoriesFind")}
            type="search"
            autocomplete="off"
            value=${text.value}
            onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (text.value = currentTarget.value)}
          />
          <p class="unseen" role="status">${tell("categoriesFound", { n: shown.length })}</p>
          <ul class="tree" tabindex="0" aria-label=${tell("category_ids")}>
            ${shown.map(
              ({ id, name, path, depth }) => html`<li key=${id} style=${{ paddingInlineStart: text.value.trim() ? "0" : `${depth * 1.5}rem` }}>
                <label class="choice">
                  <input
                    type="checkbox"
                    checked=${chosen.includes(id)}
                    disabled=${isFull && !chosen.includes(id)}
                    onChange=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) =>
                      change(currentTarget.checked ? [...chosen, id] : chosen.filter((other) => other !== id))}
                  /><span dir="auto">${text.value.trim() ? path : name}</span>
                </label>
              </li>`,
            )}
          </ul>
          ${isFull && html`<p class="hint">${tell("categoriesFull", { n: MOST })}</p>`}`}
    <div class="actions"><${Button} kind="main" onClick=${onClose}>${tell("done")}<//></div>
  <//>`;
}
