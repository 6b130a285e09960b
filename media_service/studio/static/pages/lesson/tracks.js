/** Captions and chapters: what there is, and the ways to more. */
import { ask, problemOf } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button, ButtonLink } from "../../components/button.js";
import { Icon } from "../../components/icon.js";
import { Section } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { inLanguage, language, speaker } from "../../language.js";
import { PAGES } from "../../pages.js";
import { nameIn } from "../../pure/tongues.js";
import { html, useSignal } from "../../vendor/ui.js";
import { AddTrack } from "./add-track.js";
import { TEXTS } from "./texts.js";
import { opened } from "../../playing.js";
/** @import { Lesson, Track } from "./types" */

const tell = speaker(TEXTS);

/** @param {{lesson: Lesson, token: string | null, again: () => Promise<void>}} props */
export function Tracks({ lesson, token, again }) {
  const adding = useSignal(false);
  const asked = useSignal(/** @type {Track | null} */ (null));
  const remove = async () => {
    const track = asked.peek();
    if (track) await ask("DELETE", `/v1/assets/${lesson.id}/tracks/${track.kind}/${track.language}`);
    await again();
  };
  const tracks = lesson.tracks;
  return html`<${Section} name="tracks" title=${tell("tracks")} hint=${tracks.length === 0 ? tell("tracksNone") : undefined}>
    ${tracks.length > 0 &&
    html`<ul class="lines">
      ${tracks.map(
        (track) => html`<${Line} key=${track.id} lesson=${lesson} track=${track} token=${token} again=${again} onRemove=${() => (asked.value = track)} />`,
      )}
    </ul>`}
    <div class="actions"><${Button} icon="plus" onClick=${() => (adding.value = true)}>${tell("trackAdd")}<//></div>
    ${adding.value &&
    html`<${AddTrack}
      lesson=${lesson}
      onDone=${() => {
        adding.value = false;
        void again();
      }}
      onClose=${() => {
        adding.value = false;
      }}
    />`}
    ${asked.value &&
    html`<${Asking}
      title=${tell("trackRemoveAsk", { name: asked.value.label })}
      act=${tell("remove")}
      icon="trash-2"
      onSure=${remove}
      onClose=${() => {
        asked.value = null;
      }}
    >
      <p>${tell("trackRemoveSure")}</p>
    <//>`}
  <//>`;
}

/** What is said of a track that somebody should look at, and what that is called when it is done. */
const MARKS = /** @type {const} */ ({
  to_check: { badge: "trackToCheck", hint: "trackToCheckHint", act: "trackAccept", actOf: "trackAcceptOf" },
  suggested: { badge: "trackSuggested", hint: "trackSuggestedHint", act: "trackShow", actOf: "trackShowOf" },
  automatic: { badge: "trackAutomatic", hint: "trackAutomaticHint", act: "trackRight", actOf: "trackRightOf" },
});

/** @param {Track} track */
function markOf(track) {
  if (track.state !== "shown") return MARKS[track.state];
  return track.automatic ? MARKS.automatic : null;
}

const EDITOR = "/studio/lessons/:id/captions/:kind/:language";

/**
 * Where a track is edited; null where there is no editor.
 * @param {Lesson} lesson
 * @param {string} kind
 * @param {string} tongue
 */
export function editorOf(lesson, kind, tongue) {
  return PAGES.some(({ path }) => path === EDITOR) ? `/studio/lessons/${lesson.id}/captions/${kind}/${tongue}` : null;
}

/** @param {{lesson: Lesson, track: Track, token: string | null, again: () => Promise<void>, onRemove: () => void}} props */
function Line({ lesson, track, token, again, onRemove }) {
  const name = `${tell(track.kind)}: ${track.label}`;
  const tongue = track.language === "und" ? "" : nameIn(track.language, language.value);
  const editor = track.kind === "slides" ? null : editorOf(lesson, track.kind, track.language);
  const mark = markOf(track);
  const accept = async () => {
    try {
      await ask("POST", `/v1/assets/${lesson.id}/tracks/${track.kind}/${track.language}/accept`);
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
    await again();
  };
  return html`<li class="line">
    <${Icon} name=${track.kind === "captions" ? "captions" : "list"} />
    <div class="line-text">
      <p class="line-name">
        <span dir="auto">${track.label}</span>
        ${mark && html`<span class="badge" data-standing="waits">${tell(mark.badge)}</span>`}
      </p>
      ${mark && html`<p class="hint">${tell(mark.hint)}</p>`}
      <p class="hint">${[tell(track.kind), tongue !== track.label && tongue].filter(Boolean).join(" · ")}</p>
    </div>
    <div class="actions">
      ${mark && html`<${Button} icon="check" aria-label=${tell(mark.actOf, { name })} onClick=${() => void accept()}>${tell(mark.act)}<//>`}
      ${editor && html`<${ButtonLink} kind="quiet" icon="pencil" href=${editor} aria-label=${tell("trackEditOf", { name })}>${tell("trackEdit")}<//>`}
      ${track.url &&
      token !== null &&
      html`<a
        class="button button-quiet"
        href=${opened(track.url, token)}
        download=${`${lesson.title}.${track.language}.vtt`}
        aria-label=${tell("downloadOf", { name })}
        title=${tell("downloadOf", { name })}
        ><${Icon} name="download"
      /></a>`}
      <${Button} kind="quiet" icon="trash-2" label=${tell("removeOf", { name })} onClick=${onRemove} />
    </div>
  </li>`;
}
