/** What can be done with an offer between platforms, and how it does. */
/** @import { Offer, OfferAction, OfferState } from "../offers/types" */

/** @type {Record<OfferState, "still" | "warn" | "good" | "bad">} */
const MOODS = { offered: "warn", accepted: "good", returned: "bad", declined: "still", withdrawn: "still" };

/** @param {OfferState} state */
export function moodOfOffer(state) {
  return MOODS[state];
}

/**
 * Steps that lead on from here, what comes next first.
 * @param {Pick<Offer, "direction" | "state">} offer
 * @returns {readonly OfferAction[]}
 */
export function actionsOfOffer({ direction, state }) {
  if (direction === "received") return state === "offered" ? ["accept", "return", "decline"] : [];
  if (state === "returned") return ["offer", "withdraw"];
  return state === "offered" || state === "accepted" ? ["withdraw"] : [];
}

/** Whether a step lacks what it needs to be said. @param {OfferAction} action @param {string} note */
export function lacksOfferNote(action, note) {
  return action === "return" && note.trim() === "";
}

/**
 * The way that a lesson came, its origin first.
 * @param {readonly {name: string, url: string}[]} stations
 */
export function wayOf(stations) {
  return stations.map(({ name, url }) => name || url).join(" → ");
}
