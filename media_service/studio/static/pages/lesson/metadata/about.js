/** What librarians say of a lesson: where it belongs, for whom it is, who made it, and what may be done with it. */
import { Field } from "../../../components/field.js";
import { Section } from "../../../components/section.js";
import { speaker } from "../../../language.js";
import { isPartialDate, LEVELS } from "../../../pure/metadata.js";
import { html, useSignal } from "../../../vendor/ui.js";
import { Clash } from "../clash.js";
import { TEXTS } from "../texts.js";
import { Categories } from "./categories.js";
import { LicenceField } from "./licence.js";
import { OtherIds } from "./other-ids.js";
import { People } from "./people.js";
/** @import { Name, Saving } from "../saving.js" */
/** @import { Lesson } from "../types" */

const tell = speaker(TEXTS);

/** @typedef {{currentTarget: HTMLInputElement & HTMLSelectElement}} Changed */

/** @param {{lesson: Pick<Lesson, "organization_id">, saving: Saving}} props */
export function About({ lesson, saving }) {
  const level = saving.valueOf("level");
  return html`<${Section} name="about" title=${tell("about")} hint=${tell("detailsHint")}>
    <${Categories} lesson=${lesson} saving=${saving} />
    <div class="pair">
      <div class="field-with">
        <${Field}
          name=${tell("level")}
          value=${level ?? ""}
          onChange=${(/** @type {Changed} */ { currentTarget }) => saving.edit("level", currentTarget.value || null)}
        >
          <option value="" selected=${!level}>${tell("unsaid")}</option>
          ${LEVELS.map((each) => html`<option key=${each} value=${each} selected=${each === level}>${tell(`level_${each}`)}</option>`)}
        <//>
        <${Clash} saving=${saving} name="level" />
      </div>
      <${Line} saving=${saving} name="audience" hint=${tell("audienceHint")} />
    </div>
    <${People} saving=${saving} />
    <${LicenceField} saving=${saving} />
    <details class="rest">
      <summary>${tell("aboutMore")}</summary>
      <div class="form">
        <${Source} saving=${saving} />
        <div class="pair">
          <${Line}
            saving=${saving}
            name="original_date"
            hint=${tell("originalDateHint")}
            check=${(/** @type {string} */ text) => (text === "" || isPartialDate(text) ? "" : tell("originalDateWrong"))}
          />
          ${saving.names.includes("external_id") && html`<${Line} saving=${saving} name="external_id" hint=${tell("externalIdHint")} longest=${200} />`}
        </div>
        <${OtherIds} saving=${saving} />
      </div>
    </details>
  <//>`;
}

/**
 * A line of text that may be left empty. What is typed stays as it was typed for as long as the field has the focus.
 * @param {{saving: Saving, name: Name & ("audience" | "original_date" | "external_id"), hint: string, longest?: number, check?: (text: string) => string}} props
 */
function Line({ saving, name, hint, longest = 255, check = () => "" }) {
  const typed = useSignal(/** @type {string | null} */ (null));
  const wrong = typed.value === null ? "" : check(typed.value.trim());
  const refused = saving.wrongOf(name) || (saving.problem.value?.code === "external_id_taken" && name === "external_id");
  const input = (/** @type {Changed} */ { currentTarget: { value } }) => {
    typed.value = value;
    if (!check(value.trim())) saving.edit(name, value.trim() || null);
  };
  const leave = () => {
    if (!wrong) typed.value = null;
    void saving.flush();
  };
  return html`<div class="field-with">
    <${Field}
      name=${tell(name)}
      hint=${hint}
      wrong=${wrong || (refused && tell(name === "external_id" ? "externalIdTaken" : "fieldRefused")) || undefined}
      maxlength=${longest}
      dir="auto"
      autocomplete="off"
      value=${typed.value ?? saving.valueOf(name) ?? ""}
      onInput=${input}
      onBlur=${leave}
    />
    <${Clash} saving=${saving} name=${name} onDecided=${() => (typed.value = null)} />
  </div>`;
}

/** Where a lesson came from: a name, and what that is known by if anything. @param {{saving: Saving}} props */
function Source({ saving }) {
  const value = /** @type {Lesson["source_organization"]} */ (saving.valueOf("source_organization") ?? null);
  const typed = useSignal(/** @type {{name: string, id: string} | null} */ (null));
  const shown = typed.value ?? { name: value?.name ?? "", id: value?.id ?? "" };
  const change = (/** @type {Partial<{name: string, id: string}>} */ changed) => {
    typed.value = { ...shown, ...changed };
    const { name, id } = typed.value;
    if (name.trim()) saving.edit("source_organization", { name: name.trim(), id: id.trim() || null });
    else if (!id.trim()) saving.edit("source_organization", null);
  };
  const leave = () => {
    if (shown.name.trim() || !shown.id.trim()) typed.value = null;
    void saving.flush();
  };
  return html`<div class="field-with">
    <div class="pair">
      <${Field}
        name=${tell("source_organization")}
        hint=${tell("sourceHint")}
        maxlength=${255}
        dir="auto"
        value=${shown.name}
        onInput=${(/** @type {Changed} */ { currentTarget }) => change({ name: currentTarget.value })}
        onBlur=${leave}
      />
      <${Field}
        name=${tell("sourceId")}
        hint=${tell("sourceIdHint")}
        wrong=${shown.id.trim() && !shown.name.trim() ? tell("sourceNameless") : undefined}
        maxlength=${200}
        value=${shown.id}
        onInput=${(/** @type {Changed} */ { currentTarget }) => change({ id: currentTarget.value })}
        onBlur=${leave}
      />
    </div>
    <${Clash} saving=${saving} name="source_organization" onDecided=${() => (typed.value = null)} />
  </div>`;
}
