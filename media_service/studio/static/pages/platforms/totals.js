/** How totals of views pass over a link: what is told, what waits and why, and whose totals count. */
import { ask, problemOf } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { useResource } from "../../components/resource.js";
import { Callout, Section } from "../../components/section.js";
import { ErrorState } from "../../components/states.js";
import { useEvery } from "../../components/timing.js";
import { toast } from "../../components/toast.js";
import { formatMoment, inLanguage, speaker } from "../../language.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TOTALS_TEXTS } from "./totals-texts.js";
/** @import { PlatformLink, PlatformTotals, ReportingPlatform } from "./types" */

const tell = speaker(TOTALS_TEXTS);

const LOOK_AGAIN = 10_000;

/** @param {{link: PlatformLink}} props */
export function Totals({ link }) {
  const address = `/v1/platform-links/${link.id}/totals`;
  const { now, again } = useResource(address);
  useEvery(LOOK_AGAIN, () => again(), [address]);
  const found = now.value;
  return html`<${Section} name="totals" title=${tell("title")} hint=${tell("hint")}>
    ${found.is === "failed" && html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
    ${found.is === "ready" && html`<${Standing} totals=${found.data} /><${Told} totals=${found.data} address=${address} again=${again} />`}
  <//>`;
}

/** @param {{totals: PlatformTotals}} props */
function Standing({ totals: { owed, owed_since: since, told_at: toldAt, heard_at: heardAt, failure, refused } }) {
  const said = [
    owed > 0 ? tell("owed", { n: owed }) : toldAt && tell("allTold"),
    since && tell("owedSince", { moment: formatMoment(since) }),
    toldAt && tell("toldAt", { moment: formatMoment(toldAt) }),
    heardAt && tell("heardAt", { moment: formatMoment(heardAt) }),
  ].filter(Boolean);
  return html`
    ${failure && html`<${Callout} mood="bad" role="status"><span>${inLanguage(failure.message)} <code>${failure.code}</code></span><//>`}
    ${refused.map(
      ({ code, message, days }) =>
        html`<${Callout} key=${code} mood="bad" role="status"
          ><strong>${tell("refused", { n: days })}</strong> <span>${inLanguage(message)} <code>${code}</code></span><//
        >`,
    )}
    ${said.length > 0 &&
    html`<div role="status">
      <ul>
        ${said.map((each) => html`<li key=${each}>${each}</li>`)}
      </ul>
    </div>`}
  `;
}

/** @param {{totals: PlatformTotals, address: string, again: () => Promise<void>}} props */
function Told({ totals: { platforms }, address, again }) {
  const asked = useSignal(/** @type {ReportingPlatform | null} */ (null));
  const count = async (/** @type {ReportingPlatform} */ { id }, /** @type {boolean} */ counted) => {
    try {
      await ask("PUT", `${address}/${id}`, { json: { counted } });
      toast(tell("saved"));
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
    await again();
  };
  if (platforms.length === 0) return html`<p>${tell("nothing")}</p>`;
  const leaving = asked.value;
  return html`
    <h3>${tell("from")}</h3>
    <ul class="rows">
      ${platforms.map(
        (each) => html`<li class="row" key=${each.id} data-platform=${each.id}>
          <p>
            <strong dir="auto">${each.name}</strong> <span class="address" dir="ltr">${each.url}</span>
            ${!each.counted && html` <span class="mark" data-mood="still">${tell("leftOut")}</span>`}
          </p>
          <p>
            ${tell("views", { n: each.views })}
            ${each.first && each.last && html` · ${tell("days", { first: each.first, last: each.last, zone: each.time_zone })}`}
          </p>
          <div class="actions">
            ${each.counted
              ? html`<${Button} icon="x" onClick=${() => (asked.value = each)}>${tell("leaveOut")}<//>`
              : html`<${Button} icon="plus" onClick=${() => void count(each, true)}>${tell("count")}<//>`}
          </div>
        </li>`,
      )}
    </ul>
    ${leaving &&
    html`<${Asking}
      title=${tell("leaveOutAsk", { name: leaving.name })}
      act=${tell("leaveOut")}
      onSure=${() => count(leaving, false)}
      onClose=${() => (asked.value = null)}
    >
      <p>${tell("leaveOutSure")}</p>
    <//>`}
  `;
}
