/** What a view asks of the service, and how far that is. */
import { ask, Refusal } from "../api.js";
import { useEffect, useSignal } from "../vendor/ui.js";
/** @import { Problem } from "../types" */

/** @typedef {{is: "loading"} | {is: "ready", data: any, etag: string | null} | {is: "failed", problem: Problem}} Resource */

/**
 * Asks for an address when the view is first drawn and whenever the address changes. What is shown stays while it is asked for again.
 * @param {string} address
 * @returns {{now: import("../vendor/ui.js").Signal<Resource>, again: () => Promise<void>}}
 */
export function useResource(address) {
  const now = useSignal(/** @type {Resource} */ ({ is: "loading" }));
  const fetchNow = async (/** @type {AbortSignal | undefined} */ ended) => {
    try {
      const { data, etag } = await ask("GET", address, ended ? { signal: ended } : {});
      now.value = { is: "ready", data, etag };
    } catch (error) {
      if (ended?.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      now.value = { is: "failed", problem: error.problem };
    }
  };
  useEffect(() => {
    const left = new AbortController();
    void fetchNow(left.signal);
    return () => left.abort();
  }, [address]);
  return {
    now,
    again: () => fetchNow(undefined),
  };
}
