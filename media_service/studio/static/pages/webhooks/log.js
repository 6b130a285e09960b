/** What was sent to an endpoint, what became of it, and sending it again. */
import { ask, problemOf } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { PagedList, usePaged } from "../../components/paged.js";
import { Section } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { formatMoment, inLanguage, language, say, speaker } from "../../language.js";
import { localMoment } from "../../pure/link-terms.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";
import { typeWord } from "./standing.js";
import { TEXTS } from "./texts.js";
/** @import { Attempt, Delivery, Endpoint } from "./types" */

const tell = speaker(TEXTS);

/** @typedef {keyof typeof TEXTS.en} Name */

const STATES = /** @type {const} */ (["", "pending", "delivered", "failed"]);

/** @type {Record<Delivery["state"], "good" | "bad" | "warn">} */
const MOODS = { pending: "warn", delivered: "good", failed: "bad" };

/** What is sent now has mostly been answered by then. */
const SOON_MS = 2000;

/** @param {{endpoint: Endpoint, again: () => Promise<void>}} props `again` asks for the endpoint once more. */
export function Log({ endpoint, again }) {
  const state = useSignal("");
  const replaying = useSignal(false);
  const address = `/v1/webhook-endpoints/${endpoint.id}`;
  const deliveries = usePaged(`${address}/deliveries?limit=20${state.value && `&state=${state.value}`}`, "deliveries");
  const look = () => Promise.all([deliveries.again(), again()]);
  const found = deliveries.pages.value;
  const isEmpty = found.is === "ready" && found.rows.length === 0 && state.value === "";
  // What it begins with, a test, comes in a moment.
  useEffect(() => {
    if (!isEmpty) return undefined;
    const timer = setInterval(() => !document.hidden && void look(), SOON_MS);
    return () => clearInterval(timer);
  }, [isEmpty]);
  const send = async (/** @type {string} */ path, /** @type {Name} */ done) => {
    try {
      await ask("POST", address + path);
      toast(tell(done));
      setTimeout(() => void look(), SOON_MS);
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
  };
  return html`<${Section}
    name="log"
    title=${tell("log")}
    hint=${tell("logHint")}
    aside=${html`<${Button} kind="quiet" icon="rotate-cw" onClick=${() => void look()}>${say("lookAgain")}<//>`}
  >
    <div class="pair log-head">
      <${Field}
        name=${tell("logState")}
        onChange=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (state.value = currentTarget.value)}
      >
        ${STATES.map((each) => html`<option key=${each} value=${each} selected=${each === state.value}>${tell(`state_${each}`)}</option>`)}
      <//>
      <div class="actions">
        <${Button} icon="webhook" onClick=${() => void send("/ping", "tested")}>${tell("test")}<//>
        <${Button} icon="undo-2" onClick=${() => (replaying.value = true)}>${tell("replay")}<//>
      </div>
    </div>
    <${PagedList}
      of=${deliveries}
      empty=${html`<p class="hint">${tell("noDeliveries")}</p>`}
      row=${(/** @type {Delivery} */ delivery) => html`<${Row}
        key=${delivery.id}
        delivery=${delivery}
        onResend=${() => void send(`/deliveries/${delivery.id}/resend`, "resent")}
      />`}
    />
    ${replaying.value && html`<${Replay} address=${address} onDone=${look} onClose=${() => (replaying.value = false)} />`}
  <//>`;
}

/** @param {{delivery: Delivery, onResend: () => void}} props */
function Row({ delivery, onResend }) {
  const { event_type: type, state, created_at: created, next_at: next, attempts } = delivery;
  const [what, moment] = [typeWord(type), formatMoment(created)];
  const last = attempts.at(-1);
  return html`<li class="row delivery">
    <div class="row-head">
      <p class="row-name">${what} <span class="mark" data-mood=${MOODS[state]}>${tell(`state_${state}`)}</span></p>
      <p class="row-state">
        ${[moment, last && outcome(last), state === "pending" && next && tell("nextAt", { moment: formatMoment(next) })].filter(Boolean).join(" · ")}
      </p>
    </div>
    <div class="actions">
      <${Button} icon="undo-2" aria-label=${tell("resendOf", { what, moment })} onClick=${onResend}>${tell("resend")}<//>
    </div>
    ${attempts.length > 0 &&
    html`<details class="rest">
      <summary>${tell("tries", { n: attempts.length })}</summary>
      <ol class="attempts">
        ${attempts.map(
          (attempt) => html`<li key=${attempt.at}>
            <p>${formatMoment(attempt.at)} · ${outcome(attempt)}</p>
            ${attempt.answer && html`<code>${attempt.answer}</code>`}
          </li>`,
        )}
      </ol>
      <p class="hint"><code>${type}</code> <code>${delivery.event_id}</code></p>
    </details>`}
  </li>`;
}

/** @param {Attempt} attempt */
function outcome({ status, failure, milliseconds }) {
  if (failure !== null) return tell(failure in TEXTS.en ? /** @type {Name} */ (failure) : "otherFailure");
  const seconds = new Intl.NumberFormat(language.value, { maximumFractionDigits: 1 }).format(milliseconds / 1000);
  return tell("answered", { status: status ?? "?", time: tell("inSeconds", { n: seconds }) });
}

/** @param {{address: string, onDone: () => Promise<unknown>, onClose: () => void}} props */
function Replay({ address, onDone, onClose }) {
  const since = useSignal(localMoment(new Date(Date.now() - 86_400_000)));
  const replay = async () => {
    await ask("POST", `${address}/replay`, { json: { since: new Date(since.peek()).toISOString() } });
    toast(tell("replayed"));
    setTimeout(() => void onDone(), SOON_MS);
  };
  return html`<${Asking} title=${tell("replay")} act=${tell("replay")} icon="undo-2" kind="main" onSure=${replay} onClose=${onClose}>
    <p>${tell("replayHint")}</p>
    <${Field}
      name=${tell("since")}
      type="datetime-local"
      required
      value=${since.value}
      onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (since.value = currentTarget.value)}
    />
  <//>`;
}
