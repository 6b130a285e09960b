/** What is followed of the other platform of a link: how, how much of it, and how far that is. */
import { ask } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { useResource } from "../../components/resource.js";
import { Section } from "../../components/section.js";
import { ErrorState } from "../../components/states.js";
import { useEvery } from "../../components/timing.js";
import { formatMoment, speaker } from "../../language.js";
import { html, useSignal } from "../../vendor/ui.js";
import { Arrived } from "./arrived.js";
import { BOX_TEXTS } from "./box-texts.js";
import { FollowingForm } from "./following-form.js";
import { FOLLOWING_TEXTS } from "./following-texts.js";
/** @import { PlatformLink, Subscription } from "./types" */

const tell = speaker(FOLLOWING_TEXTS);
const tellBox = speaker(BOX_TEXTS);

const LOOK_AGAIN = 10_000;

/** @param {{link: PlatformLink}} props */
export function Following({ link }) {
  const address = `/v1/platform-links/${link.id}/subscription`;
  const { now, again } = useResource(address);
  useEvery(LOOK_AGAIN, () => again(), [address]);
  const found = now.value;
  const nothing = found.is === "failed" && found.problem.status === 404;
  return html`<${Section} name="following" title=${tell("title")} hint=${tell("hint")}>
      ${found.is === "ready" && html`<${Standing} subscription=${found.data} address=${address} again=${again} />`}
      ${found.is === "failed" &&
      (nothing
        ? html`<${FollowingForm} known=${null} address=${address} onDone=${again} />`
        : html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`)}
    <//>
    ${found.is === "ready" && html`<${Arrived} link=${link} subscription=${found.data} address=${address} again=${again} />`}`;
}

/** @param {{subscription: Subscription, address: string, again: () => Promise<void>}} props */
function Standing({ subscription, address, again }) {
  const open = useSignal(/** @type {"" | "ending" | "changing"} */ (""));
  const close = () => (open.value = "");
  const stop = async () => {
    await ask("DELETE", address);
    await again();
  };
  const { mode, only, current, references, behind, failing, left_out: leftOut, read_at: readAt } = subscription;
  const { bytes_left: left, bytes_stored: stored, most_bytes: most, eta_seconds: eta, window_from: from, window_until: until } = subscription;
  const said = [
    tell(mode === "mirror" ? "isMirror" : "isReference"),
    only !== null && tell("isPart"),
    tell("current", { n: current }),
    references > 0 && tell("references", { n: references }),
    behind > 0 && tell("behind", { n: behind }),
    failing > 0 && tell("troubled", { n: failing }),
    leftOut > 0 && tell("leftOut", { n: leftOut }),
    left > 0 && tell("left", { size: sizeOf(left) }) + (eta === null ? "" : ` · ${tell("eta", { time: timeOf(eta) })}`),
    most === null ? stored > 0 && tell("stored", { size: sizeOf(stored) }) : tell("storedOf", { size: sizeOf(stored), most: sizeOf(most) }),
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
    ${open.value === "changing" &&
    html`<${FollowingForm}
      known=${subscription}
      address=${address}
      onDone=${async () => {
        close();
        await again();
      }}
    />`}
    <div class="actions">
      ${open.value !== "changing" && html`<${Button} icon="pencil" onClick=${() => (open.value = "changing")}>${tell("change")}<//>`}
      <${Button} icon="x" onClick=${() => (open.value = "ending")}>${tell("end")}<//>
    </div>
    ${open.value === "ending" &&
    html`<${Asking} title=${tell("end")} act=${tell("end")} kind="main" onSure=${stop} onClose=${close}>
      <p>${tell("endSure")}</p>
    <//>`}
  `;
}

/** @param {number} bytes */
function sizeOf(bytes) {
  const gigabytes = bytes >= 1e9;
  const form = { style: /** @type {const} */ ("unit"), unit: gigabytes ? "gigabyte" : "megabyte", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(document.documentElement.lang, form).format(bytes / (gigabytes ? 1e9 : 1e6));
}

/** @param {number} seconds */
function timeOf(seconds) {
  const hours = seconds >= 5400;
  const form = { style: /** @type {const} */ ("unit"), unit: hours ? "hour" : "minute", unitDisplay: /** @type {const} */ ("long"), maximumFractionDigits: 0 };
  return new Intl.NumberFormat(document.documentElement.lang, form).format(Math.max(1, Math.round(seconds / (hours ? 3600 : 60))));
}

/** @param {number} minutes Since midnight. */
function clock(minutes) {
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}
