/** Name, address, colours and texts of a library, with a look at what comes of them before they are saved. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { Callout, Section } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { inLanguage, language, speaker } from "../../language.js";
import { contrastOf, isColour, LEAST_CONTRAST } from "../../pure/colours.js";
import { same } from "../../pure/edits.js";
import { tongueName } from "../../pure/tongues.js";
import { html, useSignal } from "../../vendor/ui.js";
import { Colour } from "./colour.js";
import { Sample } from "./sample.js";
import { TEXTS } from "./texts.js";
/** @import { Problem } from "../../types" */
/** @import { Library, Wishes } from "./types" */

const tell = speaker(TEXTS);
const SLUG = /^(?=.{2,19}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** @typedef {{currentTarget: HTMLInputElement}} Changed */

/** @param {Library} library @returns {Wishes} */
function wishesOf({ slug, name, language: speaks, accent, accent_dark: dark, header, welcome, footer, icp_number: icp }) {
  return { slug, name, language: speaks, accent, accent_dark: dark, header, welcome, footer, icp_number: icp };
}

/** @param {{library: Library, organization: string, etag: string | null, again: () => Promise<void>}} props `organization`: its name. */
export function LibraryForm({ library, organization, etag, again }) {
  const edits = useSignal(/** @type {Partial<Wishes>} */ ({}));
  const busy = useSignal(false);
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const base = wishesOf(library);
  const wishes = { ...base, ...edits.value };
  const changed = Object.fromEntries(Object.entries(edits.value).filter(([name, value]) => !same(value, base[/** @type {keyof Wishes} */ (name)])));
  const isChanged = Object.keys(changed).length > 0;
  const slugWrong = wishes.slug !== null && !SLUG.test(wishes.slug);
  const set = (/** @type {Partial<Wishes>} */ some) => {
    edits.value = { ...edits.peek(), ...some };
    problem.value = null;
  };
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    busy.value = true;
    problem.value = null;
    try {
      await ask("PATCH", `/v1/organizations/${library.organization_id}/library`, { json: changed, ...(etag && { ifMatch: etag }) });
      toast(tell("saved"));
      await again();
      edits.value = {};
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  const wrong = problem.value;
  const isReadable = isFine(wishes.accent, "light") && isFine(wishes.accent_dark, "dark") && (wishes.header === null || isColour(wishes.header));
  const both = (/** @type {"welcome" | "footer"} */ name) => html`<div class="pair">
    ${/** @type {const} */ (["zh", "en"]).map(
      (each) => html`<${Field}
        key=${each}
        name=${tell(`${name}_${each}`)}
        long
        rows="4"
        maxlength="2000"
        lang=${each === "zh" ? "zh-CN" : "en"}
        value=${wishes[name][each]}
        onInput=${(/** @type {Changed} */ { currentTarget }) => set({ [name]: { ...wishes[name], [each]: currentTarget.value } })}
      />`,
    )}
  </div>`;
  return html`<form class="library-form" onSubmit=${save}>
    <div class="library-fields">
      <${Section} name="name" title=${tell("nameAndAddress")}>
        <${Field}
          name=${tell("name")}
          hint=${tell("nameHint")}
          maxlength="100"
          dir="auto"
          placeholder=${organization}
          value=${wishes.name}
          onInput=${(/** @type {Changed} */ { currentTarget }) => set({ name: currentTarget.value })}
        />
        <${Field}
          name=${tell("slug")}
          hint=${tell("slugHint")}
          wrong=${wrong?.code === "library_slug_taken" ? tell("slugTaken") : slugWrong ? tell("slugWrong") : ""}
          maxlength="19"
          dir="ltr"
          autocomplete="off"
          autocapitalize="none"
          spellcheck=${false}
          value=${wishes.slug ?? ""}
          onInput=${(/** @type {Changed} */ { currentTarget }) => set({ slug: currentTarget.value.trim() || null })}
        />
        <${Field}
          name=${tell("language")}
          hint=${tell("languageHint")}
          value=${wishes.language ?? ""}
          onChange=${(/** @type {Changed} */ { currentTarget }) => set({ language: currentTarget.value === "en" || currentTarget.value === "zh" ? currentTarget.value : null })}
        >
          <option value="" selected=${wishes.language === null}>${tell("language_none")}</option>
          ${/** @type {const} */ (["zh", "en"]).map((each) => html`<option key=${each} value=${each} selected=${wishes.language === each}>${tongueName(each, language.value)}</option>`)}
        <//>
      <//>
      <${Section} name="colours" title=${tell("colours")} hint=${tell("coloursHint")}>
        <${Colour} name="accent" value=${wishes.accent} onChange=${(/** @type {string | null} */ accent) => set({ accent })} />
        <${Colour} name="accent_dark" value=${wishes.accent_dark} from=${wishes.accent} onChange=${(/** @type {string | null} */ dark) => set({ accent_dark: dark })} />
        <${Colour} name="header" value=${wishes.header} onChange=${(/** @type {string | null} */ header) => set({ header })} />
      <//>
      <${Section} name="texts" title=${tell("texts")} hint=${tell("textsHint")}>
        ${both("welcome")} ${both("footer")}
        <${Field}
          name=${tell("icp_number")}
          hint=${tell("icp_numberHint")}
          maxlength="100"
          value=${wishes.icp_number}
          onInput=${(/** @type {Changed} */ { currentTarget }) => set({ icp_number: currentTarget.value })}
        />
      <//>
    </div>
    <div class="library-side">
      <${Sample} library=${library} organization=${organization} wishes=${wishes} />
      <div class="library-save">
        ${wrong &&
        wrong.code !== "library_slug_taken" &&
        html`<${Callout} mood="bad" role="alert"
          >${wrong.code === "changed_meanwhile" ? tell("changedMeanwhile") : inLanguage(wrong.message)}${wrong.detail && wrong.code !== "changed_meanwhile" && html` <span lang="en">${wrong.detail}</span>`}
          <code>${wrong.code}</code><//
        >`}
        <div class="actions">
          <${Button} kind="main" icon="check" type="submit" disabled=${!isChanged || busy.value || slugWrong || !isReadable}>${tell("save")}<//>
          <span class="hint" role="status">${isChanged ? tell("unsaved") : ""}</span>
        </div>
      </div>
    </div>
  </form>`;
}

/**
 * Whether the service takes the colour.
 * @param {string | null} colour
 * @param {import("../../pure/colours.js").Look} look
 */
function isFine(colour, look) {
  return colour === null || (isColour(colour) && contrastOf(colour, look) >= LEAST_CONTRAST);
}
