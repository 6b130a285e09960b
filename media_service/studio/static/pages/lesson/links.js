/** Where the lesson plays: addresses and snippets to take along, playback IDs, and files to be saved. */
import { ask, problemOf } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button, ButtonLink } from "../../components/button.js";
import { Copied } from "../../components/copying.js";
import { Section } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { inLanguage, language, speaker } from "../../language.js";
import { formatBytes } from "../../pure/quantities.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
import { opened } from "../../playing.js";
/** @import { Lesson, PlaybackId } from "./types" */

const tell = speaker(TEXTS);

/** @param {{lesson: Lesson, token: string | null, again: () => Promise<void>}} props */
export function Links({ lesson, token, again }) {
  const asked = useSignal(/** @type {PlaybackId | null} */ (null));
  const add = async (/** @type {"public" | "signed"} */ policy) => {
    try {
      await ask("POST", `/v1/assets/${lesson.id}/playback-ids`, { json: { policy } });
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
    await again();
  };
  const remove = async () => {
    await ask("DELETE", `/v1/assets/${lesson.id}/playback-ids/${asked.peek()?.id}`);
    await again();
  };
  const ids = lesson.playback_ids;
  return html`<${Section} name="links" title=${tell("links")}>
      ${ids.length === 0 && html`<p class="hint">${tell("linksNone")}</p>`}
      ${ids.map(
        (id) => html`<${Ways} key=${id.id} id=${id} of=${ids.length > 1 ? id.id : ""} onRemove=${() => (asked.value = id)} />`,
      )}
      <div class="actions actions-stacked">
        <${Button} kind="quiet" icon="plus" onClick=${() => void add("public")}>${tell("addPublic")}<//>
        <${Button} kind="quiet" icon="plus" onClick=${() => void add("signed")}>${tell("addSigned")}<//>
      </div>
      ${asked.value &&
      html`<${Asking}
        title=${tell("linkRemoveAsk")}
        act=${tell("linkRemove")}
        icon="trash-2"
        onSure=${remove}
        onClose=${() => {
          asked.value = null;
        }}
      >
        <p>${tell("linkRemoveSure")}</p>
      <//>`}
    <//>
    ${lesson.downloads.length > 0 &&
    token !== null &&
    html`<${Section} name="downloads" title=${tell("downloads")}>
      <div class="actions">
        ${lesson.downloads.map(
          ({ kind, url, size }) => html`<${ButtonLink} key=${kind} icon="download" href=${opened(url, token)} download
            >${tell(kind === "video" ? "downloadVideo" : "downloadAudio", { size: formatBytes(size, language.value) })}<//
          >`,
        )}
      </div>
    <//>`}`;
}

/** @param {{id: PlaybackId, of: string, onRemove: () => void}} props */
function Ways({ id, of, onRemove }) {
  const rule = id.policy === "signed" ? "policySigned" : id.origins === "partners" ? "policyPartners" : "policyPublic";
  return html`<div class="ways">
    <div class="ways-head">
      <p>
        <strong>${tell(rule)}</strong>
        <span class="hint">${tell(`${rule}Hint`)}</span>
      </p>
      <${Button} kind="quiet" icon="trash-2" label=${tell("linkRemoveOf", { id: id.id })} onClick=${onRemove} />
    </div>
    <${Copied} name=${tell("linkPage")} text=${id.embed_url} of=${of} />
    <details>
      <summary>${tell("moreLinks")}</summary>
      <div class="ways-more">
        <${Copied} name=${tell("linkIframe")} text=${id.snippets.iframe} of=${of} />
        <${Copied} name=${tell("linkComponent")} text=${id.snippets.component} of=${of} />
        <${Copied} name=${tell("linkManifest")} text=${id.manifest_url} of=${of} />
      </div>
    </details>
  </div>`;
}
