/** A lesson that plays from the platform it came from: that one is asked what there is to play, and given up on soon. */
import { parseProblem } from "./pure/faults.js";
import { originAway, playedThere, refusedThere } from "./pure/origin.js";
/** @import { Failure } from "./pure/faults.js" */
/** @import { Page, Reference } from "./types" */

/** How long it may take to answer. */
const PATIENCE_MS = 2000;

/**
 * @param {Page} page
 * @param {Reference} reference
 * @returns {Promise<{page: Page, failure?: undefined} | {page?: undefined, failure: Failure & {status: number}}>}
 */
export async function askOrigin(page, { name, status_url: address }) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(address, {
      headers: { Accept: "application/json" },
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: patience.signal,
    });
    const { status } = answer;
    if (!answer.ok) return { failure: { ...refusedThere(status, parseProblem(await answer.text()), name), status } };
    const found = playedThere(await answer.json(), address, page);
    return found ? { page: found } : { failure: { ...originAway(name), status } };
  } catch {
    return { failure: { ...originAway(name), status: 0 } };
  } finally {
    clearTimeout(timer);
  }
}
