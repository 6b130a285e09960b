/** The form for the terms of a link: the two things that nobody can know for you, and behind one word all else. */
import { problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { Callout } from "../../components/section.js";
import { inLanguage, speaker } from "../../language.js";
import { GRACES, KINDS } from "../../pure/link-terms.js";
import { html, useRef, useSignal } from "../../vendor/ui.js";
import { AskedFields } from "./asked-fields.js";
import { TEXTS } from "./texts.js";
/** @import { LinkForm } from "../../pure/link-terms.js" */
/** @import { Problem } from "../../types" */
/** @import { Child } from "../../vendor/ui.js" */

const tell = speaker(TEXTS);

/** @typedef {{currentTarget: HTMLInputElement}} Changed */

/**
 * @param {object} props
 * @param {LinkForm} props.before
 * @param {string} props.act What the button says.
 * @param {(form: LinkForm) => Promise<void>} props.onSave What it throws is shown.
 * @param {Child} [props.children] Beside the button.
 */
export function TermsForm({ before, act, onSave, children }) {
  const form = useSignal(before);
  const busy = useSignal(false);
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const disorder = useSignal(false);
  const rest = useRef(/** @type {HTMLDetailsElement | null} */ (null));
  const { name, closes, opens } = form.value;
  const set = (/** @type {Partial<LinkForm>} */ changed) => {
    form.value = { ...form.peek(), ...changed };
  };
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    disorder.value = new Date(closes) <= (opens ? new Date(opens) : new Date());
    if (disorder.peek()) return;
    busy.value = true;
    problem.value = null;
    try {
      await onSave(form.peek());
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  // What the browser finds wrong has to be seen.
  const unfold = (/** @type {Event} */ { target }) => {
    if (rest.current && target instanceof Node && rest.current.contains(target)) rest.current.open = true;
  };
  return html`<form class="form part" onSubmit=${save} onInvalidCapture=${unfold}>
    <${Field}
      name=${tell("name")}
      hint=${tell("nameHint")}
      required
      maxlength="255"
      value=${name}
      onInput=${(/** @type {Changed} */ { currentTarget }) => set({ name: currentTarget.value })}
    />
    <${Field}
      name=${tell("closes")}
      hint=${tell("closesHint")}
      wrong=${disorder.value ? tell("closesWrong") : ""}
      type="datetime-local"
      required
      value=${closes}
      onInput=${(/** @type {Changed} */ { currentTarget }) => set({ closes: currentTarget.value })}
    />
    <details class="rest" ref=${rest}>
      <summary>${tell("moreTerms")}</summary>
      <${Rest} form=${form.value} set=${set} />
    </details>
    ${problem.value &&
    html`<${Callout} mood="bad" role="alert"
      >${inLanguage(problem.value.message)}${problem.value.detail && html` <span lang="en">${problem.value.detail}</span>`}
      <code>${problem.value.code}</code><//
    >`}
    <div class="actions">
      <${Button} kind="main" type="submit" disabled=${busy.value}>${act}<//>
      ${children}
    </div>
  </form>`;
}

/** @param {{form: LinkForm, set: (changed: Partial<LinkForm>) => void}} props */
function Rest({ form, set }) {
  const limit = (/** @type {"gigabytes" | "minutes" | "entries"} */ name, /** @type {string} */ step) => html`<${Field}
    name=${tell(name)}
    hint=${tell("noLimit")}
    type="number"
    inputmode="decimal"
    min=${step === "1" ? "1" : "0"}
    step=${step}
    value=${form[name]}
    onInput=${(/** @type {Changed} */ { currentTarget }) => set({ [name]: currentTarget.value })}
  />`;
  return html`<div class="form">
    <${AskedFields} fields=${form.fields} onChange=${(/** @type {LinkForm["fields"]} */ fields) => set({ fields })} />
    <div class="pair">
      <${Field}
        name=${tell("opens")}
        hint=${tell("opensHint")}
        type="datetime-local"
        value=${form.opens}
        onInput=${(/** @type {Changed} */ { currentTarget }) => set({ opens: currentTarget.value })}
      />
      <${Field}
        name=${tell("grace")}
        hint=${tell("graceHint")}
        onChange=${(/** @type {Changed} */ { currentTarget }) => set({ grace: Number(currentTarget.value) })}
      >
        ${[...new Set([...GRACES, form.grace])].map(
          (seconds) => html`<option key=${seconds} value=${seconds} selected=${seconds === form.grace}>${graceWord(seconds)}</option>`,
        )}
      <//>
    </div>
    <fieldset class="choices">
      <legend>${tell("kinds")}</legend>
      <div class="choices-line">
        ${KINDS.map((kind) => {
          const on = form.kinds.includes(kind);
          // One at least stays.
          const others = form.kinds.filter((other) => other !== kind);
          return html`<label key=${kind} class="choice">
            <input
              type="checkbox"
              checked=${on}
              disabled=${on && others.length === 0}
              onChange=${() => set({ kinds: KINDS.filter((each) => (each === kind ? !on : others.includes(each))) })}
            />${tell(kind)}
          </label>`;
        })}
      </div>
    </fieldset>
    <div class="pair">${limit("gigabytes", "any")} ${limit("minutes", "any")} ${limit("entries", "1")}</div>
    <${Field}
      name=${tell("licence")}
      hint=${tell("licenceHint")}
      long
      maxlength="5000"
      value=${form.licence}
      onInput=${(/** @type {Changed} */ { currentTarget }) => set({ licence: currentTarget.value })}
    />
    <${Field} name=${tell("language")} onChange=${(/** @type {Changed} */ { currentTarget }) => set({ language: currentTarget.value })}>
      ${[...new Set(["", "zh", "en", form.language])].map(
        (tag) => html`<option key=${tag} value=${tag} selected=${tag === form.language}>${tongue(tag)}</option>`,
      )}
    <//>
  </div>`;
}

/** @param {number} seconds */
export function graceWord(seconds) {
  const name = /** @type {keyof typeof TEXTS.en} */ (`grace_${seconds}`);
  return name in TEXTS.en ? tell(name) : tell("graceOther", { n: seconds });
}

/** @param {string} tag */
function tongue(tag) {
  if (tag === "") return tell("languageAny");
  if (tag === "zh") return tell("languageZh");
  return tag === "en" ? tell("languageEn") : tag;
}
