/** Steps of an offer: asked about, and taken. */
import { ask } from "../api.js";
import { Asking } from "../components/asking.js";
import { Button } from "../components/button.js";
import { Field } from "../components/field.js";
import { useResource } from "../components/resource.js";
import { toast } from "../components/toast.js";
import { language, speaker } from "../language.js";
import { actionsOfOffer, lacksOfferNote } from "../pure/offers.js";
import { html, useSignal } from "../vendor/ui.js";
import { OFFER_TEXTS } from "./texts.js";
/** @import { Offer, OfferAction } from "./types" */

const tell = speaker(OFFER_TEXTS);
const ICONS = /** @type {const} */ ({ offer: "send", accept: "check", return: "undo-2", decline: "x", withdraw: "x" });
const LONGEST = 5000;
const VISIBILITIES = /** @type {const} */ (["subtree", "organization", "public", "private"]);

/** @typedef {{currentTarget: HTMLInputElement & HTMLSelectElement}} Changed */

/** @param {{offer: Offer, onDone: () => Promise<void>}} props */
export function OfferActions({ offer, onDone }) {
  const asked = useSignal(/** @type {OfferAction | null} */ (null));
  return html`${actionsOfOffer(offer).map(
      (action) => html`<${Button} key=${action} kind=${action === "withdraw" || action === "decline" ? "quiet" : "plain"} icon=${ICONS[action]} onClick=${() => (asked.value = action)}
        >${tell(action)}<span class="unseen"> ${offer.lesson.title}</span><//
      >`,
    )}
    ${asked.value && html`<${Step} key=${asked.value} offer=${offer} action=${asked.value} onDone=${onDone} onClose=${() => (asked.value = null)} />`}`;
}

/** @param {{offer: Offer, action: OfferAction, onDone: () => Promise<void>, onClose: () => void}} props */
function Step({ offer, action, onDone, onClose }) {
  const note = useSignal("");
  const missing = useSignal(false);
  const visibility = useSignal("subtree");
  const category = useSignal("");
  const course = useSignal("");
  const name = offer.lesson.title;
  const take = async () => {
    const place = {
      visibility: visibility.peek(),
      ...(category.peek() && { category_ids: [category.peek()] }),
      ...(course.peek() && { collection_id: course.peek() }),
    };
    const json = { action, note: note.peek().trim(), ...(action === "accept" && place) };
    await ask("POST", `/v1/offers/${offer.id}/steps`, { json });
    toast(tell(`done_${action}`, { name }));
    await onDone();
  };
  const check = (/** @type {Event} */ event) => {
    missing.value = lacksOfferNote(action, note.peek());
    if (!missing.value) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<div onSubmitCapture=${check}>
    <${Asking}
      title=${tell(`${action}Title`, { name })}
      act=${tell(action)}
      icon=${ICONS[action]}
      kind=${action === "withdraw" || action === "decline" ? "danger" : "main"}
      onSure=${take}
      onClose=${onClose}
    >
      <p>${tell(`${action}Sure`)}</p>
      ${action === "accept" && html`<${Place} visibility=${visibility} category=${category} course=${course} />`}
      <${Field}
        name=${tell(action === "return" ? "noteNeeded" : "note")}
        hint=${tell("noteHint")}
        wrong=${missing.value ? tell("noteMissing") : ""}
        long
        rows="4"
        maxlength=${LONGEST}
        dir="auto"
        value=${note.value}
        onInput=${(/** @type {Changed} */ { currentTarget }) => (note.value = currentTarget.value)}
      />
    <//>
  </div>`;
}

/** @typedef {import("../vendor/ui.js").Signal<string>} Chosen */

/** Where an accepted lesson goes. @param {{visibility: Chosen, category: Chosen, course: Chosen}} props */
function Place({ visibility, category, course }) {
  const categories = useResource("/v1/categories").now.value;
  const courses = useResource("/v1/collections?limit=200").now.value;
  /** @type {{id: string, name_zh: string, name_en: string}[]} */
  const known = categories.is === "ready" ? categories.data.categories : [];
  /** @type {{id: string, title: string}[]} */
  const made = courses.is === "ready" ? courses.data.collections : [];
  const set = (/** @type {Chosen} */ of) => (/** @type {Changed} */ { currentTarget }) => (of.value = currentTarget.value);
  return html`
    <${Field} name=${tell("visibility")} value=${visibility.value} onChange=${set(visibility)}>
      ${VISIBILITIES.map((each) => html`<option key=${each} value=${each}>${tell(`visible_${each}`)}</option>`)}
    <//>
    ${known.length > 0 &&
    html`<${Field} name=${tell("category")} value=${category.value} onChange=${set(category)}>
      <option value="">${tell("categoryTold")}</option>
      ${known.map((each) => html`<option key=${each.id} value=${each.id}>${language.value === "zh" ? each.name_zh : each.name_en}</option>`)}
    <//>`}
    ${made.length > 0 &&
    html`<${Field} name=${tell("course")} value=${course.value} onChange=${set(course)}>
      <option value="">${tell("courseNone")}</option>
      ${made.map((each) => html`<option key=${each.id} value=${each.id}>${each.title}</option>`)}
    <//>`}
  `;
}
