/** What somebody changes of a thing while others change it, too: what is still to be sent, and where both changed the same. */

/** @typedef {Record<string, unknown>} Fields Values by name, as JSON has them. */
/** @typedef {{name: string, mine: unknown, theirs: unknown}} Conflict */

/**
 * Whether two values are the same as JSON, in whatever order their members stand.
 * @param {unknown} one
 * @param {unknown} other
 */
export function same(one, other) {
  return JSON.stringify(one, inOrder) === JSON.stringify(other, inOrder);
}

/** @param {string} _ @param {unknown} value */
function inOrder(_, value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/**
 * Holds what was edited against what the thing has become meanwhile. What both made the same is settled; what only they changed is
 * theirs; what only I changed stays to be sent; what both changed differently is a conflict that a person decides.
 * @param {Fields} base What was seen when the editing began.
 * @param {Fields} edits What was changed of it here.
 * @param {Fields} theirs What it is now.
 * @returns {{edits: Fields, conflicts: Conflict[]}} `edits` holds those in conflict as well.
 */
export function merge(base, edits, theirs) {
  /** @type {Fields} */
  const left = {};
  /** @type {Conflict[]} */
  const conflicts = [];
  for (const [name, mine] of Object.entries(edits)) {
    if (same(mine, theirs[name])) continue;
    left[name] = mine;
    if (!same(theirs[name], base[name])) conflicts.push({ name, mine, theirs: theirs[name] });
  }
  return { edits: left, conflicts };
}

/**
 * What of the edits can be sent now: all but what waits for a decision, and what the service would surely refuse.
 * @param {Fields} edits
 * @param {readonly Conflict[]} conflicts
 */
export function sendable(edits, conflicts) {
  const waiting = new Set(conflicts.map(({ name }) => name));
  return Object.fromEntries(Object.entries(edits).filter(([name, value]) => !waiting.has(name) && !(name === "title" && !isTitle(value))));
}

/**
 * Whether this can be a title: one that people can see.
 * @param {unknown} value
 */
export function isTitle(value) {
  return typeof value === "string" && value.trim() !== "";
}

/**
 * The edits without those that were sent and are now as they were sent; what was typed since stays.
 * @param {Fields} edits
 * @param {Fields} sent
 */
export function without(edits, sent) {
  return Object.fromEntries(Object.entries(edits).filter(([name, value]) => !(name in sent) || !same(value, sent[name])));
}

/**
 * Seconds until the next attempt after so many that got no answer.
 * @param {number} attempts 1 or more.
 * @param {number | null} asked What the service asks to wait.
 */
export function patience(attempts, asked) {
  return asked ?? Math.min(60, 3 * 2 ** (attempts - 1));
}

/**
 * What is to be told of how far the edits are, if anything.
 * @param {string} state
 * @param {boolean} touched Whether anything was saved since the page was opened.
 * @param {boolean} untitled Whether the title was emptied: such a one is not sent, so that nobody may be told that it is being saved.
 */
export function savedWord(state, touched, untitled) {
  if (state === "typing" && untitled) return "titleWaits";
  if (state === "saving" || state === "typing") return "saving";
  if (state === "waiting") return "notSent";
  if (state === "refused") return "notSaved";
  return state === "saved" && touched ? "saved" : null;
}
