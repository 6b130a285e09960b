/** What an upload link asks for and allows: as a form has it, and as the service takes it. */
import { named } from "./names.js";

/** Seconds in which entries that come after the closing still count, as late. */
export const GRACES = [0, 900, 3600, 86_400, 259_200, 604_800];

export const KINDS = /** @type {const} */ (["video", "animation", "audio"]);

/** Fields that people often ask for, by the names that programs call them. */
export const OFTEN_ASKED = /** @type {const} */ (["name", "school", "phone", "email"]);

const MOST_FIELDS = 20;
const OPEN_DAYS = 14;
const GIGABYTE = 1e9;

/** @typedef {{name: string, label: string, required: boolean}} AskedField `name` is empty of one that is new. */

/**
 * @typedef {object} LinkForm What people fill in; limits are texts, empty for none.
 * @property {string} name
 * @property {string} opens Date and time without a zone, as `datetime-local` has it; empty for now.
 * @property {string} closes
 * @property {number} grace Seconds.
 * @property {readonly string[]} kinds All of them is no limit.
 * @property {string} gigabytes
 * @property {string} minutes
 * @property {string} entries
 * @property {readonly AskedField[]} fields
 * @property {string} licence
 * @property {string} language
 */

/**
 * @typedef {object} LinkTerms What the service knows of a link.
 * @property {string} name
 * @property {string | null} language
 * @property {number | null} max_bytes
 * @property {number | null} max_seconds
 * @property {number | null} max_entries
 * @property {string[]} kinds Empty is no limit.
 * @property {string} opens_at
 * @property {string} closes_at
 * @property {number} grace_seconds
 * @property {AskedField[]} fields
 * @property {string} licence
 */

/**
 * A form with what suits most: open for two weeks, to the end of the day, and the sender's name is asked for.
 * @param {Date} now
 * @param {string} nameLabel
 * @returns {LinkForm}
 */
export function newForm(now, nameLabel) {
  const closes = new Date(now.getFullYear(), now.getMonth(), now.getDate() + OPEN_DAYS, 23, 59);
  return {
    name: "",
    opens: "",
    closes: localMoment(closes),
    grace: 0,
    kinds: KINDS,
    gigabytes: "",
    minutes: "",
    entries: "",
    fields: [{ name: "name", label: nameLabel, required: true }],
    licence: "",
    language: "",
  };
}

/** @param {LinkTerms} link @returns {LinkForm} */
export function formOf(link) {
  return {
    name: link.name,
    opens: localMoment(new Date(link.opens_at)),
    closes: localMoment(new Date(link.closes_at)),
    grace: link.grace_seconds,
    kinds: link.kinds.length > 0 ? link.kinds : KINDS,
    gigabytes: link.max_bytes === null ? "" : String(link.max_bytes / GIGABYTE),
    minutes: link.max_seconds === null ? "" : String(link.max_seconds / 60),
    entries: link.max_entries === null ? "" : String(link.max_entries),
    fields: link.fields,
    licence: link.licence,
    language: link.language ?? "",
  };
}

/**
 * What the service takes for a form.
 * @param {LinkForm} form
 */
export function termsOf(form) {
  return {
    name: form.name.trim(),
    language: form.language || null,
    max_bytes: limitOf(form.gigabytes, GIGABYTE),
    max_seconds: limitOf(form.minutes, 60),
    max_entries: limitOf(form.entries, 1),
    kinds: form.kinds.length === KINDS.length ? [] : [...form.kinds],
    opens_at: form.opens ? new Date(form.opens).toISOString() : null,
    closes_at: new Date(form.closes).toISOString(),
    grace_seconds: form.grace,
    fields: named(form.fields, "field"),
    licence: form.licence.trim(),
  };
}

/**
 * What was changed of a link. Moments are kept to the second where nobody touched them: a form has minutes.
 * @param {LinkForm} form
 * @param {LinkTerms} link
 * @returns {Record<string, unknown>}
 */
export function changesOf(form, link) {
  const before = Object.entries(termsOf(formOf(link)));
  const after = /** @type {Record<string, unknown>} */ (termsOf(form));
  return Object.fromEntries(
    before.filter(([name, value]) => JSON.stringify(after[name]) !== JSON.stringify(value)).map(([name]) => [name, after[name]]),
  );
}

/** Whether one more field can be asked for. @param {readonly AskedField[]} fields */
export function canAskMore(fields) {
  return fields.length < MOST_FIELDS;
}

/** @param {string} text @param {number} unit */
function limitOf(text, unit) {
  const amount = Number(text);
  return text.trim() && amount > 0 ? Math.max(1, Math.round(amount * unit)) : null;
}

/**
 * A moment as fields of the kind `datetime-local` have it, in the zone of whoever looks.
 * @param {Date} moment
 */
export function localMoment(moment) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const [year, month, day] = [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())];
  return `${String(year).padStart(4, "0")}-${month}-${day}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
}
