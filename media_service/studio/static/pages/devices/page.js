/** Where one is signed in, and how to end that from afar. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Heading } from "../../components/heading.js";
import { useResource } from "../../components/resource.js";
import { ErrorState, LoadingState } from "../../components/states.js";
import { toast } from "../../components/toast.js";
import { formatMoment, inLanguage, speaker } from "../../language.js";
import { nameBrowser } from "../../pure/browsers.js";
import { html } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";

const tell = speaker(TEXTS);

/** @typedef {{id: string, user_agent: string, address: string, last_used_at: string, current: boolean}} Device */

export function Page() {
  const { now, again } = useResource("/v1/sessions?mine=true&limit=100");
  const found = now.value;
  const end = async (/** @type {string} */ id) => {
    try {
      await ask("DELETE", `/v1/sessions/${id}`);
      toast(tell("signedOut"));
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
    await again();
  };
  return html`
    <${Heading} title=${tell("title")} />
    ${found.is === "loading" && html`<${LoadingState} />`}
    ${found.is === "failed" && html`<${ErrorState} problem=${found.problem} onRetry=${again} />`}
    ${found.is === "ready" &&
    html`<p>${tell("advice")}</p>
      <ul class="rows">
        ${found.data.sessions.map((/** @type {Device} */ device) => html`<${Row} key=${device.id} device=${device} onEnd=${end} />`)}
      </ul>`}
  `;
}

/** @param {{device: Device, onEnd: (id: string) => void}} props */
function Row({ device, onEnd }) {
  const name = nameBrowser(device.user_agent) ?? tell("unknown");
  const moment = formatMoment(device.last_used_at);
  return html`<li class="row">
    <p class="row-name">${name}${device.current && html` <span class="mark">${tell("current")}</span>`}</p>
    <p class="row-state">${[device.address, tell("lastUsed", { moment })].filter(Boolean).join(" · ")}</p>
    ${!device.current &&
    html`<div class="actions">
      <${Button} icon="log-out" aria-label=${tell("signOutOf", { name, moment })} onClick=${() => onEnd(device.id)}>${tell("signOut")}<//>
    </div>`}
  </li>`;
}
