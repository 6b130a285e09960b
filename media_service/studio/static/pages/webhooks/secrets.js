/** What messages are signed with, and how that is exchanged. */
import { ask } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { showOnce } from "../../components/once.js";
import { Section } from "../../components/section.js";
import { formatMoment, speaker } from "../../language.js";
import { OVERLAPS } from "../../pure/webhooks.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Endpoint } from "./types" */

const tell = speaker(TEXTS);
const A_DAY = 24;

/** @param {{endpoint: Endpoint, again: () => Promise<void>}} props */
export function Secrets({ endpoint, again }) {
  const open = useSignal(false);
  const overlap = useSignal(A_DAY);
  const rotate = async () => {
    const { data } = await ask("POST", `/v1/webhook-endpoints/${endpoint.id}/rotate`, { json: { overlap_hours: overlap.peek() } });
    showOnce(endpoint.id, data.secret);
    await again();
    window.scrollTo(0, 0);
  };
  return html`<${Section} name="secrets" title=${tell("secrets")} hint=${tell("secretsHint")}>
    <ul class="rows">
      ${endpoint.secrets.map(
        ({ signing, public_key: key, created_at: since, expires_at: until }) => html`<li key=${since}>
          <p>${tell(signing)}</p>
          <p class="hint">
            ${[tell("secretSince", { moment: formatMoment(since) }), until && tell("secretUntil", { moment: formatMoment(until) })].filter(Boolean).join(" · ")}
          </p>
          ${key && html`<code>${key}</code>`}
        </li>`,
      )}
    </ul>
    <div class="actions"><${Button} icon="key-round" onClick=${() => (open.value = true)}>${tell("rotate")}<//></div>
    ${open.value &&
    html`<${Asking} title=${tell("rotateAsk")} act=${tell("rotate")} icon="key-round" kind="main" onSure=${rotate} onClose=${() => (open.value = false)}>
      <p>${tell("rotateHint")}</p>
      <${Field}
        name=${tell("overlap")}
        onChange=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (overlap.value = Number(currentTarget.value))}
      >
        ${OVERLAPS.map(
          (hours) =>
            html`<option key=${hours} value=${hours} selected=${hours === overlap.value}>
              ${tell(/** @type {keyof typeof TEXTS.en} */ (`overlap_${hours}`))}
            </option>`,
        )}
      <//>
    <//>`}
  <//>`;
}
