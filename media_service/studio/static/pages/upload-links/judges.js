/** Who judges: added by name, given a link that is shown once, and seen by how far they are. */
import { ask, problemOf } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { Copied } from "../../components/copying.js";
import { Field } from "../../components/field.js";
import { showOnce, useOnce } from "../../components/once.js";
import { Progress } from "../../components/progress.js";
import { Callout } from "../../components/section.js";
import { formatMoment, inLanguage, speaker } from "../../language.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Problem } from "../../types" */
/** @import { Judge, Judging } from "./types" */

const tell = speaker(TEXTS);

/** @param {{judging: Judging, judges: Judge[], again: () => Promise<void>}} props */
export function Judges({ judging, judges, again }) {
  const isOver = judging.state === "closed";
  return html`<div class="part" data-part="judges">
    <h3>${tell("judges")}</h3>
    ${judges.length > 0
      ? html`<ul class="rows">${judges.map((judge) => html`<${Row} key=${judge.id} judge=${judge} isOver=${isOver} again=${again} />`)}</ul>`
      : html`<p class="hint">${tell("noJudges")}</p>`}
    ${!isOver && html`<${NewJudge} link=${judging.link_id} again=${again} />`}
  </div>`;
}

/** @param {{link: string, again: () => Promise<void>}} props */
function NewJudge({ link, again }) {
  const name = useSignal("");
  const busy = useSignal(false);
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const add = async (/** @type {Event} */ event) => {
    event.preventDefault();
    busy.value = true;
    problem.value = null;
    try {
      const { data } = await ask("POST", `/v1/upload-links/${link}/judges`, { json: { name: name.peek().trim() } });
      showOnce(data.id, data.page_url);
      name.value = "";
      await again();
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  return html`<form class="form" onSubmit=${add}>
    <${Field}
      name=${tell("judgeName")}
      hint=${tell("judgeNameHint")}
      required
      pattern=".*\\S.*"
      maxlength="255"
      value=${name.value}
      onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (name.value = currentTarget.value)}
    />
    ${problem.value && html`<${Callout} mood="bad" role="alert">${inLanguage(problem.value.message)} <code>${problem.value.code}</code><//>`}
    <div class="actions"><${Button} icon="plus" type="submit" disabled=${busy.value}>${tell("judgeAdd")}<//></div>
  </form>`;
}

/** @param {{judge: Judge, isOver: boolean, again: () => Promise<void>}} props */
function Row({ judge, isOver, again }) {
  const { id, name, judged, entries, revoked_at: revoked } = judge;
  const address = useOnce(id);
  const doing = useSignal(/** @type {"" | "renewing" | "revoking"} */ (""));
  const done = () => {
    doing.value = "";
  };
  const place = `/v1/upload-links/${judge.link_id}/judges/${id}`;
  const renew = async () => {
    const { data } = await ask("POST", `${place}/secret`);
    showOnce(id, data.page_url);
  };
  const revoke = async () => {
    await ask("DELETE", place);
    await again();
  };
  return html`<li class="row judge">
    <p class="row-name" dir="auto">${name}${revoked !== null && html` <span class="mark" data-mood="still">${tell("revoked")}</span>`}</p>
    ${revoked === null
      ? html`<p class="row-state">${tell("judgedOf", { judged, n: entries })}</p>
          ${entries > 0 && html`<${Progress} label=${tell("progressOf", { name })} percent=${Math.round((judged / entries) * 100)} mood=${judged === entries ? "done" : "going"} />`}`
      : html`<p class="row-state">${tell("revokedAt", { moment: formatMoment(revoked) })}</p>`}
    ${address !== null &&
    revoked === null &&
    html`<${Callout} mood="info" role="status"><strong>${tell("judgeLinkOnce")}</strong><//>
      <${Copied} name=${tell("judgeLink")} of=${name} text=${address} main />`}
    ${!isOver &&
    revoked === null &&
    html`<div class="actions">
      <${Button} icon="rotate-cw" onClick=${() => (doing.value = "renewing")}>${tell("judgeRenew")}<span class="unseen"> ${name}</span><//>
      <${Button} kind="danger" icon="x" onClick=${() => (doing.value = "revoking")}>${tell("judgeRevoke")}<span class="unseen"> ${name}</span><//>
    </div>`}
    ${doing.value === "renewing" &&
    html`<${Asking} title=${tell("judgeRenewAsk", { name })} act=${tell("judgeRenew")} icon="rotate-cw" kind="main" onSure=${renew} onClose=${done}>
      <p>${tell("judgeRenewSure")}</p>
    <//>`}
    ${doing.value === "revoking" &&
    html`<${Asking} title=${tell("judgeRevokeAsk", { name })} act=${tell("judgeRevoke")} icon="x" onSure=${revoke} onClose=${done}>
      <p>${tell("judgeRevokeSure")}</p>
    <//>`}
  </li>`;
}
