/** Secrets that the service tells once: kept from the answer that told them until what shows them is left. */
import { signal, useEffect } from "../vendor/ui.js";

const told = signal(/** @type {ReadonlyMap<string, string>} */ (new Map()));

/** @param {string} id Of what the secret belongs to. @param {string} secret Or an address that has it in it. */
export function showOnce(id, secret) {
  told.value = new Map([...told.peek(), [id, secret]]);
}

/**
 * The secret of something, if it was told a moment ago; null otherwise.
 * @param {string} id
 */
export function useOnce(id) {
  useEffect(
    () => () => {
      told.value = new Map([...told.peek()].filter(([known]) => known !== id));
    },
    [id],
  );
  return told.value.get(id) ?? null;
}
