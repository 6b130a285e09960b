/** What is shared with the other platform of a link. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Section } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { inLanguage, speaker } from "../../language.js";
import { html, useSignal } from "../../vendor/ui.js";
import { SHARING_TEXTS } from "./sharing-texts.js";
import { Sharing } from "./sharing.js";
import { TEXTS } from "./texts.js";
/** @import { PlatformLink, Share } from "./types" */

const tell = speaker(TEXTS);
const say = speaker(SHARING_TEXTS);

/** @param {{link: PlatformLink, again: () => Promise<void>}} props */
export function Shares({ link, again }) {
  const withSource = useSignal(false);
  const open = useSignal(false);
  const share = async (/** @type {object[]} */ shares) => {
    try {
      await ask("PATCH", `/v1/platform-links/${link.id}`, { json: { shares } });
      toast(tell("saved"));
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
    await again();
  };
  const isAll = (/** @type {Share} */ each) => each.organization_id === link.organization_id && !each.category_id && !each.licence;
  const add = { organization_id: link.organization_id, with_source: withSource.value };
  return html`<${Section} name="shares" title=${tell("shared")} hint=${tell("sharedHint")}>
    ${link.shares.length === 0 && html`<p>${tell("nothing")}</p>`}
    <ul class="rows">
      ${link.shares.map(
        (each, place) => html`<li class="row" key=${place}>
          <p>${isAll(each) ? tell("everything") : inWords(each, link.names)}${each.with_source && html` · ${tell("withSource")}`}</p>
          <div class="actions">
            <${Button} icon="x" onClick=${() => void share(link.shares.filter((_, other) => other !== place))}>${tell("unshare")}<//>
          </div>
        </li>`,
      )}
    </ul>
    <div class="actions"><${Button} icon="search" onClick=${() => (open.value = true)}>${say("share")}<//></div>
    ${open.value && html`<${Sharing} link=${link} onShare=${share} onClose=${() => (open.value = false)} />`}
    ${!link.shares.some(isAll) &&
    html`<label class="choice">
        <input type="checkbox" checked=${withSource.value} onChange=${() => (withSource.value = !withSource.value)} />${tell("withSource")}
      </label>
      <div class="actions"><${Button} icon="plus" onClick=${() => void share([...link.shares, add])}>${tell("shareAll")}<//></div>`}
  <//>`;
}

/**
 * @param {Share} share
 * @param {PlatformLink["names"]} names
 */
function inWords(share, names) {
  const called = (/** @type {string} */ id) => (names[id] ? inLanguage(names[id]) : id);
  const said = [
    share.asset_id && `${tell("asset")} ${called(share.asset_id)}`,
    share.collection_id && `${tell("collection")} ${called(share.collection_id)}`,
    share.organization_id && `${tell("organization")} ${called(share.organization_id)}`,
    share.category_id && `${tell("category")} ${called(share.category_id)}`,
    share.licence && `${tell("licence")} ${share.licence}`,
  ];
  return said.filter(Boolean).join(" · ");
}
