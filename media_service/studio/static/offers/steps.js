/** Steps of an offer: asked about, and taken. */
import { ask } from "../api.js";
import { Asking } from "../components/asking.js";
import { Button } from "../components/button.js";
import { Field } from "../components/field.js";
import { fetchAll } from "../components/paged.js";
import { useResource } from "../components/resource.js";
import { toast } from "../components/toast.js";
import { language, speaker } from "../language.js";
import { branches } from "../pure/metadata.js";
import { actionsOfOffer, lacksOfferNote } from "../pure/offers.js";
import { html, useEffect, useId, useSignal } from "../vendor/ui.js";
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
  const organization = useSignal("");
  const visibility = useSignal("subtree");
  const categories = useSignal(/** @type {readonly string[]} */ ([]));
  const course = useSignal("");
  const name = offer.lesson.title;
  const take = async () => {
    const place = {
      visibility: visibility.peek(),
      ...(organization.peek() && { organization_id: organization.peek() }),
      ...(categories.peek().length > 0 && { category_ids: categories.peek() }),
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
      ${action === "accept" && html`<${Place} organization=${organization} visibility=${visibility} categories=${categories} course=${course} />`}
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

/**
 * Where an accepted lesson goes.
 * @param {{organization: Chosen, visibility: Chosen, categories: import("../vendor/ui.js").Signal<readonly string[]>, course: Chosen}} props
 */
function Place({ organization, visibility, categories, course }) {
  const owners = useSignal(/** @type {{id: string, name: string}[]} */ ([]));
  useEffect(() => {
    // Without the list it goes to the organization of the link.
    void fetchAll("/v1/organizations?limit=200", "organizations").then((found) => (owners.value = found), () => undefined);
  }, []);
  const usable = useResource(`/v1/categories${organization.value && `?organization_id=${encodeURIComponent(organization.value)}`}`).now.value;
  const courses = useResource("/v1/collections?limit=200").now.value;
  const known = usable.is === "ready" ? branches(usable.data.categories, language.value) : [];
  /** @type {{id: string, title: string}[]} */
  const made = courses.is === "ready" ? courses.data.collections : [];
  const set = (/** @type {Chosen} */ of) => (/** @type {Changed} */ { currentTarget }) => (of.value = currentTarget.value);
  const move = (/** @type {Changed} */ { currentTarget }) => {
    organization.value = currentTarget.value;
    categories.value = [];
  };
  return html`
    ${owners.value.length > 1 &&
    html`<${Field} name=${tell("owner")} value=${organization.value} onChange=${move}>
      <option value="">${tell("ownerOfLink")}</option>
      ${owners.value.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}
    <//>`}
    <${Field} name=${tell("visibility")} hint=${tell("visibilityHint")} value=${visibility.value} onChange=${set(visibility)}>
      ${VISIBILITIES.map((each) => html`<option key=${each} value=${each}>${tell(`visible_${each}`)}</option>`)}
    <//>
    ${known.length > 0 && html`<${Categories} known=${known} chosen=${categories} />`}
    ${made.length > 0 &&
    html`<${Field} name=${tell("course")} value=${course.value} onChange=${set(course)}>
      <option value="">${tell("courseNone")}</option>
      ${made.map((each) => html`<option key=${each.id} value=${each.id}>${each.title}</option>`)}
    <//>`}
  `;
}

/** @param {{known: readonly {id: string, name: string, depth: number}[], chosen: import("../vendor/ui.js").Signal<readonly string[]>}} props */
function Categories({ known, chosen }) {
  const id = useId();
  const turn = (/** @type {string} */ each) =>
    (chosen.value = chosen.value.includes(each) ? chosen.value.filter((other) => other !== each) : [...chosen.value, each]);
  return html`<div class="field" role="group" aria-labelledby=${id} aria-describedby=${`${id}-hint`}>
    <p class="label" id=${id}>${tell("categories")}</p>
    <p class="hint" id=${`${id}-hint`}>${tell("categoriesHint")}</p>
    <ul class="tree offer-categories" tabindex="0" aria-labelledby=${id}>
      ${known.map(
        ({ id: each, name, depth }) => html`<li key=${each} style=${{ paddingInlineStart: `${depth * 1.5}rem` }}>
          <label class="choice"><input type="checkbox" checked=${chosen.value.includes(each)} onChange=${() => turn(each)} /><span dir="auto">${name}</span></label>
        </li>`,
      )}
    </ul>
  </div>`;
}
