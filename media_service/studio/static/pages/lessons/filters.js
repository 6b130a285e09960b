/** The search and what the list is narrowed to; what is set stands below as chips that take it away. */
import { Button } from "../../components/button.js";
import { Icon } from "../../components/icon.js";
import { reviewName } from "../../components/review.js";
import { language, speaker } from "../../language.js";
import { VISIBILITIES } from "../../pure/metadata.js";
import { REVIEW_STATES } from "../../pure/reviews.js";
import { TONGUES, tongueName } from "../../pure/tongues.js";
import { KINDS, narrowing, NEWEST, ORDERS, STATES } from "../../pure/wanted.js";
import { session } from "../../session.js";
import { html, useEffect, useId, useRef } from "../../vendor/ui.js";
import { OwnerChoice, ownerName } from "./owner-choice.js";
import { TEXTS } from "./texts.js";
/** @import { ReviewState } from "../../pure/reviews.js" */
/** @import { Wanted, Wish } from "../../pure/wanted.js" */

const tell = speaker(TEXTS);
const PAUSE_MS = 250;

/** @typedef {keyof typeof TEXTS.en} Name */
/** @typedef {(changed: Partial<Record<Wish, string>>) => void} SetWish */

/** @param {{wanted: Wanted, wish: SetWish, clear: () => void}} props */
export function Filters({ wanted, wish, clear }) {
  const set = narrowing(wanted);
  const isAdmin = session.value.is === "in" && session.value.person.role === "admin";
  const states = Object.keys(STATES).map((state) => [state, tell(/** @type {Name} */ (`state_${state}`))]);
  const kinds = KINDS.map((kind) => [kind, tell(kind)]);
  const tongues = ["und", ...TONGUES].map((tag) => [tag, tongueOf(tag)]);
  const reviews = REVIEW_STATES.map((each) => [each, reviewName(each)]);
  const visibilities = VISIBILITIES.map((each) => [each, tell(`visible_${each}`)]);
  const orders = ORDERS.map((order) => [order === NEWEST ? "" : order, tell(/** @type {Name} */ (`sort_${order}`))]);
  return html`<search class="filters">
    <${Search} q=${wanted.q ?? ""} wish=${wish} />
    <div class="filters-row">
      <${Choice} name="state" options=${[["", tell("any")], ...states]} wanted=${wanted} wish=${wish} />
      <${Choice} name="kind" options=${[["", tell("any")], ...kinds]} wanted=${wanted} wish=${wish} />
      <${Choice} name="language" options=${[["", tell("any")], ...tongues]} wanted=${wanted} wish=${wish} />
      <${Choice}
        name="captions"
        options=${[
          ["", tell("any")],
          ["yes", tell("captions_yes")],
          ["no", tell("captions_no")],
        ]}
        wanted=${wanted}
        wish=${wish}
      />
      ${isAdmin &&
      html`<${OwnerChoice} owner=${wanted.owner ?? ""} choose=${(/** @type {string} */ owner) => wish({ owner })} />`}
      <${Choice} name="review" options=${[["", tell("any")], ...reviews]} wanted=${wanted} wish=${wish} />
      <${Choice} name="visibility" options=${[["", tell("any")], ...visibilities]} wanted=${wanted} wish=${wish} />
      <${Choice} name="sort" options=${orders} wanted=${wanted} wish=${wish} />
    </div>
    ${set.length > 0 &&
    html`<ul class="set-filters" aria-label=${tell("narrowedTo")}>
      ${set.map(
        (name) => html`<li key=${name}>
          <button class="set-filter" type="button" aria-label=${tell("without", { what: wordOf(name, wanted) })} onClick=${() => wish({ [name]: "" })}>
            <span dir="auto">${wordOf(name, wanted)}</span><${Icon} name="x" />
          </button>
        </li>`,
      )}
      ${set.length > 1 && html`<li><${Button} kind="quiet" onClick=${clear}>${tell("clearAll")}<//></li>`}
    </ul>`}
  </search>`;
}

/** @param {{q: string, wish: SetWish}} props */
function Search({ q, wish }) {
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  useEffect(() => {
    if (input.current && q !== input.current.value.trim()) input.current.value = q;
  }, [q]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const now = () => {
    clearTimeout(timer.current);
    wish({ q: input.current?.value.trim() ?? "" });
  };
  const soon = (/** @type {InputEvent} */ event) => {
    clearTimeout(timer.current);
    // Letters that make up a Chinese character are no search yet.
    if (!event.isComposing) timer.current = setTimeout(now, PAUSE_MS);
  };
  return html`<form
    class="search"
    onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      now();
    }}
  >
    <${Icon} name="search" />
    <input
      ref=${input}
      class="input"
      type="search"
      aria-label=${tell("search")}
      placeholder=${tell("searchHint")}
      maxlength="200"
      defaultValue=${q}
      onInput=${soon}
      onCompositionEnd=${() => (timer.current = setTimeout(now, PAUSE_MS))}
    />
  </form>`;
}

/** @param {{name: Wish, options: [string, string][], wanted: Wanted, wish: SetWish}} props */
function Choice({ name, options, wanted, wish }) {
  const id = useId();
  return html`<div class="filter">
    <label for=${id}>${tell(/** @type {Name} */ (`by_${name}`))}</label>
    <select
      id=${id}
      class="input"
      value=${wanted[name] ?? ""}
      onChange=${(/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget }) => wish({ [name]: currentTarget.value })}
    >
      ${options.map(([value, text]) => html`<option key=${value} value=${value} selected=${value === (wanted[name] ?? "")}>${text}</option>`)}
    </select>
  </div>`;
}

/** @param {string} tag */
function tongueOf(tag) {
  return tag === "und" ? tell("unsaid") : tongueName(tag, language.value);
}

/** @param {Wish} name @param {Wanted} wanted */
function wordOf(name, wanted) {
  const value = wanted[name] ?? "";
  if (name === "state") return tell(/** @type {Name} */ (`state_${value}`));
  if (name === "kind") return tell(/** @type {Name} */ (value));
  if (name === "language") return tongueOf(value);
  if (name === "captions") return tell(value === "yes" ? "captions_yes" : "captions_no");
  if (name === "review") return reviewName(/** @type {ReviewState} */ (value));
  if (name === "visibility") return tell(/** @type {Name} */ (`visible_${value}`));
  return name === "owner" ? ownerName(value) : value;
}
