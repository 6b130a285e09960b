/** The picture that stands for the lesson: found by itself, a frame, or a picture of the author's own. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { useResource } from "../../components/resource.js";
import { Callout, Section } from "../../components/section.js";
import { LoadingState } from "../../components/states.js";
import { toast } from "../../components/toast.js";
import { inLanguage, speaker } from "../../language.js";
import { formatTime } from "../../pure/times.js";
import { html, useEffect, useRef, useSignal } from "../../vendor/ui.js";
import { FrameChooser } from "./frame-chooser.js";
import { TEXTS } from "./texts.js";
import { opened } from "../../playing.js";
/** @import { Lesson, Poster } from "./types" */

const tell = speaker(TEXTS);
const ROUND_MS = 700;

/** @param {{lesson: Lesson, token: string | null}} props */
export function PosterPart({ lesson, token }) {
  const { now, again } = useResource(`/v1/assets/${lesson.id}/poster`);
  const choosing = useSignal(false);
  const file = useRef(/** @type {HTMLInputElement | null} */ (null));
  /** @type {Poster | null} */
  const poster = now.value.is === "ready" ? now.value.data : null;
  const making = poster?.making ?? false;
  useEffect(() => {
    if (!making) return undefined;
    const timer = setInterval(() => void again(), ROUND_MS);
    return () => clearInterval(timer);
  }, [making]);
  useEffect(() => {
    if (now.peek().is !== "loading") void again();
  }, [lesson.version_id, lesson.state]);
  const change = async (/** @type {"PUT" | "DELETE"} */ method, /** @type {import("../../api.js").Wish} */ wish) => {
    try {
      await ask(method, `/v1/assets/${lesson.id}/poster`, wish);
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
    await again();
  };
  const send = (/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => {
    const picture = currentTarget.files?.[0];
    currentTarget.value = "";
    if (picture) void change("PUT", { body: picture, headers: { "Content-Type": "application/octet-stream" } });
  };
  const plays = lesson.state === "ready" || lesson.state === "playable";
  const moves = plays && lesson.kind !== "audio" && token !== null;
  return html`<${Section} name="poster" title=${tell("poster")} hint=${tell("posterHint")}>
    ${now.value.is === "loading" && html`<${LoadingState} />`}
    ${poster?.url &&
    token !== null &&
    html`<div class="poster" data-making=${making ? "" : null}>
      <img src=${opened(poster.url, token)} alt=${tell("posterAlt")} width=${poster.width} height=${poster.height} />
      <p class="hint" role="status">
        ${making ? tell("posterMaking") : tell(`poster_${poster.origin}`, { time: formatTime(poster.time ?? 0) })}
      </p>
    </div>`}
    ${poster && !poster.url && html`<p class="hint">${tell("posterNone")}</p>`}
    ${poster?.failure && html`<${Callout} mood="bad" role="alert">${inLanguage(poster.failure.message)} <code>${poster.failure.code}</code><//>`}
    ${plays &&
    html`<div class="actions">
      ${moves && html`<${Button} icon="film" onClick=${() => (choosing.value = true)}>${tell("posterFrame")}<//>`}
      <${Button} icon="image" onClick=${() => file.current?.click()}>${tell("posterPicture")}<//>
      ${poster &&
      poster.origin !== "automatic" &&
      html`<${Button} kind="quiet" icon="undo-2" onClick=${() => void change("DELETE", {})}>${tell("posterFirst")}<//>`}
      <input ref=${file} type="file" accept="image/jpeg,image/png,image/webp" hidden aria-label=${tell("posterPicture")} onChange=${send} />
    </div>`}
    ${choosing.value &&
    html`<${FrameChooser}
      lesson=${lesson}
      token=${token ?? ""}
      begin=${poster?.time ?? null}
      onChoose=${(/** @type {number} */ time) => change("PUT", { json: { time } })}
      onClose=${() => {
        choosing.value = false;
      }}
    />`}
  <//>`;
}
