/** Says how the other platform of a link is followed. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { Callout } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { inLanguage, speaker } from "../../language.js";
import { wishOf } from "../../pure/following.js";
import { html, useId, useSignal } from "../../vendor/ui.js";
import { FOLLOWING_TEXTS } from "./following-texts.js";
/** @import { Problem } from "../../types" */
/** @import { Signal } from "../../vendor/ui.js" */
/** @import { Subscription } from "./types" */

const tell = speaker(FOLLOWING_TEXTS);
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const GIGABYTE = 1e9;

/** @param {{known: Subscription | null, address: string, onDone: () => Promise<void>}} props */
export function FollowingForm({ known, address, onDone }) {
  const mode = useSignal(known?.mode ?? "mirror");
  const all = useSignal(known ? known.only === null : true);
  const drop = useSignal(known?.keep_copies === false);
  const most = useSignal(typeof known?.most_bytes !== "number" ? "" : String(known.most_bytes / GIGABYTE));
  const from = useSignal(hourOf(known?.window_from));
  const until = useSignal(hourOf(known?.window_until));
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const isWrong = most.value.trim() !== "" && !(Number(most.value) >= 0);
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (isWrong) return;
    const night = from.value !== "" && until.value !== "";
    const wish = wishOf(known, {
      mode: mode.value,
      keep_copies: !drop.value,
      only: all.value ? null : (known?.only ?? []),
      most_bytes: most.value.trim() === "" ? null : Math.round(Number(most.value) * GIGABYTE),
      window_from: night ? Number(from.value) * 60 : null,
      window_until: night ? Number(until.value) * 60 : null,
    });
    try {
      await ask("PUT", address, { json: wish });
      toast(tell("saved"));
      await onDone();
    } catch (error) {
      problem.value = problemOf(error);
    }
  };
  return html`<form class="form" onSubmit=${send}>
    <${Choices} of=${mode} name=${tell("mode")} choices=${[["mirror", tell("mirror")], ["reference", tell("reference")]]} />
    ${mode.value === "reference" &&
    known &&
    html`<label class="choice"><input type="checkbox" checked=${drop.value} onChange=${() => (drop.value = !drop.value)} />${tell("drop")}</label>`}
    <${Choices} of=${all} name=${tell("what")} choices=${[[true, tell("everything")], [false, tell("chosen")]]} />
    ${mode.value === "mirror" &&
    html`<${Field}
        name=${tell("most")}
        hint=${tell("mostHint")}
        wrong=${isWrong ? tell("most_wrong") : ""}
        inputmode="decimal"
        value=${most.value}
        onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (most.value = currentTarget.value)}
      />
      ${hourField(from, "from")} ${hourField(until, "until")}`}
    ${problem.value && html`<${Callout} mood="bad" role="alert">${inLanguage(problem.value.message)} <code>${problem.value.code}</code><//>`}
    <div class="actions"><${Button} kind="main" icon=${known ? "check" : "copy"} type="submit">${tell(known ? "save" : "begin")}<//></div>
  </form>`;
}

/**
 * One of a few.
 * @param {{of: Signal<any>, name: string, choices: [any, string][]}} props
 */
function Choices({ of, name, choices }) {
  const id = useId();
  return html`<fieldset class="choices">
    <legend>${name}</legend>
    ${choices.map(
      ([value, text]) =>
        html`<label class="choice" key=${String(value)}><input type="radio" name=${id} checked=${of.value === value} onChange=${() => (of.value = value)} />${text}</label>`,
    )}
  </fieldset>`;
}

/**
 * @param {Signal<string>} of
 * @param {"from" | "until"} name
 */
function hourField(of, name) {
  return html`<${Field} name=${tell(name)} onChange=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (of.value = currentTarget.value)}>
    <option value="">${tell("anyTime")}</option>
    ${HOURS.map((each) => html`<option key=${each} value=${each} selected=${of.value === String(each)}>${each}:00</option>`)}
  <//>`;
}

/** @param {number | null | undefined} minutes */
function hourOf(minutes) {
  return typeof minutes !== "number" ? "" : String(Math.floor(minutes / 60));
}
