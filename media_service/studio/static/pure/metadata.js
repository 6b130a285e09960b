/** What librarians say of lessons: trees of categories, dates as far as they are known, people, licences, other names. */
/** @import { Language } from "../types" */

export const LEVELS = /** @type {const} */ (["preschool", "primary", "secondary", "vocational", "higher", "adult", "community", "senior", "other"]);
export const ROLES = /** @type {const} */ ([
  "author",
  "presenter",
  "publisher",
  "editor",
  "script_writer",
  "instructional_designer",
  "subject_matter_expert",
  "content_provider",
  "graphical_designer",
  "technical_implementer",
  "initiator",
  "validator",
  "educational_validator",
  "technical_validator",
]);
export const LICENCES = /** @type {const} */ ([
  "CC0-1.0",
  "CC-BY-4.0",
  "CC-BY-SA-4.0",
  "CC-BY-NC-4.0",
  "CC-BY-ND-4.0",
  "CC-BY-NC-SA-4.0",
  "CC-BY-NC-ND-4.0",
  "public_domain",
  "all_rights_reserved",
  "custom",
]);
export const VISIBILITIES = /** @type {const} */ (["private", "organization", "subtree", "shared", "public"]);

/** @typedef {{id: string, parent_id: string | null, name_zh: string, name_en: string, position: number, code: string}} Category */
/** @typedef {{id: string, name: string, path: string, depth: number}} Branch */
/** @typedef {{role: string, name: string, organization: string | null}} Contributor */
/** @typedef {{code: string, text: string | null, url: string | null}} Licence */
/** @typedef {{system: string, id: string}} OtherId */

/**
 * Categories in the order of their tree, each with its depth and the way to it. Those whose parent is not there stand at the top.
 * @param {readonly Category[]} categories In the order in which they stand beside each other.
 * @param {Language} language
 * @returns {Branch[]}
 */
export function branches(categories, language) {
  const known = new Set(categories.map(({ id }) => id));
  /** @type {Map<string | null, Category[]>} */
  const below = new Map();
  for (const each of categories) {
    const parent = each.parent_id !== null && known.has(each.parent_id) ? each.parent_id : null;
    below.set(parent, [...(below.get(parent) ?? []), each]);
  }
  /** @type {Branch[]} */
  const found = [];
  const walk = (/** @type {string | null} */ parent, /** @type {number} */ depth, /** @type {string} */ way) => {
    for (const each of below.get(parent) ?? []) {
      const name = language === "zh" ? each.name_zh : each.name_en;
      const path = way ? `${way} › ${name}` : name;
      found.push({ id: each.id, name, path, depth });
      walk(each.id, depth + 1, path);
    }
  };
  walk(null, 0, "");
  return found;
}

/**
 * The branches on the way to which a text stands.
 * @param {readonly Branch[]} all
 * @param {string} text
 */
export function matching(all, text) {
  const wanted = text.trim().toLowerCase();
  return wanted ? all.filter(({ path }) => path.toLowerCase().includes(wanted)) : [...all];
}

/**
 * Whether this is a date as far as it is known: a year, a month or a day.
 * @param {string} text
 */
export function isPartialDate(text) {
  const found = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/.exec(text);
  if (!found) return false;
  const [year, month, day] = [Number(found[1]), Number(found[2] ?? 1), Number(found[3] ?? 1)];
  const date = new Date(Date.UTC(year, month - 1, day));
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/**
 * People as they are sent: those with a name, in their order.
 * @param {readonly Contributor[]} lines
 * @returns {Contributor[]}
 */
export function sentContributors(lines) {
  return lines
    .map(({ role, name, organization }) => ({ role, name: name.trim(), organization: organization?.trim() || null }))
    .filter(({ name }) => name);
}

/**
 * A licence as it is sent; null if there is none, undefined where terms of one's own are still to be told.
 * @param {string} code
 * @param {string} text
 * @param {string} url
 * @returns {Licence | null | undefined}
 */
export function sentLicence(code, text, url) {
  if (!code) return null;
  if (code !== "custom") return { code, text: null, url: null };
  const told = { code, text: text.trim() || null, url: url.trim() || null };
  if (told.url !== null && !/^https?:\/\/[^\s]+$/.test(told.url)) return undefined;
  return told.text || told.url ? told : undefined;
}

/**
 * Names that other systems have for a lesson, as they are sent: complete lines with systems that can be ones.
 * @param {readonly OtherId[]} lines
 * @returns {Record<string, string>}
 */
export function sentOtherIds(lines) {
  const told = lines.map(({ system, id }) => [system.trim().toLowerCase(), id.trim()]);
  return Object.fromEntries(told.filter(([system, id]) => isSystem(system) && id));
}

/** @param {string} system */
export function isSystem(system) {
  return /^[a-z0-9][a-z0-9._-]{0,49}$/.test(system);
}

/**
 * A moment as the service writes it, of what a field of the kind `datetime-local` holds; null of none.
 * @param {string} local
 */
export function sentMoment(local) {
  const moment = new Date(local);
  return local && !Number.isNaN(moment.getTime()) ? moment.toISOString().replace(".000Z", "Z") : null;
}

/**
 * Whether a lesson would be withdrawn before it is published.
 * @param {string | null} published
 * @param {string | null} withdrawn
 */
export function isBackwards(published, withdrawn) {
  return published !== null && withdrawn !== null && Date.parse(withdrawn) <= Date.parse(published);
}
