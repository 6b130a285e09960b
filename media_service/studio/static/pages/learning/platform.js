/** One learning platform: how it does, what is known of it, and its end. */
import { ask, problemOf } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button, ButtonLink } from "../../components/button.js";
import { Heading } from "../../components/heading.js";
import { useResource } from "../../components/resource.js";
import { Callout, Section } from "../../components/section.js";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.js";
import { useEvery } from "../../components/timing.js";
import { toast } from "../../components/toast.js";
import { formatMoment, inLanguage, speaker } from "../../language.js";
import { go } from "../../router.js";
import { html, useSignal } from "../../vendor/ui.js";
import { enteredOf, PlatformForm } from "./form.js";
import { Standing } from "./standing.js";
import { TEXTS } from "./texts.js";
/** @import { LearningPlatform } from "./types" */

const tell = speaker(TEXTS);

const LOOK_AGAIN = 10_000;

/** @param {{params: Record<string, string>}} props */
export function Page({ params }) {
  const { now, again } = useResource(`/v1/lti/platforms/${params["id"]}`);
  useEvery(LOOK_AGAIN, () => !document.hidden && again(), [params["id"]]);
  const found = now.value;
  if (found.is === "loading") return html`<${Heading} title=${tell("platform")} /><${LoadingState} />`;
  if (found.is === "ready") return html`<${Whole} platform=${found.data} again=${again} />`;
  return html`
    <${Heading} title=${tell("platform")} />
    ${found.problem.status === 404
      ? html`<${EmptyState} icon="external-link" title=${tell("gone")}>
          <${ButtonLink} kind="main" href="/studio/learning">${tell("all")}<//>
        <//>`
      : html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
  `;
}

/** @typedef {{platform: LearningPlatform, again: () => Promise<void>}} OfPlatform */

/** @param {OfPlatform} props */
function Whole({ platform, again }) {
  const save = async (/** @type {Record<string, unknown>} */ values) => {
    await ask("PATCH", `/v1/lti/platforms/${platform.id}`, { json: values });
    toast(tell("saved"));
    await again();
  };
  return html`
    <div class="head">
      <${Heading} title=${platform.name} />
      <${ButtonLink} kind="quiet" icon="list" href="/studio/learning">${tell("all")}<//>
      <p class="row-state"><${Standing} platform=${platform} /> <span dir="ltr">${platform.issuer}</span></p>
    </div>
    <${Doing} platform=${platform} again=${again} />
    <${Section} name="change" title=${tell("change")}>
      <${PlatformForm} before=${enteredOf(platform)} known act=${tell("save")} onSave=${save} />
    <//>
    <${Ending} platform=${platform} again=${again} />
  `;
}

/** @param {OfPlatform} props */
function Doing({ platform, again }) {
  const turn = async () => {
    try {
      await ask("PATCH", `/v1/lti/platforms/${platform.id}`, { json: { enabled: !platform.enabled } });
      toast(tell(platform.enabled ? "pausedNow" : "resumed"));
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
    await again();
  };
  return html`<${Section} name="doing" title=${tell("facts")}>
    ${platform.score_failure &&
    html`<${Callout} mood="bad" role="status"><span>${tell("scoreFailing")}</span> <code dir="auto">${platform.score_failure}</code><//>`}
    <dl class="facts">
      <div><dt>${tell("clientId")}</dt><dd dir="ltr">${platform.client_id}</dd></div>
      <div><dt>${tell("launched")}</dt><dd>${platform.launched_at ? formatMoment(platform.launched_at) : tell("never")}</dd></div>
      <div><dt>${tell("waiting")}</dt><dd>${platform.scores_waiting}</dd></div>
    </dl>
    <div class="actions">
      <${Button} icon=${platform.enabled ? "pause" : "play"} onClick=${() => void turn()}>${tell(platform.enabled ? "pause" : "resume")}<//>
    </div>
  <//>`;
}

/** @param {OfPlatform} props */
function Ending({ platform }) {
  const open = useSignal(false);
  const remove = async () => {
    await ask("DELETE", `/v1/lti/platforms/${platform.id}`);
    toast(tell("removedNow"));
    go("/studio/learning", { replace: true });
  };
  return html`<${Section} name="ending" title=${tell("remove")} hint=${tell("removeHint")}>
    <div class="actions"><${Button} kind="danger" icon="trash-2" onClick=${() => (open.value = true)}>${tell("remove")}<//></div>
    ${open.value &&
    html`<${Asking}
      title=${tell("removeAsk", { name: platform.name })}
      act=${tell("remove")}
      icon="trash-2"
      onSure=${remove}
      onClose=${() => (open.value = false)}
    >
      <p>${tell("removeSure")}</p>
    <//>`}
  <//>`;
}
