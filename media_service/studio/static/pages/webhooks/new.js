/** Adds an endpoint. Its page, which comes next, shows the secret this once. */
import { ask } from "../../api.js";
import { ButtonLink } from "../../components/button.js";
import { Heading } from "../../components/heading.js";
import { showOnce } from "../../components/once.js";
import { say, speaker } from "../../language.js";
import { go } from "../../router.js";
import { html } from "../../vendor/ui.js";
import { EndpointForm } from "./form.js";
import { TEXTS } from "./texts.js";
/** @import { EndpointWishes } from "./form.js" */

const tell = speaker(TEXTS);

export function Page() {
  const make = async (/** @type {EndpointWishes} */ wishes) => {
    const { data } = await ask("POST", "/v1/webhook-endpoints", { json: wishes });
    showOnce(data.id, data.secret);
    go(`/studio/webhooks/${data.id}`, { replace: true });
  };
  return html`
    <${Heading} title=${tell("newTitle")} />
    <${EndpointForm} before=${{ url: "", description: "", event_types: [], signing: "hmac" }} act=${tell("create")} onSave=${make}>
      <${ButtonLink} href="/studio/webhooks">${say("cancel")}<//>
    <//>
  `;
}
