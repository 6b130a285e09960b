/** The lessons that are shown, a page after the other, and which of them are chosen. */
import { ask, problemOf, Refusal } from "../../api.js";
import { questionOf } from "../../pure/wanted.js";
import { signal, useEffect, useSignal } from "../../vendor/ui.js";
/** @import { Wanted } from "../../pure/wanted.js" */
/** @import { Problem } from "../../types" */
/** @import { Listed } from "./types" */

/** Counts up when something was done with many lessons: then lists are asked for again. */
export const changes = signal(0);

/** @typedef {{is: "loading"} | {is: "failed", problem: Problem} | {is: "ready", lessons: Listed[], next: string | null, total: {count: number, exact: boolean} | null}} List */

/**
 * The list of what is wanted; what is shown stays until its successor is there.
 * @param {Wanted & {trashed?: boolean}} wanted
 */
export function useList(wanted) {
  const list = useSignal(/** @type {List} */ ({ is: "loading" }));
  const busy = useSignal(false);
  const trouble = useSignal(/** @type {Problem | null} */ (null));
  const address = (/** @type {string | null} */ after) => questionOf(wanted, after) + (wanted.trashed ? "&trashed=true" : "");
  const first = address(null);
  const load = async (/** @type {AbortSignal | undefined} */ ended) => {
    busy.value = true;
    try {
      const { data } = await ask("GET", first, ended ? { signal: ended } : {});
      list.value = { is: "ready", lessons: data.assets, next: data.next, total: data.total };
      trouble.value = null;
    } catch (error) {
      if (ended?.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      list.value = { is: "failed", problem: error.problem };
    }
    busy.value = false;
  };
  const more = async () => {
    const before = list.peek();
    if (before.is !== "ready" || !before.next || busy.peek()) return;
    busy.value = true;
    try {
      const { data } = await ask("GET", address(before.next));
      // Another list may have been asked for meanwhile.
      if (list.peek() === before) list.value = { ...before, lessons: [...before.lessons, ...data.assets], next: data.next };
      trouble.value = null;
    } catch (error) {
      trouble.value = problemOf(error);
    }
    busy.value = false;
  };
  const changed = changes.value;
  useEffect(() => {
    const left = new AbortController();
    void load(left.signal);
    return () => left.abort();
  }, [first, changed]);
  return { list, busy, trouble, more, again: () => load(undefined) };
}
