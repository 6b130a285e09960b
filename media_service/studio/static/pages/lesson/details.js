/** What is said of a lesson, saved as one types. */
import { Field } from "../../components/field.js";
import { Section } from "../../components/section.js";
import { Clash } from "./clash.js";
import { SavingTrouble } from "./saved.js";
import { language, speaker } from "../../language.js";
import { tongueName, tonguesWith } from "../../pure/tongues.js";
import { html, useSignal } from "../../vendor/ui.js";
import { Tags } from "./tags.js";
import { TEXTS } from "./texts.js";
/** @import { Saving } from "./saving.js" */

const tell = speaker(TEXTS);
const LONGEST = { title: 255, subject: 255, description: 10_000 };

/** @param {{saving: Saving}} props */
export function Details({ saving }) {
  const tongue = /** @type {string | null} */ (saving.valueOf("language") ?? null);
  return html`<${Section} name="details" title=${tell("details")} hint=${tell("detailsHint")}>
    <${SavingTrouble} saving=${saving} />
    <${Text} saving=${saving} name="title" />
    <${Text} saving=${saving} name="description" long />
    <div class="pair">
      <div class="field-with">
        <${Field}
          name=${tell("language")}
          hint=${tell("languageHint")}
          value=${tongue ?? ""}
          onChange=${(/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget }) =>
            saving.edit("language", currentTarget.value || null)}
        >
          <option value="" selected=${!tongue}>${tell("languageNone")}</option>
          ${tonguesWith(tongue).map(
            (tag) => html`<option key=${tag} value=${tag} selected=${tag === tongue}>${tongueName(tag, language.value)}</option>`,
          )}
        <//>
        <${Clash} saving=${saving} name="language" />
      </div>
      <${Text} saving=${saving} name="subject" />
    </div>
    <div class="field-with">
      <${Tags} tags=${saving.valueOf("tags") ?? []} onChange=${(/** @type {string[]} */ tags) => saving.edit("tags", tags)} />
      <${Clash} saving=${saving} name="tags" />
    </div>
  <//>`;
}

/**
 * What is typed stays as it was typed for as long as the field has the focus, whatever the service makes of it.
 * @param {{saving: Saving, name: "title" | "description" | "subject", long?: boolean}} props
 */
function Text({ saving, name, long = false }) {
  const typed = useSignal(/** @type {string | null} */ (null));
  const wrong = saving.wrongOf(name);
  const input = (/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget: { value } }) => {
    typed.value = value;
    saving.edit(name, name === "subject" && value.trim() === "" ? null : value);
  };
  const leave = () => {
    typed.value = null;
    void saving.flush();
  };
  return html`<div class="field-with">
    <${Field}
      name=${tell(name)}
      hint=${name === "title" ? undefined : tell(`${name}Hint`)}
      wrong=${wrong && tell(wrong === "empty" ? "titleEmpty" : "fieldRefused")}
      long=${long}
      rows=${long ? 5 : undefined}
      maxlength=${LONGEST[name]}
      dir="auto"
      autocomplete="off"
      value=${typed.value ?? saving.valueOf(name) ?? ""}
      onInput=${input}
      onBlur=${leave}
    />
    <${Clash}
      saving=${saving}
      name=${name}
      onDecided=${() => {
        typed.value = null;
      }}
    />
  </div>`;
}
