/** Makes a link. Its page, which comes next, shows it this once. */
import { ask } from "../../api.js";
import { ButtonLink } from "../../components/button.js";
import { Heading } from "../../components/heading.js";
import { showOnce } from "../../components/once.js";
import { say, speaker } from "../../language.js";
import { newForm, termsOf } from "../../pure/link-terms.js";
import { go } from "../../router.js";
import { html } from "../../vendor/ui.js";
import { TermsForm } from "./form.js";
import { TEXTS } from "./texts.js";
/** @import { LinkForm } from "../../pure/link-terms.js" */

const tell = speaker(TEXTS);

export function Page() {
  const make = async (/** @type {LinkForm} */ form) => {
    const { data } = await ask("POST", "/v1/upload-links", { json: termsOf(form) });
    showOnce(data.id, data.page_url);
    go(`/studio/upload-links/${data.id}`, { replace: true });
  };
  return html`
    <${Heading} title=${tell("newTitle")} />
    <${TermsForm} before=${newForm(new Date(), tell("asked_name"))} act=${tell("create")} onSave=${make}>
      <${ButtonLink} href="/studio/upload-links">${say("cancel")}<//>
    <//>
  `;
}
