/** What a field of a lesson holds, as people read it. */
import { formatMoment, language, speaker } from "../../../language.js";
import { tongueName } from "../../../pure/tongues.js";
import { TEXTS } from "../texts.js";
import { categoryNames, recipientNames } from "./names.js";
/** @import { Contributor, Licence } from "../../../pure/metadata.js" */
/** @import { Name } from "../saving.js" */

const tell = speaker(TEXTS);

/** @typedef {keyof typeof TEXTS.en} Word */

/** @type {Partial<Record<Name, (value: any) => string>>} */
const WAYS = {
  language: (tag) => tongueName(tag, language.value),
  category_ids: (/** @type {string[]} */ ids) => joined(ids.map((id) => categoryNames.value.get(id) ?? id)),
  level: (level) => tell(/** @type {Word} */ (`level_${level}`)),
  contributors: (/** @type {Contributor[]} */ people) => people.map(personInWords).join("\n"),
  licence: licenceInWords,
  source_organization: (/** @type {{name: string, id: string | null}} */ { name, id }) => (id ? `${name} (${id})` : name),
  other_ids: (/** @type {Record<string, string>} */ ids) =>
    Object.entries(ids)
      .map(([system, id]) => `${system}: ${id}`)
      .join("\n"),
  visibility: (word) => tell(/** @type {Word} */ (`visible_${word}`)),
  shared_organization_ids: namesOf,
  shared_partner_ids: namesOf,
  published_at: formatMoment,
  withdraw_at: formatMoment,
};

/** @param {Name} name @param {unknown} value */
export function inWords(name, value) {
  if (value === null || value === undefined || value === "") return "";
  const way = WAYS[name];
  if (way) return way(value);
  return Array.isArray(value) ? joined(value) : String(value);
}

/** @param {Contributor} person */
export function personInWords({ role, name, organization }) {
  const what = tell(/** @type {Word} */ (`role_${role}`));
  return `${what}${language.value === "zh" ? "：" : ": "}${name}${organization ? ` (${organization})` : ""}`;
}

/** @param {Licence} licence */
export function licenceInWords({ code, text, url }) {
  return [licenceName(code), text, url].filter(Boolean).join("\n");
}

/** @param {string} code */
export function licenceName(code) {
  const word = `licence_${code}`;
  return word in TEXTS.en ? tell(/** @type {Word} */ (word)) : code.replaceAll(/-(?=\d|NC|ND|SA|BY)/g, " ");
}

/** @param {string[]} ids */
function namesOf(ids) {
  return joined(ids.map((id) => recipientNames.value.get(id) ?? id));
}

/** @param {readonly string[]} words */
function joined(words) {
  return words.join(language.value === "zh" ? "、" : ", ");
}
