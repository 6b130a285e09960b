/** The files of this page's line, and how far all of them are. */
import { computed, signal } from "../vendor/ui.js";
import { chosen } from "./opening.js";
/** @import { Item, Phase, Picked, Problem } from "../types" */

/** All files of this line, in the order in which they came. */
export const items = signal(/** @type {readonly Item[]} */ ([]));

/** How many stand where. */
export const counts = computed(() => {
  /** @type {Record<Phase, number>} */
  const found = { waiting: 0, checking: 0, sending: 0, retrying: 0, paused: 0, failed: 0, sent: 0 };
  for (const { phase } of items.value) found[phase.value] += 1;
  return found;
});

/** Whether closing the page would stop something that moves. */
export const moving = computed(() => counts.value.waiting + counts.value.checking + counts.value.sending + counts.value.retrying > 0);

/** Bytes of all files that are under way, and how many of them have left. */
export const total = computed(() => {
  let [all, sent] = [0, 0];
  for (const item of items.value) {
    if (item.phase.value === "failed") continue;
    all += item.file.size;
    sent += item.phase.value === "sent" ? item.file.size : item.sent.value;
  }
  return { all, sent };
});

/**
 * A file at the end of the line.
 * @param {Picked} picked
 * @returns {Item}
 */
export function newItem({ file, path, handle, replaces }) {
  return {
    id: newId(),
    file,
    path,
    handle,
    replaces: replaces ?? null,
    visibility: replaces ? "" : chosen.peek(),
    phase: signal(/** @type {Phase} */ ("waiting")),
    sent: signal(0),
    speed: signal(/** @type {number | null} */ (null)),
    problem: signal(/** @type {Problem | null} */ (null)),
    note: signal(/** @type {"" | "differs" | "continued" | "restarted"} */ ("")),
    assetId: signal(/** @type {string | null} */ (null)),
    address: null,
    attemptKey: newId(),
  };
}

/** A name that nobody else has. */
export function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
