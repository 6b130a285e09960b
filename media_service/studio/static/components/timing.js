/** What a view does again while it is shown, and what it does once typing has ended. */
import { useEffect, useSignal } from "../vendor/ui.js";

/**
 * Does something every so many milliseconds, as long as the view is shown.
 * @param {number} ms
 * @param {() => unknown} act
 * @param {readonly unknown[]} [of] begins anew when one of these changes
 */
export function useEvery(ms, act, of = []) {
  useEffect(() => {
    const timer = setInterval(() => void act(), ms);
    return () => clearInterval(timer);
  }, of);
}

const PAUSE_MS = 250;

/**
 * What is typed, without blanks around it, once nothing was typed for a moment.
 * @param {import("../vendor/ui.js").Signal<string>} typed
 * @returns {import("../vendor/ui.js").Signal<string>}
 */
export function useSettled(typed) {
  const settled = useSignal("");
  useEffect(() => {
    const timer = setTimeout(() => (settled.value = typed.value.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed.value]);
  return settled;
}
