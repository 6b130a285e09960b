/** One endpoint: how it does, its secret as long as it is known, what was sent, and what can be changed. */
import { ask, problemOf } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button, ButtonLink } from "../../components/button.js";
import { Copied } from "../../components/copying.js";
import { Heading } from "../../components/heading.js";
import { useOnce } from "../../components/once.js";
import { useResource } from "../../components/resource.js";
import { Callout, Section } from "../../components/section.js";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.js";
import { toast } from "../../components/toast.js";
import { formatMoment, inLanguage, say, speaker } from "../../language.js";
import { standingOf } from "../../pure/webhooks.js";
import { go } from "../../router.js";
import { html, useSignal } from "../../vendor/ui.js";
import { EndpointForm } from "./form.js";
import { Log } from "./log.js";
import { Secrets } from "./secrets.js";
import { Standing, Told } from "./standing.js";
import { TEXTS } from "./texts.js";
/** @import { EndpointWishes } from "./form.js" */
/** @import { Endpoint } from "./types" */

const tell = speaker(TEXTS);

/** @param {{params: Record<string, string>}} props */
export function Page({ params }) {
  const { now, again } = useResource(`/v1/webhook-endpoints/${params["id"]}`);
  const found = now.value;
  if (found.is === "loading") return html`<${Heading} title=${tell("webhook")} /><${LoadingState} />`;
  if (found.is === "ready") return html`<${Whole} endpoint=${found.data} etag=${found.etag} again=${again} />`;
  return html`
    <${Heading} title=${tell("webhook")} />
    ${found.problem.status === 404
      ? html`<${EmptyState} icon="webhook" title=${tell("gone")}>
          <${ButtonLink} kind="main" href="/studio/webhooks">${tell("all")}<//>
        <//>`
      : html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
  `;
}

/** @typedef {{endpoint: Endpoint, etag: string | null, again: () => Promise<void>}} OfEndpoint */

/** @param {OfEndpoint} props */
function Whole({ endpoint, etag, again }) {
  const secret = useOnce(endpoint.id);
  const isPublic = secret?.startsWith("whpk_") ?? false;
  return html`
    <div class="head">
      <${Heading} title=${new URL(endpoint.url).host} />
      <${ButtonLink} kind="quiet" icon="list" href="/studio/webhooks">${tell("all")}<//>
      <p class="row-state"><${Standing} endpoint=${endpoint} /> <span dir="ltr">${endpoint.url}</span></p>
    </div>
    ${secret &&
    html`<section class="part" data-part="once">
      <${Callout} mood="info" role="status"
        ><strong>${tell(isPublic ? "publicOnce" : "secretOnce")}</strong>${!isPublic && html`<span>${tell("secretOnceAdvice")}</span>`}<//
      >
      <${Copied} name=${tell(isPublic ? "publicKey" : "secret")} text=${secret} main />
    </section>`}
    <${Warning} endpoint=${endpoint} />
    <${Settings} endpoint=${endpoint} etag=${etag} again=${again} />
    <${Log} endpoint=${endpoint} again=${again} />
    <${Secrets} endpoint=${endpoint} again=${again} />
    <${Removal} endpoint=${endpoint} />
  `;
}

/** @param {{endpoint: Endpoint}} props */
function Warning({ endpoint }) {
  const standing = standingOf(endpoint);
  if (standing === "off") return html`<${Callout} mood="info">${tell("offAdvice")}<//>`;
  if (standing === "works") return null;
  const failing = standing === "failing";
  const moment = formatMoment((failing ? endpoint.failing_since : endpoint.gone_at) ?? endpoint.created_at);
  return html`<${Callout} mood="bad" role="status">
    <strong>${tell(failing ? "failingSince" : "goneSince", { moment })}</strong><span>${tell(failing ? "failingAdvice" : "goneAdvice")}</span>
  <//>`;
}

/** @param {OfEndpoint} props */
function Settings({ endpoint, etag, again }) {
  const changing = useSignal(false);
  const address = `/v1/webhook-endpoints/${endpoint.id}`;
  const change = async (/** @type {EndpointWishes} */ wishes) => {
    await ask("PATCH", address, { json: wishes, ...(etag && { ifMatch: etag }) });
    changing.value = false;
    toast(tell("saved"));
    await again();
  };
  const turn = async () => {
    const enabled = !endpoint.enabled;
    try {
      await ask("PATCH", address, { json: { enabled } });
      toast(tell(enabled ? "switchedOn" : "switchedOff"));
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
    await again();
  };
  if (changing.value) {
    const { url, description, event_types: types } = endpoint;
    return html`<section aria-label=${tell("settings")}>
      <${EndpointForm} before=${{ url, description, event_types: types }} act=${tell("save")} onSave=${change}>
        <${Button} onClick=${() => (changing.value = false)}>${say("cancel")}<//>
      <//>
    </section>`;
  }
  return html`<${Section} name="settings" title=${tell("settings")}>
    <dl class="facts">
      ${endpoint.description && html`<div><dt>${tell("description")}</dt><dd dir="auto">${endpoint.description}</dd></div>`}
      <div><dt>${tell("types")}</dt><dd><${Told} endpoint=${endpoint} /></dd></div>
    </dl>
    <div class="actions">
      <${Button} icon="pencil" onClick=${() => (changing.value = true)}>${tell("change")}<//>
      <${Button} icon=${endpoint.enabled ? "pause" : "play"} onClick=${() => void turn()}>${tell(endpoint.enabled ? "switchOff" : "switchOn")}<//>
    </div>
  <//>`;
}

/** @param {{endpoint: Endpoint}} props */
function Removal({ endpoint }) {
  const open = useSignal(false);
  const remove = async () => {
    await ask("DELETE", `/v1/webhook-endpoints/${endpoint.id}`);
    go("/studio/webhooks", { replace: true });
    toast(tell("removed"));
  };
  return html`<${Section} name="removal" title=${tell("remove")} hint=${tell("removeHint")}>
    <div class="actions"><${Button} kind="danger" icon="trash-2" onClick=${() => (open.value = true)}>${tell("remove")}<//></div>
    ${open.value &&
    html`<${Asking} title=${tell("removeAsk", { url: endpoint.url })} act=${tell("remove")} icon="trash-2" onSure=${remove} onClose=${() => (open.value = false)}>
      <p>${tell("removeSure")}</p>
    <//>`}
  <//>`;
}
