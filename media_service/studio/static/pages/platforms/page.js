/** Other platforms that are linked with this one, and where two people link them. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { Heading } from "../../components/heading.js";
import { PagedList, usePaged } from "../../components/paged.js";
import { Callout, Section } from "../../components/section.js";
import { EmptyState } from "../../components/states.js";
import { toast } from "../../components/toast.js";
import { inLanguage, speaker } from "../../language.js";
import { OfferLists } from "../../offers/lists.js";
import { go } from "../../router.js";
import { html, useSignal } from "../../vendor/ui.js";
import { Standing } from "./standing.js";
import { BOX_TEXTS } from "./box-texts.js";
import { TEXTS } from "./texts.js";
/** @import { Problem } from "../../types" */
/** @import { PlatformLink } from "./types" */

const tell = speaker(TEXTS);
const tellBox = speaker(BOX_TEXTS);

export function Page() {
  const links = usePaged("/v1/platform-links?limit=50", "platform_links");
  return html`
    <${Heading} title=${tell("title")} />
    <p>${tell("advice")}</p>
    <${Linking} />
    <${PagedList}
      of=${links}
      empty=${html`<${EmptyState} icon="share-2" title=${tell("none")} />`}
      row=${(/** @type {PlatformLink} */ link) => html`<li class="row" key=${link.id}>
        <p class="row-name">
          <a dir="auto" href=${`/studio/platforms/${link.id}`}>${link.name || tell("unnamed")}</a> <${Standing} link=${link} />
        </p>
        ${link.url && html`<p class="row-state" dir="ltr">${link.url}</p>`}
      </li>`}
    />
    <${OfferLists} />
  `;
}

/** Both ways to link: a code of one's own, or one of the other platform. */
function Linking() {
  const code = useSignal("");
  const asksOnly = useSignal(false);
  const busy = useSignal(false);
  const problem = useSignal(/** @type {Problem | null} */ (null));
  const act = async (/** @type {() => Promise<string>} */ linking) => {
    busy.value = true;
    problem.value = null;
    try {
      go(`/studio/platforms/${await linking()}`);
    } catch (error) {
      problem.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  const begin = () => act(async () => (await ask("POST", "/v1/platform-links", { json: {} })).data.id);
  const paste = (/** @type {Event} */ event) => {
    event.preventDefault();
    void act(async () => {
      const { data } = await ask("POST", "/v1/platform-link-codes", { json: { code: code.peek(), asks_only: asksOnly.peek() } });
      toast(tell("codeTaken"));
      return data.id;
    });
  };
  return html`
    <${Section} name="begin" title=${tell("begin")} hint=${tell("beginHint")}>
      <div class="actions"><${Button} icon="plus" disabled=${busy.value} onClick=${() => void begin()}>${tell("begin")}<//></div>
    <//>
    <${Section} name="paste" title=${tell("paste")}>
      <form class="form" onSubmit=${paste}>
        <${Field}
          name=${tell("code")}
          hint=${tell("pasteHint")}
          long
          dir="ltr"
          rows="4"
          spellcheck="false"
          autocomplete="off"
          required
          value=${code.value}
          onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (code.value = currentTarget.value)}
        />
        <label class="choice">
          <input type="checkbox" checked=${asksOnly.value} onChange=${() => (asksOnly.value = !asksOnly.value)} />${tellBox("asksOnly")}
        </label>
        ${problem.value && html`<${Callout} mood="bad" role="alert">${inLanguage(problem.value.message)} <code>${problem.value.code}</code><//>`}
        <div class="actions"><${Button} kind="main" type="submit" disabled=${busy.value}>${tell("take")}<//></div>
      </form>
    <//>
  `;
}
