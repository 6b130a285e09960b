/** How a course is studied, so that portals may certify it. */
import { ask, problemOf, Refusal } from "../../api.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { Callout, Section } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { inLanguage, speaker } from "../../language.js";
import { numberWithin } from "../../pure/study-terms.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Problem } from "../../types" */
/** @import { Course, Study } from "./types" */

const tell = speaker(TEXTS);
const MODES = /** @type {const} */ (["free", "sequential", "supervised"]);
/** What holds where nothing is said. */
const SPEEDS = { free: 2, sequential: 1.5, supervised: 1 };
const USUAL_PRESENCE = 900;

/** As they are written: percent and minutes. @typedef {{mode: Study["mode"] | "", threshold: string, required: string, speed: string, presence: string}} Wishes */
const FIELDS = /** @type {const} */ ({
  threshold: { least: 1, most: 100 },
  required: { least: 1, most: 100_000 },
  speed: { least: 1, most: 4 },
  presence: { least: 1, most: 120 },
});
/** @typedef {keyof typeof FIELDS} Name */

/** @param {{course: Course}} props */
export function StudyPart({ course }) {
  const address = `/v1/collections/${course.id}/study`;
  const wishes = useSignal(/** @type {Wishes | null} */ (null));
  const isStudied = useSignal(false);
  const busy = useSignal(false);
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const hear = (/** @type {Study | null} */ study) => {
    isStudied.value = study !== null;
    wishes.value = wishesOf(study);
  };
  useEffect(() => {
    void ask("GET", address).then(
      ({ data }) => hear(data),
      (error) => {
        if (!(error instanceof Refusal)) throw error;
        if (error.problem.code === "study_not_asked") hear(null);
        else problem.value = error.problem;
      },
    );
  }, [address]);
  const now = wishes.value;
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!now) return;
    busy.value = true;
    problem.value = null;
    try {
      if (now.mode) hear((await ask("PUT", address, { json: sent(now, now.mode) })).data);
      else if (isStudied.peek()) {
        await ask("DELETE", address);
        hear(null);
      }
      toast(tell("studySaved"));
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  const set = (/** @type {Partial<Wishes>} */ some) => now && (wishes.value = { ...now, ...some });
  const asked = now?.mode ? namesOf(now.mode) : [];
  const isWrong = now !== null && asked.some((name) => numberWithin(now[name], FIELDS[name]) === undefined);
  return html`<${Section} name="study" title=${tell("study")} hint=${tell("studyHint")}>
    ${now &&
    html`<form class="form" onSubmit=${save}>
      <${Field} name=${tell("mode")} onChange=${(/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget: { value } }) => set({ mode: MODES.find((each) => each === value) ?? "" })}>
        <option value="" selected=${now.mode === ""}>${tell("mode_none")}</option>
        ${MODES.map((each) => html`<option key=${each} value=${each} selected=${now.mode === each}>${tell(`mode_${each}`)}</option>`)}
      <//>
      ${now.mode &&
      asked.map(
        (name) => html`<${Field}
          key=${name}
          name=${tell(name)}
          hint=${tell(`${name}Hint`, { n: now.mode ? SPEEDS[now.mode] : 1 })}
          wrong=${numberWithin(now[name], FIELDS[name]) === undefined ? tell("numberWrong", FIELDS[name]) : ""}
          inputmode="decimal"
          autocomplete="off"
          value=${now[name]}
          onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => set({ [name]: currentTarget.value })}
        />`,
      )}
      ${problem.value && html`<${Callout} mood="bad" role="alert">${inLanguage(problem.value.message)} <code>${problem.value.code}</code><//>`}
      <div class="actions"><${Button} icon="check" type="submit" disabled=${busy.value || isWrong || (!now.mode && !isStudied.value)}>${tell("studySave")}<//></div>
    </form>`}
    ${!now && problem.value && html`<${Callout} mood="bad" role="alert">${inLanguage(problem.value.message)} <code>${problem.value.code}</code><//>`}
  <//>`;
}

/** @param {Study["mode"]} mode @returns {Name[]} */
function namesOf(mode) {
  return mode === "supervised" ? ["threshold", "required", "speed", "presence"] : ["threshold", "required", "speed"];
}

/** @param {Study | null} study @returns {Wishes} */
function wishesOf(study) {
  if (!study) return { mode: "", threshold: "", required: "", speed: "", presence: "" };
  const { mode, threshold, required_seconds: required, speed_limit: speed, presence_seconds: presence } = study;
  return {
    mode,
    threshold: threshold === null ? "" : String(Number((threshold * 100).toPrecision(6))),
    required: required === null ? "" : String(Number((required / 60).toPrecision(6))),
    // The service tells what holds; what is usual is left out, so that another mode has its own.
    speed: speed === SPEEDS[mode] ? "" : String(speed),
    presence: presence === null || presence === USUAL_PRESENCE ? "" : String(Number((presence / 60).toPrecision(6))),
  };
}

/** @param {Wishes} wishes @param {Study["mode"]} mode */
function sent(wishes, mode) {
  const number = (/** @type {Name} */ name) => numberWithin(wishes[name], FIELDS[name]) ?? null;
  const [threshold, required, presence] = [number("threshold"), number("required"), number("presence")];
  return {
    mode,
    speed_limit: number("speed"),
    threshold: threshold === null ? null : threshold / 100,
    required_seconds: required === null ? null : Math.round(required * 60),
    presence_seconds: presence === null || mode !== "supervised" ? null : Math.round(presence * 60),
  };
}
