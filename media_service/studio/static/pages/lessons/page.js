/** The list of lessons: searched, narrowed, sorted, and many of them changed at once. What it shows stands in its address. */
import { Button, ButtonLink } from "../../components/button.js";
import { Heading } from "../../components/heading.js";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.js";
import { speaker } from "../../language.js";
import { choose } from "../../pure/many.js";
import { narrowing, readWanted, writeWanted } from "../../pure/wanted.js";
import { describe, place } from "../../router.js";
import { html, useComputed, useEffect, useRef, useSignal } from "../../vendor/ui.js";
import { Filters } from "./filters.js";
import { useList } from "./list.js";
import { Table } from "./table.js";
import { TEXTS } from "./texts.js";
import { Together } from "./together-bar.js";
/** @import { Wish } from "../../pure/wanted.js" */

const tell = speaker(TEXTS);

export function Page() {
  const wanted = useComputed(() => readWanted(place.value.slice(location.pathname.length)));
  const chosen = useSignal(/** @type {ReadonlySet<string>} */ (new Set()));
  const before = useRef(/** @type {string | null} */ (null));
  const { list, busy, trouble, more, again } = useList(wanted.value);
  const wish = (/** @type {Partial<Record<Wish, string>>} */ changed) => {
    chosen.value = new Set();
    // The way back leads out of the list, not through each letter of a search.
    describe(writeWanted({ ...wanted.peek(), ...changed }));
  };
  const found = list.value;
  const lessons = found.is === "ready" ? found.lessons : [];
  const pick = (/** @type {string} */ id, /** @type {boolean} */ on, /** @type {boolean} */ range) => {
    const shown = lessons.map((lesson) => lesson.id);
    chosen.value = choose(chosen.peek(), shown, { id, on, from: range ? before.current : null });
    before.current = id;
  };
  useEffect(() => {
    const escape = (/** @type {KeyboardEvent} */ { key }) => {
      if (key === "Escape" && !document.querySelector("dialog[open]")) chosen.value = new Set();
    };
    document.addEventListener("keydown", escape);
    return () => document.removeEventListener("keydown", escape);
  }, []);
  const isNarrowed = Boolean(wanted.value.q) || narrowing(wanted.value).length > 0;
  const clear = () => {
    chosen.value = new Set();
    describe(writeWanted({ sort: wanted.peek().sort ?? "" }));
  };
  return html`
    <div class="lessons-head">
      <${Heading} title=${tell("title")} />
      <${ButtonLink} kind="quiet" icon="trash-2" href="/studio/trash">${tell("trash")}<//>
    </div>
    <${Filters} wanted=${wanted.value} wish=${wish} clear=${clear} />
    <p class="lessons-count" role="status">${found.is === "ready" && found.total && countOf(found.total, isNarrowed)}</p>
    ${found.is === "loading" && html`<${LoadingState} />`}
    ${found.is === "failed" && html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
    ${found.is === "ready" && lessons.length === 0 && html`<${Nothing} isNarrowed=${isNarrowed} clear=${clear} />`}
    ${lessons.length > 0 &&
    html`<div class="lessons-box" aria-busy=${String(busy.value)}>
      <${Table}
        lessons=${lessons}
        chosen=${chosen.value}
        pick=${pick}
        pickAll=${(/** @type {boolean} */ on) => (chosen.value = new Set(on ? lessons.map(({ id }) => id) : []))}
        wish=${wish}
      />
    </div>`}
    ${trouble.value && html`<${ErrorState} problem=${trouble.value} />`}
    ${found.is === "ready" &&
    found.next &&
    html`<p class="more"><${Button} disabled=${busy.value} onClick=${() => void more()}>${tell("more")}<//></p>`}
    ${chosen.value.size > 0 &&
    html`<${Together}
      lessons=${lessons.filter(({ id }) => chosen.value.has(id))}
      clear=${() => (chosen.value = new Set())}
    />`}
  `;
}

/** @param {{isNarrowed: boolean, clear: () => void}} props */
function Nothing({ isNarrowed, clear }) {
  return isNarrowed
    ? html`<${EmptyState} icon="search" title=${tell("noHit")}>
        <p>${tell("noHitAdvice")}</p>
        <${Button} icon="x" onClick=${clear}>${tell("clearAll")}<//>
      <//>`
    : html`<${EmptyState} icon="film" title=${tell("none")}>
        <p>${tell("noneAdvice")}</p>
        <${ButtonLink} kind="main" icon="upload" href="/studio/uploads">${tell("upload")}<//>
      <//>`;
}

/** @param {{count: number, exact: boolean}} total @param {boolean} isNarrowed */
function countOf({ count, exact }, isNarrowed) {
  if (count === 0) return "";
  const n = new Intl.NumberFormat(document.documentElement.lang).format(count) + (exact ? "" : "+");
  return tell(isNarrowed ? "found" : "all", { n });
}
