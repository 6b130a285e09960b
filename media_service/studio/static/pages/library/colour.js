/** A colour: picked or written, with its contrast told while it is chosen, and the nearest that can be read where it cannot. */
import { Button } from "../../components/button.js";
import { speaker } from "../../language.js";
import { contrast, contrastOf, inkOn, isColour, LEAST_CONTRAST, readable } from "../../pure/colours.js";
import { html, useId, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";

const tell = speaker(TEXTS);

/** What the picker begins with where nothing is chosen. */
const USUAL = { accent: "#1c5fd0", accent_dark: "#7db4ff", header: "#ffffff" };

/** @typedef {{currentTarget: HTMLInputElement}} Changed */

/**
 * @param {object} props
 * @param {keyof typeof USUAL} props.name
 * @param {string | null} props.value
 * @param {string | null} [props.from] The colour that a lighter one is found of where this one is empty.
 * @param {(value: string | null) => void} props.onChange
 */
export function Colour({ name, value, from = null, onChange }) {
  const id = useId();
  const typed = useSignal(/** @type {string | null} */ (null));
  const look = name === "accent_dark" ? "dark" : "light";
  const isWrong = value !== null && !isColour(value);
  const known = value !== null && !isWrong ? value : null;
  const ratio = known === null ? null : name === "header" ? contrast(known, inkOn(known)) : contrastOf(known, look);
  const isLow = ratio !== null && ratio < LEAST_CONTRAST;
  const found = value === null && from !== null && isColour(from) ? readable(from, look) : null;
  const write = (/** @type {string} */ text) => {
    typed.value = text;
    onChange(text.trim().toLowerCase() || null);
  };
  const pick = (/** @type {string} */ colour) => {
    typed.value = null;
    onChange(colour);
  };
  // What is cut is not said to be enough.
  const said = ratio === null ? "" : (Math.floor(ratio * 10) / 10).toFixed(1);
  return html`<div class="field">
    <label for=${id}>${tell(name)}</label>
    <p class="hint" id=${`${id}-hint`}>${tell(`${name}Hint`)}</p>
    <div class="colour">
      <input
        class="colour-well"
        type="color"
        aria-label=${tell("colourPick", { name: tell(name) })}
        value=${known ?? found ?? USUAL[name]}
        onInput=${(/** @type {Changed} */ { currentTarget }) => pick(currentTarget.value)}
      />
      <input
        id=${id}
        class="input colour-text"
        dir="ltr"
        maxlength="7"
        autocomplete="off"
        autocapitalize="none"
        spellcheck=${false}
        placeholder=${tell("colourNone")}
        aria-describedby=${`${id}-hint ${id}-said`}
        aria-invalid=${isWrong || isLow ? "true" : null}
        value=${typed.value ?? value ?? ""}
        onInput=${(/** @type {Changed} */ { currentTarget }) => write(currentTarget.value)}
        onBlur=${() => (typed.value = null)}
      />
      ${value !== null && html`<${Button} kind="quiet" icon="undo-2" onClick=${() => { typed.value = null; onChange(null); }}>${tell("colourNone")}<span class="unseen"> ${tell(name)}</span><//>`}
    </div>
    <p class=${isWrong || isLow ? "wrong" : "hint"} id=${`${id}-said`} role="status">
      ${isWrong ? tell("colourWrong") : isLow ? tell("contrastLow", { ratio: said }) : ratio !== null ? tell("contrastGood", { ratio: said }) : found !== null ? tell("colourFound", { colour: found }) : ""}
    </p>
    ${isLow &&
    known !== null &&
    html`<div class="actions"><${Button} onClick=${() => pick(readable(known, look))}><i class="colour-dot" style=${{ background: readable(known, look) }}></i> ${tell("contrastTake", { colour: readable(known, look) })}<//></div>`}
  </div>`;
}
