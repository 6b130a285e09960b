/** Learning platforms that launch lessons by LTI 1.3, and how others are connected. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Copied } from "../../components/copying.js";
import { Heading } from "../../components/heading.js";
import { PagedList, usePaged } from "../../components/paged.js";
import { useResource } from "../../components/resource.js";
import { Callout, Section } from "../../components/section.js";
import { EmptyState, ErrorState } from "../../components/states.js";
import { toast } from "../../components/toast.js";
import { formatMoment, inLanguage, speaker } from "../../language.js";
import { go } from "../../router.js";
import { html, useSignal } from "../../vendor/ui.js";
import { NOTHING, PlatformForm } from "./form.js";
import { Standing } from "./standing.js";
import { TEXTS } from "./texts.js";
/** @import { LearningPlatform, Name, Tool } from "./types" */

const tell = speaker(TEXTS);

export function Page() {
  const platforms = usePaged("/v1/lti/platforms?limit=50", "platforms");
  return html`
    <${Heading} title=${tell("title")} />
    <p>${tell("advice")}</p>
    <${PagedList}
      of=${platforms}
      empty=${html`<${EmptyState} icon="external-link" title=${tell("none")} />`}
      row=${(/** @type {LearningPlatform} */ platform) => html`<li class="row" key=${platform.id}>
        <p class="row-name"><a dir="auto" href=${`/studio/learning/${platform.id}`}>${platform.name}</a> <${Standing} platform=${platform} /></p>
        <p class="row-state">
          <span dir="ltr">${platform.issuer}</span> · ${tell("launched")}: ${platform.launched_at ? formatMoment(platform.launched_at) : tell("never")}
        </p>
      </li>`}
    />
    <${ByLink} />
    <${ByHand} />
  `;
}

function ByLink() {
  const made = useSignal(/** @type {{url: string, expires_at: string} | null} */ (null));
  const busy = useSignal(false);
  const make = async () => {
    busy.value = true;
    try {
      made.value = (await ask("POST", "/v1/lti/links", { json: {} })).data;
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    } finally {
      busy.value = false;
    }
  };
  return html`<${Section} name="connect" title=${tell("connect")} hint=${tell("connectHint")}>
    ${made.value
      ? html`<${Callout} mood="info" role="status">${tell("linkUntil", { moment: formatMoment(made.value.expires_at) })}<//>
          <${Copied} name=${tell("link")} text=${made.value.url} main />`
      : html`<div class="actions">
          <${Button} kind="main" icon="plus" disabled=${busy.value} onClick=${() => void make()}>${tell("makeLink")}<//>
        </div>`}
  <//>`;
}

/** @type {readonly (readonly [keyof Tool, Name])[]} */
const ADDRESSES = [
  ["login_url", "loginUrl"],
  ["launch_url", "launchUrl"],
  ["keys_url", "keysUrl"],
  ["domain", "domain"],
];

function ByHand() {
  const { now, again } = useResource("/v1/lti/tool");
  const found = now.value;
  const add = async (/** @type {Record<string, unknown>} */ values) => {
    const { data } = await ask("POST", "/v1/lti/platforms", { json: values });
    toast(tell("added"));
    go(`/studio/learning/${data.id}`);
  };
  return html`<${Section} name="by-hand" title=${tell("byHand")} hint=${tell("byHandHint")}>
    ${found.is === "failed" && html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
    ${found.is === "ready" &&
    ADDRESSES.map(([name, says]) => html`<${Copied} key=${name} name=${tell(says)} text=${/** @type {Tool} */ (found.data)[name]} />`)}
    <p class="hint">${tell("thenShown")}</p>
    <${PlatformForm} before=${NOTHING} act=${tell("add")} onSave=${add} />
  <//>`;
}
