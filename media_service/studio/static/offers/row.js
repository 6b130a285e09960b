/** An offer in a list: what is offered, how it does, what was said, and what can be done. */
import { Button, ButtonLink } from "../components/button.js";
import { useResource } from "../components/resource.js";
import { Callout } from "../components/section.js";
import { ErrorState, LoadingState } from "../components/states.js";
import { formatMoment, inLanguage, speaker } from "../language.js";
import { moodOfOffer, wayOf } from "../pure/offers.js";
import { formatTime } from "../pure/times.js";
import { html, useSignal } from "../vendor/ui.js";
import { OfferActions } from "./steps.js";
import { OFFER_TEXTS } from "./texts.js";
/** @import { Offer, Preview } from "./types" */

const tell = speaker(OFFER_TEXTS);

/** @param {{offer: Offer, onDone: () => Promise<void>, ofLesson?: boolean}} props */
export function OfferRow({ offer, onDone, ofLesson = false }) {
  const open = useSignal(false);
  const { lesson, state, direction, said } = offer;
  const last = said[said.length - 1];
  const who = tell(direction === "sent" ? "to" : "from", { name: offer.platform_name });
  const canLook = direction === "received" && (state === "offered" || state === "returned");
  const name = ofLesson ? who : lesson.title;
  return html`<li class="row offer" data-offer=${offer.id}>
    <p class="row-name">
      ${offer.asset_id && !ofLesson ? html`<a dir="auto" href=${`/studio/lessons/${offer.asset_id}`}>${name}</a>` : html`<span dir="auto">${name}</span>`}
      <span class="mark" data-mood=${moodOfOffer(state)}>${tell(state)}</span>
    </p>
    ${!ofLesson && html`<p class="row-state" dir="auto">${[who, lesson.owner, lesson.duration !== null && formatTime(lesson.duration)].filter(Boolean).join(" · ")}</p>`}
    ${direction === "received" && offer.stations.length > 1 && html`<p class="row-state" dir="auto">${tell("way")}: ${wayOf(offer.stations)}</p>`}
    ${last?.note && html`<blockquote class="note" dir="auto">${last.note}</blockquote>`}
    ${!offer.is_told &&
    html`<p class="hint" role="status">
      ${tell("notTold")} ${offer.failure && html`${inLanguage(offer.failure.message)} <code>${offer.failure.code}</code>`}
    </p>`}
    ${direction === "received" && state === "accepted" && !offer.asset_id && html`<p class="hint">${tell("copying")}</p>`}
    <div class="actions">
      ${canLook &&
      html`<${Button} icon="eye" aria-expanded=${open.value} onClick=${() => (open.value = !open.value)}
        >${tell(open.value ? "lookLess" : "look")}<span class="unseen"> ${lesson.title}</span><//
      >`}
      <${OfferActions} offer=${offer} onDone=${onDone} />
    </div>
    ${open.value && canLook && html`<${Look} offer=${offer} />`}
    ${said.length > 1 && html`<${History} offer=${offer} />`}
  </li>`;
}

/** The lesson as its platform tells it now. @param {{offer: Offer}} props */
function Look({ offer }) {
  const { now, again } = useResource(`/v1/offers/${offer.id}/lesson`);
  const found = now.value;
  if (found.is === "loading") return html`<${LoadingState} />`;
  if (found.is === "failed") return html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`;
  const { metadata, stations, duration, play_url: address } = /** @type {Preview} */ (found.data);
  /** @type {[string, string | null][]} */
  const facts = [
    [tell("owner"), metadata.owner],
    [tell("way"), wayOf(stations)],
    [tell("duration"), duration === null ? null : formatTime(duration)],
    [tell("audience"), metadata.audience],
    [tell("tags"), metadata.tags.join(" · ")],
    [tell("description"), metadata.description],
  ];
  return html`<div class="offer-look">
    ${address
      ? html`<p class="actions"><${ButtonLink} kind="main" icon="play" href=${address} target="_blank" rel="noopener noreferrer">${tell("play", { name: offer.platform_name })}<//></p>
          <p class="hint">${tell("playHint")}</p>`
      : html`<${Callout} mood="info">${tell("playNot")}<//>`}
    <dl class="facts">
      ${facts.map(([name, value]) => value && html`<div key=${name}><dt>${name}</dt><dd dir="auto" class="offer-text">${value}</dd></div>`)}
    </dl>
  </div>`;
}

/** @param {{offer: Offer}} props */
function History({ offer }) {
  return html`<details class="rest">
    <summary>${tell("history")}</summary>
    <ol class="lines">
      ${offer.said.map(
        ({ action, note, by, here, at }, place) => html`<li class="line" key=${place}>
          <div class="line-text">
            <p class="line-name">${tell(`said_${action}`)}</p>
            <p class="hint"><span dir="auto">${[by, here ? tell("saidHere") : offer.platform_name].filter(Boolean).join(" · ")}</span> · ${formatMoment(at)}</p>
            ${note && html`<p class="note" dir="auto">${note}</p>`}
          </div>
        </li>`,
      )}
    </ol>
  </details>`;
}
