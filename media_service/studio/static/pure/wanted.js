/** Which lessons a list shows: as the address of the page says it, and as the service is asked for it. */
import { VISIBILITIES } from "./metadata.js";
import { REVIEW_STATES } from "./reviews.js";

export const PAGE_SIZE = 50;

/** @typedef {"q" | "state" | "kind" | "language" | "captions" | "owner" | "subject" | "tag" | "review" | "visibility" | "sort"} Wish */
/** @typedef {Partial<Record<Wish, string>>} Wanted */

/** @type {readonly Wish[]} */
const WISHES = ["q", "state", "kind", "language", "captions", "owner", "subject", "tag", "review", "visibility", "sort"];

export const NEWEST = "-created_at";

/** States of the service that people tell apart. */
export const STATES = /** @type {const} */ ({
  working: ["uploading", "queued", "processing", "playable"],
  ready: ["ready"],
  failed: ["failed"],
  external: ["external"],
});
export const KINDS = /** @type {const} */ (["video", "animation", "audio"]);
export const ORDERS = /** @type {const} */ ([NEWEST, "created_at", "title", "-title"]);

/** What may be chosen where not every word counts. @type {Partial<Record<Wish, readonly string[]>>} */
const CHOICES = { state: Object.keys(STATES), kind: KINDS, captions: ["yes", "no"], review: REVIEW_STATES, visibility: VISIBILITIES, sort: ORDERS };

/**
 * What the query of an address wishes; what nobody can choose is left out.
 * @param {string} search
 * @returns {Wanted}
 */
export function readWanted(search) {
  const asked = new URLSearchParams(search);
  /** @type {Wanted} */
  const found = {};
  for (const name of WISHES) {
    const value = asked.get(name)?.trim();
    if (value && (CHOICES[name]?.includes(value) ?? true) && value !== NEWEST) found[name] = value;
  }
  return found;
}

/**
 * The query of an address, with its question mark; empty if nothing is wished.
 * @param {Wanted} wanted
 */
export function writeWanted(wanted) {
  const written = new URLSearchParams();
  for (const name of WISHES) if (wanted[name] && wanted[name] !== NEWEST) written.set(name, wanted[name]);
  return written.size ? `?${written}` : "";
}

/**
 * What the service is asked.
 * @param {Wanted} wanted
 * @param {string | null} after `next` of the page before.
 */
export function questionOf({ q, state, kind, language, captions, owner, subject, tag, review, visibility, sort }, after) {
  const asked = new URLSearchParams({ limit: String(PAGE_SIZE) });
  if (q) asked.set("q", q);
  for (const each of STATES[/** @type {keyof typeof STATES} */ (state)] ?? []) asked.append("state", each);
  if (kind) asked.set("kind", kind);
  if (language) asked.set("language", language);
  if (captions) asked.set("has_captions", String(captions === "yes"));
  if (owner) asked.set("owner", owner);
  if (subject) asked.set("subject", subject);
  if (tag) asked.set("tag", tag);
  if (review) asked.set("review", review);
  if (visibility) asked.set("visibility", visibility);
  if (sort) asked.set("sort", sort);
  if (after) asked.set("after", after);
  else asked.set("count", "true");
  return `/v1/assets?${asked}`;
}

/**
 * What narrows the list, by which it can be taken away again.
 * @param {Wanted} wanted
 * @returns {Wish[]}
 */
export function narrowing(wanted) {
  return WISHES.filter((name) => wanted[name] && name !== "sort" && name !== "q");
}
