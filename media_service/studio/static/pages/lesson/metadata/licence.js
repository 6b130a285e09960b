/** What others may do with a lesson. */
import { Field } from "../../../components/field.js";
import { speaker } from "../../../language.js";
import { LICENCES, sentLicence } from "../../../pure/metadata.js";
import { html, useSignal } from "../../../vendor/ui.js";
import { Clash } from "../clash.js";
import { TEXTS } from "../texts.js";
import { licenceName } from "./in-words.js";
/** @import { Licence } from "../../../pure/metadata.js" */
/** @import { Saving } from "../saving.js" */

const tell = speaker(TEXTS);

/** @typedef {{currentTarget: HTMLInputElement & HTMLSelectElement}} Changed */

/** @param {{saving: Saving}} props */
export function LicenceField({ saving }) {
  const typed = useSignal(/** @type {{code: string, text: string, url: string} | null} */ (null));
  const value = /** @type {Licence | null} */ (saving.valueOf("licence") ?? null);
  const shown = typed.value ?? { code: value?.code ?? "", text: value?.text ?? "", url: value?.url ?? "" };
  const change = (/** @type {Partial<{code: string, text: string, url: string}>} */ changed) => {
    typed.value = { ...shown, ...changed };
    const sent = sentLicence(typed.value.code, typed.value.text, typed.value.url);
    if (sent !== undefined) saving.edit("licence", sent);
  };
  const leave = () => {
    if (sentLicence(shown.code, shown.text, shown.url) !== undefined) typed.value = null;
    void saving.flush();
  };
  const badUrl = shown.code === "custom" && shown.url.trim() !== "" && sentLicence("custom", "", shown.url) === undefined;
  return html`<div class="field-with">
    <${Field} name=${tell("licence")} value=${shown.code} onChange=${(/** @type {Changed} */ { currentTarget }) => change({ code: currentTarget.value })}>
      <option value="" selected=${!shown.code}>${tell("unsaid")}</option>
      ${LICENCES.map((code) => html`<option key=${code} value=${code} selected=${code === shown.code}>${licenceName(code)}</option>`)}
    <//>
    ${shown.code === "custom" &&
    html`<${Field}
        name=${tell("licenceText")}
        hint=${tell("licenceTextHint")}
        long
        rows="3"
        maxlength=${10_000}
        dir="auto"
        value=${shown.text}
        onInput=${(/** @type {Changed} */ { currentTarget }) => change({ text: currentTarget.value })}
        onBlur=${leave}
      />
      <${Field}
        name=${tell("licenceUrl")}
        wrong=${badUrl ? tell("licenceUrlWrong") : undefined}
        type="url"
        maxlength=${2000}
        value=${shown.url}
        onInput=${(/** @type {Changed} */ { currentTarget }) => change({ url: currentTarget.value })}
        onBlur=${leave}
      />`}
    <${Clash} saving=${saving} name="licence" onDecided=${() => (typed.value = null)} />
  </div>`;
}
