/** A chart of days, weeks or months, of whichever measure is chosen. */
import { speaker } from "../language.js";
import { html, useId, useSignal } from "../vendor/ui.js";
import { dayName, dayShort } from "./amounts.js";
import { Chart } from "./chart.js";
import { FIGURE_TEXTS } from "./figure-texts.js";
import { MEASURES } from "./measures.js";
/** @import { Sums } from "../pure/statistics.js" */
/** @import { Measure } from "./measures.js" */

const tell = speaker(FIGURE_TEXTS);

/** @typedef {Sums & {day: string, last: string}} Bucket */

/**
 * @param {object} props
 * @param {string} props.title
 * @param {readonly Bucket[]} props.days
 * @param {readonly Measure[]} props.measures The first one is shown until another one is chosen.
 * @param {string} props.file
 */
export function DaysChart({ title, days, measures, file }) {
  const chosen = useSignal(measures[0]);
  const id = useId();
  const { value, format, kind, whole } = MEASURES[chosen.value];
  const points = days.map((each) => ({
    name: each.day === each.last ? dayName(each.day) : `${dayName(each.day)} – ${dayName(each.last)}`,
    short: dayShort(each.day),
    value: value(each),
  }));
  return html`<${Chart}
    title=${title}
    along=${tell("day")}
    amount=${tell(chosen.value)}
    points=${points}
    format=${format}
    kind=${kind}
    whole=${whole ?? false}
    file=${`${file}-${chosen.value}`}
    aside=${measures.length > 1 &&
    html`<label class="unseen" for=${id}>${tell("measure")}</label
      ><select
        id=${id}
        class="input chart-choice"
        onChange=${(/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget }) =>
          (chosen.value = /** @type {Measure} */ (currentTarget.value))}
      >
        ${measures.map((each) => html`<option key=${each} value=${each} selected=${each === chosen.value}>${tell(each)}</option>`)}
      </select>`}
  />`;
}
