/** Takes an entry down that must not be shown, which administrators may, for a reason. */
import { ask } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { toast } from "../../components/toast.js";
import { speaker } from "../../language.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";

const tell = speaker(TEXTS);

/** @param {{link: string, number: number, again: () => Promise<void>}} props */
export function Takedown({ link, number, again }) {
  const open = useSignal(false);
  const reason = useSignal("");
  const takeDown = async () => {
    await ask("POST", `/v1/upload-links/${link}/entries/${number}/takedown`, { json: { reason: reason.peek() } });
    toast(tell("takenDownNow", { n: number }));
    await again();
  };
  return html`<${Button} kind="danger" icon="trash-2" onClick=${() => (open.value = true)}
      >${tell("takeDown")}<span class="unseen"> ${tell("entry", { n: number })}</span><//
    >
    ${open.value &&
    html`<${Asking} title=${tell("takeDownAsk", { n: number })} act=${tell("takeDown")} icon="trash-2" onSure=${takeDown} onClose=${() => (open.value = false)}>
      <p>${tell("takeDownSure")}</p>
      <${Field}
        name=${tell("reason")}
        hint=${tell("reasonHint")}
        long
        required
        maxlength="1000"
        value=${reason.value}
        onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (reason.value = currentTarget.value)}
      />
    <//>`}`;
}
