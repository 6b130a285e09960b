/** The trash: what was deleted, how long it can come back, and its way back. */
import { Button, ButtonLink } from "../../components/button.js";
import { Dialog } from "../../components/dialog.js";
import { Heading } from "../../components/heading.js";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.js";
import { formatMoment, say, speaker } from "../../language.js";
import { choose, daysLeft, tally } from "../../pure/many.js";
import { TRASH_DAYS } from "../../platform.js";
import { session } from "../../session.js";
import { html, useRef, useSignal } from "../../vendor/ui.js";
import { useList } from "../lessons/list.js";
import { Outcomes } from "../lessons/outcomes.js";
import { TEXTS } from "./texts.js";
import { removeAll, restoreAll } from "../lessons/together.js";
/** @import { Listed, Outcome } from "../lessons/types" */

const tell = speaker(TEXTS);

export function Page() {
  const { list, busy, trouble, more, again } = useList({ trashed: true });
  const chosen = useSignal(/** @type {ReadonlySet<string>} */ (new Set()));
  const before = useRef(/** @type {string | null} */ (null));
  const found = list.value;
  const lessons = found.is === "ready" ? found.lessons : [];
  const pick = (/** @type {string} */ id, /** @type {MouseEvent & {currentTarget: HTMLInputElement}} */ event) => {
    const from = event.shiftKey ? before.current : null;
    chosen.value = choose(
      chosen.peek(),
      lessons.map((lesson) => lesson.id),
      { id, on: event.currentTarget.checked, from },
    );
    before.current = id;
  };
  return html`
    <div class="lessons-head">
      <${Heading} title=${tell("trash")} />
      <${ButtonLink} kind="quiet" icon="film" href="/studio/lessons">${tell("allLessons")}<//>
    </div>
    ${found.is === "loading" && html`<${LoadingState} />`}
    ${found.is === "failed" && html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
    ${found.is === "ready" &&
    lessons.length === 0 &&
    html`<${EmptyState} icon="trash-2" title=${tell("emptyTrash")}><p>${tell("emptyTrashAdvice", { n: TRASH_DAYS })}</p><//>`}
    ${lessons.length > 0 &&
    html`<p class="hint">${tell("trashHint")}</p>
      <label class="trash-all">
        <span class="pick"
          ><input
            type="checkbox"
            checked=${lessons.every(({ id }) => chosen.value.has(id))}
            onChange=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) =>
              (chosen.value = new Set(currentTarget.checked ? lessons.map(({ id }) => id) : []))} /></span
        >${tell("chooseAll")}
      </label>
      <ul class="rows trash">
        ${lessons.map((lesson) => html`<${Row} key=${lesson.id} lesson=${lesson} isChosen=${chosen.value.has(lesson.id)} pick=${pick} />`)}
      </ul>`}
    ${trouble.value && html`<${ErrorState} problem=${trouble.value} />`}
    ${found.is === "ready" &&
    found.next &&
    html`<p class="more"><${Button} disabled=${busy.value} onClick=${() => void more()}>${tell("more")}<//></p>`}
    <${Together} lessons=${lessons.filter(({ id }) => chosen.value.has(id))} clear=${() => (chosen.value = new Set())} />
  `;
}

/** @param {{lesson: Listed, isChosen: boolean, pick: (id: string, event: any) => void}} props */
function Row({ lesson, isChosen, pick }) {
  const { id, title, trashed_at: since, removed_after: until } = lesson;
  const days = until === null ? null : daysLeft(until, Date.now());
  return html`<li class="row trash-row" data-chosen=${isChosen ? "" : null}>
    <label class="pick"
      ><input type="checkbox" aria-label=${tell("choose", { title })} checked=${isChosen} onClick=${(/** @type {MouseEvent} */ event) => pick(id, event)}
    /></label>
    <div>
      <p class="row-name" dir="auto">${title}</p>
      <p class="row-state">
        ${[days !== null && (days > 0 ? tell("daysLeft", { n: days }) : tell("lastDay")), since && tell("deletedAt", { when: formatMoment(since) })]
          .filter(Boolean)
          .join(" · ")}
      </p>
    </div>
    <${Button} icon="undo-2" aria-label=${tell("restoreOf", { title })} onClick=${() => void restoreAll([lesson])}>${tell("restore")}<//>
  </li>`;
}

/** @param {{lessons: readonly Listed[], clear: () => void}} props */
function Together({ lessons, clear }) {
  const asked = useSignal(false);
  const busy = useSignal(false);
  const rows = useSignal(/** @type {readonly Outcome[] | null} */ (null));
  const isAdmin = session.value.is === "in" && session.value.person.role === "admin";
  const act = async (/** @type {(lessons: readonly Listed[]) => Promise<Outcome[]>} */ all) => {
    busy.value = true;
    const outcomes = await all(lessons);
    busy.value = false;
    asked.value = false;
    rows.value = tally(outcomes).refused > 0 ? outcomes : null;
    clear();
  };
  if (rows.value)
    return html`<${Dialog} title=${tell("outcome")} onClose=${() => (rows.value = null)}><${Outcomes} rows=${rows.value} /><//>`;
  if (lessons.length === 0) return null;
  return html`<section class="together" aria-label=${tell("together")}>
    <p role="status">${tell("chosen", { n: lessons.length })}</p>
    <div class="actions">
      <${Button} icon="undo-2" disabled=${busy.value} onClick=${() => void act(restoreAll)}>${tell("restore")}<//>
      ${isAdmin &&
      html`<${Button} kind="danger" icon="trash-2" disabled=${busy.value} onClick=${() => (asked.value = true)}>${tell("removeForGood")}<//>`}
      <${Button} kind="quiet" icon="x" label=${tell("chooseNone")} onClick=${clear} />
    </div>
    ${asked.value &&
    html`<${Dialog} title=${tell("removeAsk", { n: lessons.length })} onClose=${() => (asked.value = false)}>
      <p>${tell("removeSure")}</p>
      <div class="actions">
        <${Button} kind="danger" icon="trash-2" disabled=${busy.value} onClick=${() => void act(removeAll)}>${tell("removeForGood")}<//>
        <${Button} onClick=${() => (asked.value = false)}>${say("cancel")}<//>
      </div>
    <//>`}
  </section>`;
}
