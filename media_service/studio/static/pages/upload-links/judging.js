/** How what came in is judged: by what, by whom, what came of it, and what ends it. */
import { ask } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { useResource } from "../../components/resource.js";
import { Section } from "../../components/section.js";
import { ErrorState, LoadingState } from "../../components/states.js";
import { toast } from "../../components/toast.js";
import { formatMoment, say, speaker } from "../../language.js";
import { html, useSignal } from "../../vendor/ui.js";
import { CriteriaForm } from "./criteria.js";
import { Judges } from "./judges.js";
import { Results } from "./results.js";
import { TEXTS } from "./texts.js";
/** @import { Criterion } from "../../pure/judging.js" */
/** @import { Judge, Judging as Found, UploadLink } from "./types" */

const tell = speaker(TEXTS);

/** @param {{link: UploadLink}} props */
export function Judging({ link }) {
  const judging = useResource(`/v1/upload-links/${link.id}/judging`);
  const judges = useResource(`/v1/upload-links/${link.id}/judges`);
  const again = async () => {
    await Promise.all([judging.again(), judges.again()]);
  };
  const [terms, people] = [judging.now.value, judges.now.value];
  const failed = [terms, people].find((found) => found.is === "failed");
  return html`<${Section}
    name="judging"
    title=${tell("judging")}
    hint=${tell("judgingHint")}
    aside=${html`<${Button} kind="quiet" icon="rotate-cw" label=${tell("judgingAgain")} onClick=${() => void again()}>${say("lookAgain")}<//>`}
  >
    ${failed && html`<${ErrorState} problem=${failed.problem} onRetry=${() => void again()} />`}
    ${!failed && (terms.is === "loading" || people.is === "loading") && html`<${LoadingState} />`}
    ${terms.is === "ready" &&
    people.is === "ready" &&
    html`<${Criteria} key=${link.state} judging=${terms.data} judges=${people.data.judges} again=${again} />
      <${Judges} judging=${terms.data} judges=${people.data.judges} again=${again} />
      ${terms.data.state !== "waiting" && html`<${Results} judging=${terms.data} stamp=${stampOf(people.data.judges)} />`}
      ${terms.data.state === "open" && html`<${Closing} link=${link} again=${again} />`}`}
  <//>`;
}

/** What changes with what judges give. @param {Judge[]} judges */
function stampOf(judges) {
  return judges.map(({ id, judged, entries, revoked_at: revoked }) => [id, judged, entries, revoked].join()).join(";");
}

/** @param {{judging: Found, judges: Judge[], again: () => Promise<void>}} props */
function Criteria({ judging, judges, again }) {
  const changing = useSignal(false);
  const { criteria, state, closed_at: closed, link_id: link } = judging;
  const save = async (/** @type {Criterion[]} */ changed) => {
    await ask("PUT", `/v1/upload-links/${link}/judging`, { json: { criteria: changed } });
    changing.value = false;
    toast(tell("criteriaSaved"));
    await again();
  };
  if (changing.value) return html`<${CriteriaForm} before=${criteria} onSave=${save} onCancel=${() => (changing.value = false)} />`;
  const isFixed = state === "closed" || judges.some(({ judged, revoked_at: revoked }) => judged > 0 && revoked === null);
  return html`
    ${closed !== null && html`<p role="status">${tell("judgingClosed", { moment: formatMoment(closed) })}</p>`}
    <h3>${tell("criteria")}</h3>
    ${criteria.length > 0
      ? html`<dl class="facts">
          ${criteria.map(
            ({ name, label, greatest, weight }) => html`<div key=${name}>
              <dt dir="auto">${label}</dt>
              <dd>${tell(weight === 1 ? "upTo" : "upToWeighted", { greatest, weight })}</dd>
            </div>`,
          )}
        </dl>`
      : html`<p class="hint">${tell("noCriteria")}</p>`}
    ${!isFixed &&
    html`<div class="actions">
      <${Button} icon=${criteria.length > 0 ? "pencil" : "plus"} onClick=${() => (changing.value = true)}
        >${tell(criteria.length > 0 ? "criteriaChange" : "criteriaSet")}<//
      >
    </div>`}
  `;
}

/** @param {{link: UploadLink, again: () => Promise<void>}} props */
function Closing({ link, again }) {
  const open = useSignal(false);
  const close = async () => {
    await ask("POST", `/v1/upload-links/${link.id}/judging/close`);
    await again();
  };
  return html`<div class="actions" data-part="judging-end">
    <${Button} icon="check" onClick=${() => (open.value = true)}>${tell("judgingClose")}<//>
    ${open.value &&
    html`<${Asking} title=${tell("judgingCloseAsk")} act=${tell("judgingClose")} onSure=${close} onClose=${() => (open.value = false)}>
      <p>${tell("judgingCloseSure")}</p>
    <//>`}
  </div>`;
}
