/** What an administrator enters of a learning platform. */
import { problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { Callout } from "../../components/section.js";
import { inLanguage, speaker } from "../../language.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Problem } from "../../types" */
/** @import { Entered, LearningPlatform, Name } from "./types" */

const tell = speaker(TEXTS);

/** @type {readonly {name: keyof Entered, says: Name, hint?: Name, url?: boolean, fixed?: boolean, optional?: boolean, long?: boolean}[]} */
const FIELDS = [
  { name: "name", says: "name", hint: "nameHint" },
  { name: "issuer", says: "issuer", url: true, fixed: true },
  { name: "client_id", says: "clientId", fixed: true },
  { name: "authorization_url", says: "authorizationUrl", url: true },
  { name: "token_url", says: "tokenUrl", url: true },
  { name: "keys_url", says: "platformKeys", url: true },
  { name: "token_audience", says: "tokenAudience", hint: "tokenAudienceHint", optional: true },
  { name: "deployment_ids", says: "deployments", hint: "deploymentsHint", optional: true, long: true },
];

/** @type {Entered} */
export const NOTHING = {
  name: "",
  issuer: "",
  client_id: "",
  authorization_url: "",
  token_url: "",
  keys_url: "",
  token_audience: "",
  deployment_ids: "",
};

/**
 * @param {object} props
 * @param {Entered} props.before
 * @param {boolean} [props.known] It is there already: who it is does not change any more.
 * @param {string} props.act What the button says.
 * @param {(values: Record<string, unknown>) => Promise<void>} props.onSave
 */
export function PlatformForm({ before, known = false, act, onSave }) {
  const entered = useSignal(before);
  const busy = useSignal(false);
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const shown = FIELDS.filter(({ fixed }) => !known || !fixed);
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    busy.value = true;
    problem.value = null;
    try {
      await onSave(valuesOf(entered.peek(), known));
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  return html`<form class="form" onSubmit=${save}>
    ${shown.map(
      ({ name, says, hint, url, optional, long }) => html`<${Field}
        key=${name}
        name=${tell(says)}
        hint=${hint && tell(hint)}
        long=${long}
        dir=${name === "name" ? "auto" : "ltr"}
        type=${long ? undefined : url ? "url" : "text"}
        rows=${long ? 2 : undefined}
        maxlength=${long ? undefined : url ? 2048 : 255}
        autocomplete="off"
        spellcheck="false"
        required=${!optional}
        value=${entered.value[name]}
        onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) =>
          (entered.value = { ...entered.value, [name]: currentTarget.value })}
      />`,
    )}
    ${problem.value &&
    html`<${Callout} mood="bad" role="alert"
      >${inLanguage(problem.value.message)}${problem.value.detail && html` <span lang="en">${problem.value.detail}</span>`}
      <code>${problem.value.code}</code><//
    >`}
    <div class="actions"><${Button} kind="main" type="submit" disabled=${busy.value}>${act}<//></div>
  </form>`;
}

/** What would have to be entered of a platform that is there. @param {LearningPlatform} platform @returns {Entered} */
export function enteredOf({ name, issuer, client_id, authorization_url, token_url, keys_url, token_audience: audience, deployment_ids: deployments }) {
  return { name, issuer, client_id, authorization_url, token_url, keys_url, token_audience: audience ?? "", deployment_ids: deployments.join("\n") };
}

/** @param {Entered} entered @param {boolean} known */
function valuesOf({ token_audience: audience, deployment_ids: deployments, issuer, client_id, ...rest }, known) {
  const lines = deployments.split("\n").map((line) => line.trim());
  const changed = { ...rest, token_audience: audience || null, deployment_ids: lines.filter(Boolean) };
  return known ? changed : { ...changed, issuer, client_id };
}
