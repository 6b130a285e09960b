/** The form for what entries are judged by. */
import { problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Callout } from "../../components/section.js";
import { inLanguage, say, speaker } from "../../language.js";
import { canJudgeByMore, criteriaForm, criteriaOf, newCriterion } from "../../pure/judging.js";
import { html, useRef, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Criterion, CriterionForm } from "../../pure/judging.js" */
/** @import { Problem } from "../../types" */

const tell = speaker(TEXTS);

/**
 * @param {object} props
 * @param {Criterion[]} props.before
 * @param {(criteria: Criterion[]) => Promise<void>} props.onSave What it throws is shown.
 * @param {() => void} props.onCancel
 */
export function CriteriaForm({ before, onSave, onCancel }) {
  const form = useSignal(before.length > 0 ? criteriaForm(before) : [newCriterion()]);
  const busy = useSignal(false);
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const change = (/** @type {number} */ at, /** @type {Partial<CriterionForm>} */ changed) => {
    form.value = form.peek().map((line, index) => (index === at ? { ...line, ...changed } : line));
  };
  const add = () => {
    form.value = [...form.peek(), newCriterion()];
    requestAnimationFrame(() => /** @type {HTMLElement | null} */ (list.current?.querySelector("li:last-child input"))?.focus());
  };
  const remove = (/** @type {number} */ at) => {
    form.value = form.peek().filter((_, index) => index !== at);
    list.current?.focus();
  };
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    busy.value = true;
    problem.value = null;
    try {
      await onSave(criteriaOf(form.peek()));
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  return html`<form class="form" data-part="criteria" onSubmit=${save}>
    <fieldset class="choices" ref=${list} tabindex="-1">
      <legend>${tell("criteria")}</legend>
      <ol class="criteria">
        ${form.value.map(
          (line, at) => html`<${Line}
            key=${line.name || at}
            line=${line}
            n=${at + 1}
            onChange=${(/** @type {Partial<CriterionForm>} */ changed) => change(at, changed)}
            onRemove=${form.value.length > 1 ? () => remove(at) : null}
          />`,
        )}
      </ol>
      ${canJudgeByMore(form.value) && html`<div class="actions"><${Button} icon="plus" onClick=${add}>${tell("criterionAdd")}<//></div>`}
    </fieldset>
    ${problem.value && html`<${Callout} mood="bad" role="alert">${inLanguage(problem.value.message)} <code>${problem.value.code}</code><//>`}
    <div class="actions">
      <${Button} kind="main" type="submit" disabled=${busy.value}>${tell("save")}<//>
      <${Button} onClick=${onCancel}>${say("cancel")}<//>
    </div>
  </form>`;
}

/**
 * @param {object} props
 * @param {CriterionForm} props.line
 * @param {number} props.n
 * @param {(changed: Partial<CriterionForm>) => void} props.onChange
 * @param {(() => void) | null} props.onRemove
 */
function Line({ line, n, onChange, onRemove }) {
  const part = (/** @type {"label" | "greatest" | "weight"} */ name, /** @type {object} */ kind) => html`<label>
    ${tell(`criterion_${name}`)}<span class="unseen"> ${tell("criterionNumber", { n })}</span>
    <input
      class="input"
      required
      value=${line[name]}
      onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => onChange({ [name]: currentTarget.value })}
      ...${kind}
    />
  </label>`;
  return html`<li>
    ${part("label", { maxlength: "255" })} ${part("greatest", { type: "number", min: "1", max: "100", step: "1" })}
    ${part("weight", { type: "number", min: "0.01", max: "1000", step: "0.01" })}
    ${onRemove && html`<${Button} kind="quiet" icon="x" label=${tell("criterionRemove", { n })} onClick=${onRemove} />`}
  </li>`;
}
