/** Captions that somebody works on: what they are by now, which cue is in hand, and everything that is done with them. */
import { chained, insert, merge, remove, setEnd, setStart, setText, split } from "../../pure/cue-edits.js";
import { allWarnings } from "../../pure/cue-warnings.js";
import { begin, record, redo, undo } from "../../pure/history.js";
import { cuesOf, parse } from "../../pure/webvtt.js";
import { batch, computed, signal } from "../../vendor/ui.js";
/** @import { Captions, Cue } from "../../pure/webvtt.js" */

const NEW_MS = 3000;

export class Editing {
  history;
  captions;
  cues;
  warnings;
  /** The key of the cue in hand, null if there is none. */
  selected = signal(/** @type {number | null} */ (null));
  /** Counts up when the text field should take the focus, with the caret at `caret`. */
  focusing = signal(0);
  caret = 0;

  /**
   * @param {{kind: string, tongue: string, duration: number, text: string}} what `duration` in milliseconds, 0 if unknown.
   */
  constructor({ kind, tongue, duration, text }) {
    this.kind = kind;
    this.duration = duration;
    this.history = signal(begin(parse(text)));
    this.captions = computed(() => this.history.value.present);
    this.cues = computed(() => cuesOf(this.captions.value));
    const known = new WeakMap();
    this.warnings = computed(() => allWarnings(this.cues.value, tongue, kind, known));
    this.selected.value = this.cues.peek()[0]?.key ?? null;
  }

  /** The cue in hand. @returns {Cue | null} */
  get cue() {
    return this.cues.value.find(({ key }) => key === this.selected.value) ?? null;
  }

  /**
   * @param {Captions} captions
   * @param {string} [about] Edits about the same within a moment are one step of undo.
   */
  apply(captions, about = "") {
    const before = this.captions.peek();
    const after = this.kind === "chapters" && captions !== before ? chained(before, captions, this.duration) : captions;
    this.history.value = record(this.history.peek(), after, about, performance.now());
  }

  /** Another file in the place of this one; it can be undone. @param {string} text */
  replace(text) {
    batch(() => {
      this.apply(parse(text));
      this.selected.value = this.cues.peek()[0]?.key ?? null;
    });
  }

  undo() {
    batch(() => {
      this.history.value = undo(this.history.peek());
      this.#hold();
    });
  }

  redo() {
    batch(() => {
      this.history.value = redo(this.history.peek());
      this.#hold();
    });
  }

  /**
   * @param {number | null} key
   * @param {{focus?: boolean, caret?: number}} [how]
   */
  select(key, { focus = false, caret = Infinity } = {}) {
    batch(() => {
      this.selected.value = key;
      if (!focus) return;
      this.caret = caret;
      this.focusing.value += 1;
    });
  }

  /** Takes the cue before or after into hand. @param {number} by */
  step(by) {
    const cues = this.cues.peek();
    const at = cues.findIndex(({ key }) => key === this.selected.peek());
    const next = cues[Math.max(0, Math.min(cues.length - 1, at + by))];
    if (next) this.select(next.key, { focus: true });
  }

  /** @param {string} text */
  write(text) {
    const key = this.selected.peek();
    if (key !== null) this.apply(setText(this.captions.peek(), key, text), `text ${key}`);
  }

  /** @param {number} time */
  begin(time) {
    const key = this.selected.peek();
    if (key !== null) this.apply(setStart(this.captions.peek(), key, time), `start ${key}`);
  }

  /** @param {number} time */
  end(time) {
    const key = this.selected.peek();
    if (key !== null) this.apply(setEnd(this.captions.peek(), key, time), `end ${key}`);
  }

  /** @param {number} offset @param {number} time */
  split(offset, time) {
    const key = this.selected.peek();
    const before = this.captions.peek();
    if (key === null) return;
    batch(() => {
      this.apply(split(before, key, offset, time));
      this.select(before.nextKey, { focus: true, caret: 0 });
    });
  }

  merge() {
    const key = this.selected.peek();
    if (key !== null) this.apply(merge(this.captions.peek(), key));
  }

  /** A new cue where the player stands, or after the one in hand if that is still shown there. @param {number} time */
  add(time) {
    const cues = this.cues.peek();
    const within = this.kind === "captions" ? cues.find(({ start, end }) => start <= time && time < end) : undefined;
    const start = within ? within.end : time;
    const next = Math.min(...cues.filter((cue) => cue.start > start).map((cue) => cue.start), this.duration || Infinity);
    const end = Math.max(start + 500, Math.min(start + NEW_MS, next));
    batch(() => {
      const { captions, key } = insert(this.captions.peek(), start, end);
      this.apply(captions);
      this.select(key, { focus: true });
    });
  }

  remove() {
    const key = this.selected.peek();
    const cues = this.cues.peek();
    const at = cues.findIndex((cue) => cue.key === key);
    if (key === null || at < 0) return;
    batch(() => {
      this.apply(remove(this.captions.peek(), key));
      this.select((cues[at + 1] ?? cues[at - 1])?.key ?? null, { focus: true });
    });
  }

  /** What is in hand must be there. */
  #hold() {
    const cues = this.cues.peek();
    if (!cues.some(({ key }) => key === this.selected.peek())) this.selected.value = cues[0]?.key ?? null;
  }
}
