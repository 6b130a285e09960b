/** The picture that stands for the course: that of a lesson, or one of the author's own. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { useResource } from "../../components/resource.js";
import { Section } from "../../components/section.js";
import { inLanguage, speaker } from "../../language.js";
import { html, useEffect, useRef, useSignal } from "../../vendor/ui.js";
import { pictureOf } from "./page.js";
import { TEXTS } from "./texts.js";
/** @import { Course, CoursePoster } from "./types" */

const tell = speaker(TEXTS);
/** What lists and pages show, twice as fine; pictures of a camera would keep phones waiting. */
const WIDEST = 1280;
const QUALITY = 0.85;

/** @param {{course: Course, again: () => Promise<void>}} props */
export function PosterPart({ course, again }) {
  const { now, again: look } = useResource(`/v1/collections/${course.id}/poster`);
  const file = useRef(/** @type {HTMLInputElement | null} */ (null));
  const busy = useSignal(false);
  const wrong = useSignal("");
  const poster = now.value.is === "ready" ? /** @type {CoursePoster} */ (now.value.data) : null;
  useEffect(() => void look(), [course.updated_at, course.items]);
  const change = async (/** @type {"PUT" | "DELETE"} */ method, /** @type {import("../../api.js").Wish} */ wish) => {
    busy.value = true;
    wrong.value = "";
    try {
      await ask(method, `/v1/collections/${course.id}/poster`, wish);
    } catch (error) {
      wrong.value = inLanguage(problemOf(error).message);
    }
    busy.value = false;
    await Promise.all([again(), look()]);
  };
  const send = async (/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => {
    const picture = currentTarget.files?.[0];
    currentTarget.value = "";
    if (!picture) return;
    const body = await smaller(picture);
    if (body) await change("PUT", { body, headers: { "Content-Type": "application/octet-stream" } });
    else wrong.value = tell("posterBroken");
  };
  const choose = (/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget: { value } }) =>
    void (value ? change("PUT", { json: { asset_id: value } }) : change("DELETE", {}));
  const isOwn = poster?.origin === "picture";
  return html`<${Section} name="poster" title=${tell("poster")} hint=${tell("posterHint")}>
    ${poster?.width &&
    html`<div class="course-poster">
      <img src=${pictureOf(course)} alt=${tell("posterAlt")} width=${poster.width} height=${poster.height} />
      <p class="hint">${tell(isOwn ? "poster_picture" : poster.asset_id ? "poster_lesson" : "poster_first")}</p>
    </div>`}
    ${poster && !poster.width && html`<p class="hint">${tell("posterNone")}</p>`}
    ${wrong.value && html`<p class="wrong" role="alert">${wrong.value}</p>`}
    ${course.items.length > 0 &&
    html`<${Field} name=${tell("posterOf")} disabled=${busy.value} value=${isOwn ? "own" : (poster?.asset_id ?? "")} onChange=${choose}>
      ${isOwn && html`<option value="own" selected>${tell("poster_picture")}</option>`}
      <option value="" selected=${!isOwn && !poster?.asset_id}>${tell("posterFirst")}</option>
      ${course.items.map(({ asset_id: id, title }) => html`<option key=${id} value=${id} selected=${!isOwn && poster?.asset_id === id}>${title}</option>`)}
    <//>`}
    <div class="actions">
      <${Button} icon="image" disabled=${busy.value} onClick=${() => file.current?.click()}>${tell("posterSend")}<//>
      <input ref=${file} type="file" accept="image/jpeg,image/png,image/webp" hidden aria-label=${tell("posterSend")} onChange=${(/** @type {any} */ event) => void send(event)} />
    </div>
  <//>`;
}

/**
 * The picture as it is sent: as it is where it is small, else drawn anew in the size that is shown; null where the browser knows none in it.
 * @param {File} picture
 * @returns {Promise<Blob | null>}
 */
async function smaller(picture) {
  let drawn;
  try {
    drawn = await createImageBitmap(picture);
  } catch {
    return null;
  }
  if (drawn.width <= WIDEST && picture.size <= 300_000) return picture;
  const share = Math.min(1, WIDEST / drawn.width);
  const canvas = new OffscreenCanvas(Math.round(drawn.width * share), Math.round(drawn.height * share));
  canvas.getContext("2d")?.drawImage(drawn, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}
