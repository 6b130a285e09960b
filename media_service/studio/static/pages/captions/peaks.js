/** How loud a lesson is, once a worker has measured it. */
import { ask, Refusal } from "../../api.js";
import { useEffect, useSignal } from "../../vendor/ui.js";
/** @import { Peaks } from "./types" */

const AGAIN_MS = 5000;

/**
 * @param {string} id Of the lesson.
 * @returns {{peaks: Peaks | null, state: "making" | "silent" | "there"}}
 */
export function usePeaks(id) {
  const peaks = useSignal(/** @type {Peaks | null} */ (null));
  const silent = useSignal(false);
  useEffect(() => {
    let left = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const load = async () => {
      try {
        const { data } = await ask("GET", `/v1/assets/${id}/peaks`);
        if (left) return;
        const values = Uint8Array.from(atob(data.values), (letter) => letter.charCodeAt(0));
        silent.value = values.length === 0;
        peaks.value = values.length > 0 ? { values, each: data.seconds_each * 1000 } : null;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (!left) timer = setTimeout(() => void load(), AGAIN_MS);
      }
    };
    void load();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [id]);
  return { peaks: peaks.value, state: peaks.value ? "there" : silent.value ? "silent" : "making" };
}
