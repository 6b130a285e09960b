/** What is copied from the other platform of a link, and how far that is. */
import { ask, problemOf } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { useResource } from "../../components/resource.js";
import { Section } from "../../components/section.js";
import { ErrorState } from "../../components/states.js";
import { toast } from "../../components/toast.js";
import { formatMoment, inLanguage, speaker } from "../../language.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";
import { BOX_TEXTS } from "./box-texts.js";
import { TEXTS } from "./texts.js";
/** @import { PlatformLink, Subscription } from "./types" */

const tell = speaker(TEXTS);
const tellBox = speaker(BOX_TEXTS);

const LOOK_AGAIN = 10_000;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** @param {{link: PlatformLink}} props */
export function Following({ link }) {
  const address = `/v1/platform-links/${link.id}/subscription`;
  const { now, again } = useResource(address);
  useEffect(() => {
    const timer = setInterval(() => void again(), LOOK_AGAIN);
    return () => clearInterval(timer);
  }, [address]);
  const found = now.value;
  return html`<${Section} name="following" title=${tell("copied")} hint=${tell("copiedHint")}>
    ${found.is === "ready" && html`<${Standing} subscription=${found.data} address=${address} again=${again} />`}
    ${found.is === "failed" &&
    (found.problem.status === 404
      ? html`<${Beginning} address=${address} again=${again} />`
      : html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`)}
  <//>`;
}

/** @param {{address: string, again: () => Promise<void>}} props */
function Beginning({ address, again }) {
  const from = useSignal("");
  const until = useSignal("");
  const begin = async () => {
    const window = from.value !== "" && until.value !== "" ? { window_from: Number(from.value) * 60, window_until: Number(until.value) * 60 } : {};
    try {
      await ask("PUT", address, { json: window });
      toast(tell("saved"));
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
    await again();
  };
  const hour = (/** @type {import("../../vendor/ui.js").Signal<string>} */ of, /** @type {"nightFrom" | "nightUntil"} */ name) =>
    html`<${Field} name=${tell(name)} onChange=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (of.value = currentTarget.value)}>
      <option value="">${tell("anyTime")}</option>
      ${HOURS.map((each) => html`<option key=${each} value=${each} selected=${of.value === String(each)}>${each}:00</option>`)}
    <//>`;
  return html`<div class="form">
    ${hour(from, "nightFrom")} ${hour(until, "nightUntil")}
    <div class="actions"><${Button} icon="copy" onClick=${() => void begin()}>${tell("copyAll")}<//></div>
  </div>`;
}

/** @param {{subscription: Subscription, address: string, again: () => Promise<void>}} props */
function Standing({ subscription, address, again }) {
  const open = useSignal(false);
  const stop = async () => {
    await ask("DELETE", address);
    await again();
  };
  const { current, behind, failing, bytes_left: left, read_at: readAt, window_from: from, window_until: until } = subscription;
  const size = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 });
  const said = [
    tell("current", { n: current }),
    behind > 0 && tell("behind", { n: behind }),
    failing > 0 && tell("troubled", { n: failing }),
    left > 0 && tell("left", { size: size.format(left / 1_000_000) }),
    subscription.suspended_at && tellBox("suspended", { moment: formatMoment(subscription.suspended_at) }),
    readAt && tell("readAt", { moment: formatMoment(readAt) }),
    from !== null && until !== null && tell("night", { from: clock(from), until: clock(until) }),
  ];
  return html`
    <div role="status">
      <ul>
        ${said.filter(Boolean).map((each) => html`<li key=${each}>${each}</li>`)}
      </ul>
    </div>
    <div class="actions"><${Button} icon="x" onClick=${() => (open.value = true)}>${tell("copyNone")}<//></div>
    ${open.value &&
    html`<${Asking} title=${tell("copyNone")} act=${tell("copyNone")} kind="main" onSure=${stop} onClose=${() => (open.value = false)}>
      <p>${tell("copyNoneSure")}</p>
    <//>`}
  `;
}

/** @param {number} minutes Since midnight. */
function clock(minutes) {
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}
