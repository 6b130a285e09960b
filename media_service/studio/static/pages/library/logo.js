/** The picture beside the library's name. */
import { ask, problemOf } from "../../api.js";
import { bytes } from "../../components/amounts.js";
import { Button } from "../../components/button.js";
import { Section } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { inLanguage, speaker } from "../../language.js";
import { opened } from "../../playing.js";
import { html, useRef, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Library } from "./types" */

const tell = speaker(TEXTS);
const MOST_BYTES = 128 * 1024;

/** @param {{library: Library, again: () => Promise<void>}} props */
export function Logo({ library, again }) {
  const file = useRef(/** @type {HTMLInputElement | null} */ (null));
  const wrong = useSignal("");
  const address = `/v1/organizations/${library.organization_id}/library/logo`;
  const change = async (/** @type {"PUT" | "DELETE"} */ method, /** @type {import("../../api.js").Wish} */ wish) => {
    wrong.value = "";
    try {
      await ask(method, address, wish);
      toast(tell(method === "PUT" ? "logoThere" : "logoGone"));
    } catch (error) {
      wrong.value = inLanguage(problemOf(error).message);
    }
    await again();
  };
  const send = (/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => {
    const picture = currentTarget.files?.[0];
    currentTarget.value = "";
    if (!picture) return;
    if (picture.size > MOST_BYTES) wrong.value = tell("logoTooLarge", { size: bytes(picture.size) });
    else void change("PUT", { body: picture, headers: { "Content-Type": "application/octet-stream" } });
  };
  return html`<${Section} name="logo" title=${tell("logo")} hint=${tell("logoHint")}>
    ${library.logo_url && html`<img class="library-logo" src=${opened(library.logo_url, null)} alt=${tell("logoAlt")} width="80" height="80" />`}
    ${wrong.value && html`<p class="wrong" role="alert">${wrong.value}</p>`}
    <div class="actions">
      <${Button} icon="image" onClick=${() => file.current?.click()}>${tell(library.logo_url ? "logoAnother" : "logoChoose")}<//>
      ${library.logo_url && html`<${Button} kind="quiet" icon="trash-2" onClick=${() => void change("DELETE", {})}>${tell("logoRemove")}<//>`}
      <input ref=${file} type="file" accept="image/png,image/jpeg" hidden aria-label=${tell("logoChoose")} onChange=${send} />
    </div>
  <//>`;
}
