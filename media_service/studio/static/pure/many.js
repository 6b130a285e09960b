/** What is done with many lessons at once. */
import { withTags } from "./tags.js";

/** Lessons that one request changes. */
export const MOST_AT_ONCE = 300;

/** @typedef {{id: string, title: string, tags: readonly string[], category_ids?: readonly string[]}} Chosen */
/** @typedef {{language: string, subject: string, add: readonly string[], remove: readonly string[], level?: string, licence?: string, visibility?: string, category?: string, categoryAway?: string}} Edit What is empty stays; a language `und` is taken away. */
/** @typedef {{outcome: string}} Row */

/**
 * The lessons that are chosen after a click on one: with the shift key all from the one that was clicked before.
 * @param {ReadonlySet<string>} chosen
 * @param {readonly string[]} shown In the order of the list.
 * @param {{id: string, on: boolean, from: string | null}} click `from`: the lesson of the click before, null without the shift key.
 * @returns {Set<string>}
 */
export function choose(chosen, shown, { id, on, from }) {
  const [one, other] = [shown.indexOf(id), from === null ? -1 : shown.indexOf(from)];
  const changed = other < 0 ? [id] : shown.slice(Math.min(one, other), Math.max(one, other) + 1);
  const next = new Set(chosen);
  for (const each of changed) {
    if (on) next.add(each);
    else next.delete(each);
  }
  return next;
}

/**
 * What the service is asked to change of each.
 * @param {readonly Chosen[]} lessons
 * @param {Edit} edit
 */
export function changesOf(lessons, { language, subject, add, remove, level, licence, visibility, category = "", categoryAway = "" }) {
  const folded = new Set(remove.map(fold));
  return lessons.map(({ id, tags, category_ids: categories = [] }) => ({
    asset_id: id,
    set: {
      ...(language && { language: language === "und" ? null : language }),
      ...(level && { level }),
      ...(licence && { licence: { code: licence } }),
      ...(visibility && { visibility }),
      ...(subject.trim() && { subject: subject.trim() }),
      ...((category || categoryAway) && { category_ids: withCategory(categories, category, categoryAway) }),
      ...((add.length > 0 || remove.length > 0) && {
        tags: withTags(
          tags.filter((tag) => !folded.has(fold(tag))),
          add.join("\n"),
        ),
      }),
    },
  }));
}

/**
 * @param {readonly string[]} ids
 * @param {string} add
 * @param {string} away
 */
function withCategory(ids, add, away) {
  const kept = ids.filter((id) => id !== away);
  return add && !kept.includes(add) ? [...kept, add] : kept;
}

/**
 * How many rows had which end.
 * @param {readonly Row[]} rows
 */
export function tally(rows) {
  const changed = rows.filter(({ outcome }) => outcome === "changed").length;
  const unchanged = rows.filter(({ outcome }) => outcome === "unchanged").length;
  return { changed, unchanged, refused: rows.length - changed - unchanged };
}

/**
 * Whole days until a moment, at least 0.
 * @param {string} moment RFC 3339.
 * @param {number} now Milliseconds.
 */
export function daysLeft(moment, now) {
  return Math.max(0, Math.ceil((Date.parse(moment) - now) / 86_400_000));
}

/** @param {string} tag */
function fold(tag) {
  return tag.normalize("NFKC").toLowerCase();
}
