/** Who may see what is uploaded, chosen before anything is. */
import { Field } from "../../components/field.js";
import { speaker } from "../../language.js";
import { choose, chosen, CHOICES } from "../../uploads/opening.js";
import { html } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Choice } from "../../uploads/opening.js" */

const tell = speaker(TEXTS);

export function Opening() {
  return html`<${Field}
    name=${tell("opening")}
    value=${chosen.value}
    onChange=${(/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget }) => choose(/** @type {Choice} */ (currentTarget.value))}
  >
    ${CHOICES.map((each) => html`<option key=${each} value=${each} selected=${each === chosen.value}>${tell(`opening_${each || "usual"}`)}</option>`)}
  <//>`;
}
