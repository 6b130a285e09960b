/** The uploads that the service has begun and not finished, from whatever browser they came. */
import { ask, Refusal } from "../api.js";
import { isPerson } from "../session.js";
import { computed, signal } from "../vendor/ui.js";
/** @import { OpenUpload } from "../types" */

export const openUploads = signal(/** @type {readonly OpenUpload[]} */ ([]));

/** Addresses of those that a file of this page's line fills. */
const taken = signal(/** @type {ReadonlySet<string>} */ (new Set()));

/** Those that wait for their file to be chosen again. */
export const orphans = computed(() => openUploads.value.filter(({ address }) => !taken.value.has(pathOf(address))));

/** Asks for them anew, all that are one's own. What is already known stays if the service cannot be asked. */
export async function refreshOpen() {
  try {
    /** @type {OpenUpload[]} */
    const found = [];
    // Administrators may see those of others, which are not theirs to go on with.
    const own = isPerson() ? "&owner=me" : "";
    let after = "";
    do {
      const { data } = await ask("GET", `/v1/uploads?state=open&limit=100${own}${after}`);
      found.push(...data.uploads.map(readUpload));
      after = data.next ? `&after=${encodeURIComponent(data.next)}` : "";
    } while (after);
    openUploads.value = found;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

/**
 * @param {Record<string, any>} told
 * @returns {OpenUpload}
 */
function readUpload({ id, location: address, name, size, offset, receiving, head_tail_sha256: digest, asset_id: assetId }) {
  return { id, address: pathOf(address), name, size, received: offset, isBeingSent: receiving, digest, assetId };
}

/** @param {string} address */
export function claim(address) {
  taken.value = new Set([...taken.peek(), pathOf(address)]);
}

/** @param {string} address */
export function claimed(address) {
  return taken.peek().has(pathOf(address));
}

/** @param {string | null} address */
export function release(address) {
  if (address) taken.value = new Set([...taken.peek()].filter((path) => path !== pathOf(address)));
}

/** @param {string} address */
export function pathOf(address) {
  return new URL(address, location.origin).pathname;
}
