/** The lessons of a course in their order: moved by a drag, by the arrows beside each, and by the keys of its handle. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Icon } from "../../components/icon.js";
import { Section } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { inLanguage, speaker } from "../../language.js";
import { moved, placeAfter, placeAt } from "../../pure/order.js";
import { formatTime } from "../../pure/times.js";
import { html, useEffect, useLayoutEffect, useRef, useSignal } from "../../vendor/ui.js";
import { AddLessons } from "./add-lessons.js";
import { TEXTS } from "./texts.js";
/** @import { Course, Item } from "./types" */

const tell = speaker(TEXTS);
/** So near to the edge of the screen a drag moves the page, by so many pixels at a time. */
const EDGE_PX = 64;
const SCROLL_PX = 14;

/** @typedef {"handle" | "up" | "down"} Control */
/** @typedef {{id: string, from: number, to: number, by: number, middles: readonly number[], begin: number, pointer: number, height: number}} Drag `by`: pixels. */

/** @param {{course: Course, again: () => Promise<void>}} props */
export function Lessons({ course, again }) {
  const items = useSignal(course.items);
  const adding = useSignal(false);
  const said = useSignal("");
  const drag = useSignal(/** @type {Drag | null} */ (null));
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  /** What has the focus once the rows stand anew. */
  const focus = useRef(/** @type {{id: string, control: Control} | null} */ (null));
  const sendings = useRef({ last: Promise.resolve(), waiting: 0 });
  useEffect(() => {
    if (sendings.current.waiting === 0) items.value = course.items;
  }, [course.items]);
  useLayoutEffect(() => {
    if (!focus.current) return;
    const { id, control } = focus.current;
    focus.current = null;
    const row = list.current?.querySelector(`[data-id="${id}"]`);
    const wanted = /** @type {HTMLButtonElement | null | undefined} */ (row?.querySelector(`[data-control=${control}]`));
    // At the ends there is nothing further: the other way is.
    const usable = wanted?.disabled ? row?.querySelector(`[data-control=${control === "up" ? "down" : "up"}]`) : wanted;
    /** @type {HTMLElement | null | undefined} */ (usable)?.focus();
  }, [items.value]);

  /** One request after the other, so that the order of the service is that of the page. @param {() => Promise<unknown>} act */
  const send = (act) => {
    const of = sendings.current;
    of.waiting += 1;
    of.last = of.last.then(async () => {
      try {
        await act();
      } catch (error) {
        toast(inLanguage(problemOf(error).message));
      }
      of.waiting -= 1;
      if (of.waiting === 0) await again();
    });
    return of.last;
  };
  const move = (/** @type {number} */ from, /** @type {number} */ to, /** @type {Control} */ control) => {
    if (to === from || to < 0 || to >= items.peek().length) return;
    const { asset_id: id, title } = items.peek()[from];
    focus.current = { id, control };
    items.value = moved(items.peek(), from, to);
    said.value = tell("movedTo", { title, n: to + 1, count: items.peek().length });
    void send(() => ask("PUT", `/v1/collections/${course.id}/items/${id}?position=${to}`));
  };
  const take = (/** @type {number} */ at) => {
    const { asset_id: id, title } = items.peek()[at];
    items.value = items.peek().toSpliced(at, 1);
    const back = () => void send(() => ask("PUT", `/v1/collections/${course.id}/items/${id}?position=${at}`));
    void send(() => ask("DELETE", `/v1/collections/${course.id}/items/${id}`)).then(() => toast(tell("takenOut", { title }), { text: tell("undo"), act: back }));
  };

  const grab = (/** @type {PointerEvent & {currentTarget: HTMLElement}} */ event, /** @type {number} */ at) => {
    if (event.button !== 0 || !list.current) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const boxes = [...list.current.children].map((row) => row.getBoundingClientRect());
    const middles = boxes.map(({ top, height }) => top + height / 2 + scrollY);
    drag.value = { id: items.peek()[at].asset_id, from: at, to: at, by: 0, middles, begin: event.clientY + scrollY, pointer: event.pointerId, height: boxes[at].height };
  };
  const pull = (/** @type {PointerEvent} */ { clientY, pointerId }) => {
    const held = drag.peek();
    if (held?.pointer !== pointerId) return;
    if (clientY < EDGE_PX) scrollBy(0, -SCROLL_PX);
    else if (clientY > innerHeight - EDGE_PX) scrollBy(0, SCROLL_PX);
    const by = clientY + scrollY - held.begin;
    drag.value = { ...held, by, to: placeAt(held.middles, held.from, held.middles[held.from] + by) };
  };
  const drop = (/** @type {PointerEvent} */ { pointerId }) => {
    const held = drag.peek();
    if (held?.pointer !== pointerId) return;
    drag.value = null;
    move(held.from, held.to, "handle");
  };
  const press = (/** @type {KeyboardEvent} */ event, /** @type {number} */ at) => {
    if (event.key === "Escape") drag.value = null;
    const to = placeAfter(event.key, at, items.peek().length);
    if (to === null) return;
    event.preventDefault();
    move(at, to, "handle");
  };
  const count = items.value.length;
  const held = drag.value;
  return html`<${Section}
    name="lessons"
    title=${tell("lessons")}
    hint=${count > 1 ? tell("lessonsHint") : undefined}
    aside=${html`<${Button} icon="plus" onClick=${() => (adding.value = true)}>${tell("add")}<//>`}
  >
    <p class="unseen" role="status">${said.value}</p>
    ${count === 0 && html`<p class="hint">${tell("lessonsNone")}</p>`}
    <ol class="course-lessons" ref=${list} data-dragging=${held ? "" : null}>
      ${items.value.map(
        (item, at) => html`<li
          key=${item.asset_id}
          class="course-lesson"
          data-id=${item.asset_id}
          data-held=${held?.id === item.asset_id ? "" : null}
          style=${held ? { transform: `translateY(${shift(held, at)}px)` } : null}
        >
          <button
            type="button"
            class="course-handle"
            data-control="handle"
            aria-label=${tell("drag", { title: item.title, n: at + 1, count })}
            onPointerDown=${(/** @type {PointerEvent & {currentTarget: HTMLElement}} */ event) => grab(event, at)}
            onPointerMove=${pull}
            onPointerUp=${drop}
            onPointerCancel=${() => (drag.value = null)}
            onKeyDown=${(/** @type {KeyboardEvent} */ event) => press(event, at)}
          >
            <${Icon} name="grip-vertical" /><span aria-hidden="true">${at + 1}</span>
          </button>
          <div class="course-lesson-name">
            <a dir="auto" href=${`/studio/lessons/${item.asset_id}`}>${item.title}</a>
            <p class="hint">${factsOf(item)}</p>
          </div>
          <div class="course-lesson-acts">
            <${Button} kind="quiet" icon="chevron-up" label=${tell("up", { title: item.title })} data-control="up" disabled=${at === 0} onClick=${() => move(at, at - 1, "up")} />
            <${Button} kind="quiet" icon="chevron-down" label=${tell("down", { title: item.title })} data-control="down" disabled=${at === count - 1} onClick=${() => move(at, at + 1, "down")} />
            <${Button} kind="quiet" icon="x" label=${tell("take", { title: item.title })} onClick=${() => take(at)} />
          </div>
        </li>`,
      )}
    </ol>
    ${course.unseen > 0 && html`<p class="hint">${tell("unseen", { n: course.unseen })}</p>`}
    ${adding.value && html`<${AddLessons} course=${course} onDone=${again} onClose=${() => (adding.value = false)} />`}
  <//>`;
}

/**
 * By how many pixels a row makes room, or follows the pointer.
 * @param {Drag} drag
 * @param {number} at
 */
function shift({ from, to, by, height }, at) {
  if (at === from) return by;
  if (at > from && at <= to) return -height;
  if (at < from && at >= to) return height;
  return 0;
}

/** @param {Item} item */
function factsOf({ state, duration }) {
  const length = duration === null ? "" : formatTime(duration);
  return state === "ready" || state === "playable" ? length : [tell(`state_${state}`), length].filter(Boolean).join(" · ");
}
