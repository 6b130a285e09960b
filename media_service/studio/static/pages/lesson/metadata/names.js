/** Names of what lessons name by an ID, as far as they were seen. */
import { ask, Refusal } from "../../../api.js";
import { branches } from "../../../pure/metadata.js";
import { language } from "../../../language.js";
import { computed, signal } from "../../../vendor/ui.js";
/** @import { Category } from "../../../pure/metadata.js" */

/** @typedef {{id: string, name: string, of: string | null}} Recipient */

/** Categories that may be used, by organization. @type {import("../../../vendor/ui.js").Signal<ReadonlyMap<string, readonly Category[]>>} */
const categories = signal(new Map());

export const categoryNames = computed(
  () => new Map([...categories.value.values()].flatMap((some) => branches(some, language.value)).map(({ id, path }) => [id, path])),
);

/** @type {import("../../../vendor/ui.js").Signal<ReadonlyMap<string, string>>} */
export const recipientNames = signal(new Map());

/** @param {string} organization */
export function categoriesOf(organization) {
  return categories.value.get(organization) ?? null;
}

/** @param {string} organization */
export async function lookForCategories(organization) {
  try {
    const { data } = await ask("GET", `/v1/categories?organization_id=${encodeURIComponent(organization)}`);
    categories.value = new Map([...categories.peek(), [organization, data.categories]]);
  } catch (error) {
    // Without them the lesson can be worked on all the same; IDs stand in their place.
    if (!(error instanceof Refusal)) throw error;
  }
}

/** @param {readonly Recipient[]} found */
export function rememberNames(found) {
  recipientNames.value = new Map([...recipientNames.peek(), ...found.map(({ id, name }) => /** @type {[string, string]} */ ([id, name]))]);
}

/** Asks for the names of organizations and partners that are not known yet. @param {readonly string[]} ids */
export async function lookForNames(ids) {
  const unknown = ids.filter((id) => !recipientNames.peek().has(id)).slice(0, 100);
  if (unknown.length === 0) return;
  try {
    const asked = new URLSearchParams(unknown.map((id) => ["id", id]));
    asked.set("limit", "100");
    const { data } = await ask("GET", `/v1/recipients?${asked}`);
    rememberNames([...data.organizations, ...data.partners]);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}
