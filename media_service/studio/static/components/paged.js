/** Lists that the service gives page by page. */
import { ask, problemOf, Refusal } from "../api.js";
import { say } from "../language.js";
import { html, useEffect, useSignal } from "../vendor/ui.js";
import { Button } from "./button.js";
import { ErrorState, LoadingState } from "./states.js";
/** @import { Problem } from "../types" */
/** @import { Child } from "../vendor/ui.js" */

/** @typedef {{is: "loading"} | {is: "failed", problem: Problem} | {is: "ready", rows: any[], next: string | number | null}} Pages */

/**
 * What a list holds, the first page at once and others as they are wanted. What is shown stays while it is asked for again.
 * @param {string} address Without `after`.
 * @param {string} name Under which the rows stand in the answer.
 */
export function usePaged(address, name) {
  const pages = useSignal(/** @type {Pages} */ ({ is: "loading" }));
  const busy = useSignal(false);
  const trouble = useSignal(/** @type {Problem | null} */ (null));
  const load = async (/** @type {AbortSignal | undefined} */ ended) => {
    try {
      const { data } = await ask("GET", address, ended ? { signal: ended } : {});
      pages.value = { is: "ready", rows: data[name], next: data.next };
      trouble.value = null;
    } catch (error) {
      if (ended?.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      if (pages.peek().is === "ready") trouble.value = error.problem;
      else pages.value = { is: "failed", problem: error.problem };
    }
  };
  const more = async () => {
    const before = pages.peek();
    if (before.is !== "ready" || before.next === null || busy.peek()) return;
    busy.value = true;
    try {
      const { data } = await ask("GET", following(address, before.next));
      // Another list may have been asked for meanwhile.
      if (pages.peek() === before) pages.value = { is: "ready", rows: [...before.rows, ...data[name]], next: data.next };
      trouble.value = null;
    } catch (error) {
      trouble.value = problemOf(error);
    } finally {
      busy.value = false;
    }
  };
  useEffect(() => {
    const left = new AbortController();
    void load(left.signal);
    return () => left.abort();
  }, [address]);
  return { pages, busy, trouble, more, again: () => load(undefined) };
}

/**
 * All of a list, whatever its length.
 * @param {string} address Without `after`.
 * @param {string} name
 * @returns {Promise<any[]>}
 */
export async function fetchAll(address, name) {
  const rows = [];
  for (let next = null; ; ) {
    const { data } = await ask("GET", next === null ? address : following(address, next));
    rows.push(...data[name]);
    next = data.next;
    if (next === null) return rows;
  }
}

/**
 * Shows such a list in whatever state it is.
 * @param {object} props
 * @param {ReturnType<typeof usePaged>} props.of
 * @param {Child} props.empty What stands in the place of no rows.
 * @param {(row: any) => Child} props.row
 */
export function PagedList({ of: { pages, busy, trouble, more, again }, empty, row }) {
  const found = pages.value;
  if (found.is === "loading") return html`<${LoadingState} />`;
  if (found.is === "failed") return html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`;
  return html`
    ${found.rows.length > 0 ? html`<ul class="rows">${found.rows.map(row)}</ul>` : empty}
    ${trouble.value && html`<${ErrorState} problem=${trouble.value} onRetry=${() => void again()} />`}
    ${found.next !== null &&
    html`<p class="more"><${Button} disabled=${busy.value} onClick=${() => void more()}>${say("showMore")}<//></p>`}
  `;
}

/** @param {string} address @param {string | number} next */
function following(address, next) {
  return `${address}${address.includes("?") ? "&" : "?"}after=${encodeURIComponent(next)}`;
}
