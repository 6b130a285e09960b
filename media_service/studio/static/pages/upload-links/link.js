/** One upload link: the link itself as long as it is known, what came in, who judges it, its terms, and what ends it. */
import { ask } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button, ButtonLink } from "../../components/button.js";
import { Copied } from "../../components/copying.js";
import { Heading } from "../../components/heading.js";
import { showOnce, useOnce } from "../../components/once.js";
import { useResource } from "../../components/resource.js";
import { Callout, Section } from "../../components/section.js";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.js";
import { toast } from "../../components/toast.js";
import { speaker } from "../../language.js";
import { go } from "../../router.js";
import { html, useSignal } from "../../vendor/ui.js";
import { Entries, useEntries } from "./entries.js";
import { Judging } from "./judging.js";
import { Standing } from "./standing.js";
import { Terms } from "./terms.js";
import { TEXTS } from "./texts.js";
/** @import { UploadLink } from "./types" */

const tell = speaker(TEXTS);

/** @param {{params: Record<string, string>}} props */
export function Page({ params }) {
  const { now, again } = useResource(`/v1/upload-links/${params["id"]}`);
  const found = now.value;
  if (found.is === "loading") return html`<${Heading} title=${tell("link")} /><${LoadingState} />`;
  if (found.is === "ready") return html`<${Whole} link=${found.data} etag=${found.etag} again=${again} />`;
  return html`
    <${Heading} title=${tell("link")} />
    ${found.problem.status === 404
      ? html`<${EmptyState} icon="inbox" title=${tell("gone")}>
          <${ButtonLink} kind="main" href="/studio/upload-links">${tell("all")}<//>
        <//>`
      : html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
  `;
}

/** @typedef {{link: UploadLink, etag: string | null, again: () => Promise<void>}} OfLink */

/** @param {OfLink} props */
function Whole({ link, etag, again }) {
  const address = useOnce(link.id);
  const entries = useEntries(link);
  const found = entries.pages.value;
  return html`
    <div class="head">
      <${Heading} title=${link.name} />
      <${ButtonLink} kind="quiet" icon="list" href="/studio/upload-links">${tell("all")}<//>
      <${Standing} link=${link} />
    </div>
    ${address && link.state !== "closed" && html`<${JustMade} address=${address} />`}
    <${Entries} link=${link} entries=${entries} />
    <${Judging} link=${link} />
    <${Terms} link=${link} etag=${etag} again=${again} />
    ${link.state !== "closed" && html`<${Renewal} link=${link} />`}
    ${found.is === "ready" && found.rows.length === 0 && html`<${Removal} link=${link} />`}
  `;
}

/** @param {{address: string}} props As the service calls it, which may have another name for those outside. */
function JustMade({ address }) {
  const drawing = `${new URL(address).pathname}/qr.svg`;
  return html`<section class="part" data-part="once">
    <${Callout} mood="info" role="status"><strong>${tell("hereItIs")}</strong><span>${tell("hereItIsAdvice")}</span><//>
    <${Copied} name=${tell("address")} text=${address} main />
    <div class="qr">
      <img src=${drawing} alt=${tell("qr")} width="160" height="160" />
      <div>
        <p class="hint">${tell("qrHint")}</p>
        <${ButtonLink} icon="download" href=${drawing} download="qr.svg">${tell("qrSave")}<//>
      </div>
    </div>
  </section>`;
}

/** @param {{link: UploadLink}} props */
function Renewal({ link }) {
  const open = useSignal(false);
  const renew = async () => {
    const { data } = await ask("POST", `/v1/upload-links/${link.id}/secret`);
    showOnce(link.id, data.page_url);
    window.scrollTo(0, 0);
  };
  return html`<${Section} name="renewal" title=${tell("lost")} hint=${tell("lostHint")}>
    <div class="actions"><${Button} icon="rotate-cw" onClick=${() => (open.value = true)}>${tell("renew")}<//></div>
    ${open.value &&
    html`<${Asking} title=${tell("renewAsk")} act=${tell("renew")} icon="rotate-cw" kind="main" onSure=${renew} onClose=${() => (open.value = false)}>
      <p>${tell("renewSure")}</p>
    <//>`}
  <//>`;
}

/** @param {{link: UploadLink}} props */
function Removal({ link }) {
  const open = useSignal(false);
  const remove = async () => {
    await ask("DELETE", `/v1/upload-links/${link.id}`);
    go("/studio/upload-links", { replace: true });
    toast(tell("removed"));
  };
  return html`<${Section} name="removal" title=${tell("remove")} hint=${tell("removeHint")}>
    <div class="actions"><${Button} kind="danger" icon="trash-2" onClick=${() => (open.value = true)}>${tell("remove")}<//></div>
    ${open.value &&
    html`<${Asking} title=${tell("removeAsk", { name: link.name })} act=${tell("remove")} icon="trash-2" onSure=${remove} onClose=${() => (open.value = false)}>
      <p>${tell("removeSure")}</p>
    <//>`}
  <//>`;
}
