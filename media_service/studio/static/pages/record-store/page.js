/** Where statements of study go (xAPI), and whether they arrive. */
import { ask, problemOf } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { Heading } from "../../components/heading.js";
import { useResource } from "../../components/resource.js";
import { Callout, Section } from "../../components/section.js";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.js";
import { useEvery } from "../../components/timing.js";
import { toast } from "../../components/toast.js";
import { formatMoment, inLanguage, language, speaker } from "../../language.js";
import { session } from "../../session.js";
import { html, useSignal } from "../../vendor/ui.js";
import { StoreForm } from "./form.js";
import { TEXTS } from "./texts.js";
/** @import { RecordStore, Tested } from "./types" */

const tell = speaker(TEXTS);

const LOOK_AGAIN = 10_000;

export function Page() {
  const own = session.value.is === "in" ? session.value.person.organizationId : "";
  const address = `/v1/organizations/${own}/record-store`;
  const { now, again } = useResource(address);
  useEvery(LOOK_AGAIN, () => !document.hidden && again(), [address]);
  const found = now.value;
  return html`
    <${Heading} title=${tell("title")} />
    <p>${tell("advice")}</p>
    ${found.is === "loading" && html`<${LoadingState} />`}
    ${found.is === "ready" && html`<${Known} store=${found.data} address=${address} again=${again} />`}
    ${found.is === "failed" &&
    (found.problem.code === "record_store_not_found"
      ? html`<${EmptyState} icon="send" title=${tell("none")} />
          <${Section} name="begin" title=${tell("begin")}>
            <${StoreForm} address=${address} before=${{ url: "", username: "" }} enabled act=${tell("begin")} again=${again} />
          <//>`
      : html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`)}
  `;
}

/** @typedef {{store: RecordStore, address: string, again: () => Promise<void>}} OfStore */

/** @param {OfStore} props */
function Known({ store, address, again }) {
  return html`
    <${Doing} store=${store} address=${address} again=${again} />
    <${Section} name="change" title=${tell("change")}>
      <${StoreForm} address=${address} before=${store} enabled=${store.enabled} act=${tell("save")} again=${again} />
    <//>
    <${Ending} address=${address} again=${again} />
  `;
}

/** @param {OfStore} props */
function Doing({ store, address, again }) {
  const tested = useSignal(/** @type {Tested | null} */ (null));
  const busy = useSignal(false);
  const act = async (/** @type {() => Promise<void>} */ doing) => {
    busy.value = true;
    try {
      await doing();
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    } finally {
      busy.value = false;
    }
    await again();
  };
  const test = async () => {
    tested.value = (await ask("POST", `${address}/test`)).data;
  };
  const turn = async () => {
    await ask("PATCH", address, { json: { enabled: !store.enabled } });
    toast(tell(store.enabled ? "pausedNow" : "resumed"));
  };
  const resend = async () => {
    await ask("POST", `${address}/resend`);
    toast(tell("resent"));
  };
  const mood = !store.enabled ? "still" : store.failing_since ? "bad" : "good";
  const count = new Intl.NumberFormat(language.value);
  return html`<${Section} name="doing" title=${tell("doing")}>
    <p class="row-state">
      <span class="mark" data-mood=${mood}>${tell(!store.enabled ? "paused" : store.failing_since ? "failing" : "works")}</span>
      <span dir="ltr">${store.url}</span>
    </p>
    ${store.failing_since &&
    html`<${Callout} mood="bad" role="status"
      ><span>${tell("failingSince", { moment: formatMoment(store.failing_since) })}</span> <code dir="auto">${store.failure}</code><//
    >`}
    ${store.refused > 0 &&
    html`<${Callout} mood="warn" role="status"
      ><span>${tell("refusals", { n: store.refused })}</span> <code dir="auto">${store.refusal}</code><//
    >`}
    <dl class="facts">
      <div><dt>${tell("waiting")}</dt><dd>${count.format(store.waiting)}</dd></div>
      <div><dt>${tell("sent")}</dt><dd>${count.format(store.sent)}</dd></div>
      <div><dt>${tell("refused")}</dt><dd>${count.format(store.refused)}</dd></div>
      <div><dt>${tell("lastSent")}</dt><dd>${store.sent_at ? formatMoment(store.sent_at) : tell("never")}</dd></div>
    </dl>
    <div class="actions">
      <${Button} icon="send" disabled=${busy.value} onClick=${() => void act(test)}>${tell("test")}<//>
      <${Button} icon=${store.enabled ? "pause" : "play"} disabled=${busy.value} onClick=${() => void act(turn)}
        >${tell(store.enabled ? "pause" : "resume")}<//
      >
      ${store.refused > 0 && html`<${Button} icon="undo-2" disabled=${busy.value} onClick=${() => void act(resend)}>${tell("resend")}<//>`}
    </div>
    ${tested.value &&
    html`<${Callout} mood=${tested.value.outcome === "works" ? "info" : "bad"} role="status"
      ><span>${tell(`test_${tested.value.outcome}`)}</span> <code dir="auto">${tested.value.detail}</code><//
    >`}
  <//>`;
}

/** @param {{address: string, again: () => Promise<void>}} props */
function Ending({ address, again }) {
  const open = useSignal(false);
  const remove = async () => {
    await ask("DELETE", address);
    toast(tell("removedNow"));
    await again();
  };
  return html`<${Section} name="ending" title=${tell("remove")} hint=${tell("removeHint")}>
    <div class="actions"><${Button} kind="danger" icon="trash-2" onClick=${() => (open.value = true)}>${tell("remove")}<//></div>
    ${open.value &&
    html`<${Asking} title=${tell("removeAsk")} act=${tell("remove")} icon="trash-2" onSure=${remove} onClose=${() => (open.value = false)}>
      <p>${tell("removeSure")}</p>
    <//>`}
  <//>`;
}
