/** Steps of reviews: which are open to somebody, and how far a lesson is. */

export const REVIEW_STATES = /** @type {const} */ (["draft", "submitted", "returned", "accepted", "published"]);

/** @typedef {(typeof REVIEW_STATES)[number]} ReviewState */
/** @typedef {"submit" | "accept" | "return" | "publish" | "withdraw"} Action */

/** Which states each step leads from. @type {Record<Action, readonly ReviewState[]>} */
const FROM = {
  accept: ["submitted"],
  return: ["submitted", "accepted"],
  submit: ["draft", "returned"],
  publish: ["accepted"],
  withdraw: ["submitted", "accepted", "published"],
};

/**
 * What somebody can do with a lesson, what comes next first.
 * @param {ReviewState} state
 * @param {{isReviewed: boolean, isAdmin: boolean}} who `isReviewed`: the lesson's organization has reviews.
 * @returns {Action[]}
 */
export function actionsOf(state, { isReviewed, isAdmin }) {
  const unreviewed = isAdmin || !isReviewed;
  const open = /** @type {Action[]} */ (Object.keys(FROM)).filter((action) => {
    if (action === "accept" || action === "return") return isAdmin && FROM[action].includes(state);
    if (action === "publish") return FROM.publish.includes(state) || (unreviewed && state !== "published");
    // Where nobody reviews, nothing is handed in.
    if (action === "submit") return isReviewed && FROM.submit.includes(state);
    return FROM[action].includes(state);
  });
  return open;
}

/** @type {Record<ReviewState, "still" | "info" | "warn" | "good">} */
const MOODS = { draft: "still", submitted: "info", returned: "warn", accepted: "good", published: "good" };

/** @param {ReviewState} state */
export function moodOf(state) {
  return MOODS[state];
}

/**
 * Whether a step needs words.
 * @param {Action} action
 * @param {string} note
 */
export function lacksNote(action, note) {
  return action === "return" && note.trim() === "";
}
