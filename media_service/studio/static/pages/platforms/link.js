/** One link: what has to be done next, how the other platform is met, what is shared with it, and what is copied from it. */
import { ask, problemOf } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button, ButtonLink } from "../../components/button.js";
import { Copied } from "../../components/copying.js";
import { Heading } from "../../components/heading.js";
import { useResource } from "../../components/resource.js";
import { Callout, Section } from "../../components/section.js";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.js";
import { useEvery } from "../../components/timing.js";
import { toast } from "../../components/toast.js";
import { formatMoment, inLanguage, speaker } from "../../language.js";
import { OfferLists } from "../../offers/lists.js";
import { html, useSignal } from "../../vendor/ui.js";
import { BOX_TEXTS } from "./box-texts.js";
import { Following } from "./following.js";
import { Shares } from "./shares.js";
import { isFailing, Standing } from "./standing.js";
import { TEXTS } from "./texts.js";
import { Totals } from "./totals.js";
/** @import { PlatformLink } from "./types" */

const tell = speaker(TEXTS);
const tellBox = speaker(BOX_TEXTS);

const LOOK_AGAIN = 10_000;

/** @param {{params: Record<string, string>}} props */
export function Page({ params }) {
  const { now, again } = useResource(`/v1/platform-links/${params["id"]}`);
  useEvery(LOOK_AGAIN, () => again(), [params["id"]]);
  const found = now.value;
  if (found.is === "loading") return html`<${Heading} title=${tell("platform")} /><${LoadingState} />`;
  if (found.is === "ready") return html`<${Whole} link=${found.data} again=${again} />`;
  return html`
    <${Heading} title=${tell("platform")} />
    ${found.problem.status === 404
      ? html`<${EmptyState} icon="share-2" title=${tell("gone")}>
          <${ButtonLink} kind="main" href="/studio/platforms">${tell("all")}<//>
        <//>`
      : html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
  `;
}

/** @typedef {{link: PlatformLink, again: () => Promise<void>}} OfLink */

/** @param {OfLink} props */
function Whole({ link, again }) {
  return html`
    <div class="head">
      <${Heading} title=${link.name || tell("unnamed")} />
      <${ButtonLink} kind="quiet" icon="list" href="/studio/platforms">${tell("all")}<//>
      <p class="row-state"><${Standing} link=${link} /> ${link.url && html`<span dir="ltr">${link.url}</span>`}</p>
    </div>
    ${link.code &&
    html`<section class="part" data-part="code">
      <${Callout} mood="info" role="status"
        ><strong>${tell("sendCode")}</strong><span>${tell(link.url ? "sendAnswer" : "sendOffer")}</span><//
      >
      <${Copied} name=${tell("yourCode")} text=${link.code} main />
    </section>`}
    ${link.fingerprint &&
    link.state !== "ended" &&
    html`<${Section} name="fingerprint" title=${tell("compare")} hint=${tell("compareHint")}>
      <p><span class="unseen">${tell("fingerprint")}: </span><code class="fingerprint" dir="ltr">${link.fingerprint}</code></p>
    <//>`}
    ${link.url && link.state !== "ended" && html`<${Contact} link=${link} again=${again} />`}
    ${link.state !== "ended" && html`<${Shares} link=${link} again=${again} />`}
    ${link.url && link.state !== "ended" && html`<${Following} link=${link} />`}
    ${link.url && link.state !== "ended" && html`<${Totals} link=${link} />`}
    ${link.url && html`<${OfferLists} linkId=${link.id} />`}
    ${link.state !== "ended" && html`<${Ending} link=${link} again=${again} />`}
  `;
}

/** @param {OfLink} props */
function Contact({ link, again }) {
  const turn = async () => {
    const state = link.state === "paused" ? "linked" : "paused";
    try {
      await ask("PATCH", `/v1/platform-links/${link.id}`, { json: { state } });
      toast(tell(state === "paused" ? "pausedNow" : "resumed"));
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
    await again();
  };
  const moment = (/** @type {string | null} */ at) => (at ? formatMoment(at) : tell("never"));
  const ahead = Math.round(link.clock_ahead ?? 0);
  const clock = Math.abs(ahead) < 5 ? tell("clockSame") : tell(ahead > 0 ? "clockAhead" : "clockBehind", { n: Math.abs(ahead) });
  return html`<${Section} name="contact" title=${tell("contact")}>
    ${isFailing(link) &&
    link.failure &&
    html`<${Callout} mood="bad" role="status"
      >${link.failure.since && html`<strong>${tell("failingSince", { moment: formatMoment(link.failure.since) })}</strong>`}
      <span>${inLanguage(link.failure.message)} <code>${link.failure.code}</code></span><//
    >`}
    ${link.asks_only && html`<p>${tellBox("asksUs")}</p>`}
    <dl class="facts">
      <div><dt>${tell("reached")}</dt><dd>${moment(link.reached_at)}</dd></div>
      <div><dt>${tell("heard")}</dt><dd>${moment(link.heard_at)}</dd></div>
      ${link.clock_ahead !== null && html`<div><dt>${tell("clock")}</dt><dd>${clock}</dd></div>`}
    </dl>
    ${link.state !== "waiting" &&
    html`<div class="actions">
      <${Button} icon=${link.state === "paused" ? "play" : "pause"} onClick=${() => void turn()}>${tell(link.state === "paused" ? "resume" : "pause")}<//>
    </div>`}
  <//>`;
}

/** @param {OfLink} props */
function Ending({ link, again }) {
  const open = useSignal(false);
  const end = async () => {
    await ask("DELETE", `/v1/platform-links/${link.id}`);
    toast(tell("endedNow"));
    await again();
  };
  return html`<${Section} name="ending" title=${tell("end")} hint=${tell("endHint")}>
    <div class="actions"><${Button} kind="danger" icon="trash-2" onClick=${() => (open.value = true)}>${tell("end")}<//></div>
    ${open.value &&
    html`<${Asking}
      title=${tell("endAsk", { name: link.name || tell("unnamed") })}
      act=${tell("end")}
      icon="trash-2"
      onSure=${end}
      onClose=${() => (open.value = false)}
    >
      <p>${tell("endSure")}</p>
    <//>`}
  <//>`;
}
