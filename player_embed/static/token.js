/** The playback token: every request carries the current one, and a new one is asked for in time. */
import { renewalDelay, tokenOf, withToken } from "./pure/addresses.js";
/** @import { Page, TargetOf } from "./types" */

/**
 * @typedef {object} TokenEvents
 * @property {CustomEvent<{expiresIn: number}>} expiring In seconds.
 * @property {Event} expired
 * @property {CustomEvent<Page>} renewed With what the service says now.
 */

export class Token extends /** @type {TargetOf<TokenEvents>} */ (EventTarget) {
  /**
   * The newest one; null while the page's own addresses are right.
   * @type {string | null}
   */
  current = null;
  #statusUrl = "";
  /** @type {ReturnType<typeof setTimeout>[]} */
  #timers = [];

  /**
   * Begins with a lesson, whose addresses are right as they are.
   * @param {string} statusUrl
   * @param {number | null} expiresIn Seconds; null: never.
   */
  open(statusUrl, expiresIn) {
    this.current = null;
    this.#statusUrl = statusUrl;
    this.#watch(expiresIn);
  }

  /**
   * The address with the current token in place of the one it has.
   * @param {string} url
   */
  on(url) {
    return withToken(url, this.current, location.href);
  }

  /**
   * Takes another token if the service does. Answers an error code, or null.
   * @param {string} token
   */
  async take(token) {
    const statusUrl = this.#statusUrl;
    const address = new URL(statusUrl, location.href);
    address.searchParams.set("token", token);
    const answer = await fetch(address, { cache: "no-store" }).catch(() => null);
    if (!answer?.ok || statusUrl !== this.#statusUrl) return answer ? "token_refused" : "network";
    /** @type {Page} */
    const page = await answer.json();
    // What plays elsewhere wants that platform's token, which ours has brought.
    this.current = page.reference ? tokenOf(page.reference.status_url) : token;
    this.#watch(page.token_expires_in);
    this.dispatchEvent(new CustomEvent("renewed", { detail: page }));
    return null;
  }

  /** @param {number | null} seconds Until it ends. */
  #watch(seconds) {
    this.#timers.forEach((timer) => clearTimeout(timer));
    if (seconds === null || !Number.isFinite(seconds)) return;
    const wait = renewalDelay(seconds);
    const expiring = () => this.dispatchEvent(new CustomEvent("expiring", { detail: { expiresIn: seconds - wait } }));
    const expired = () => this.dispatchEvent(new Event("expired"));
    this.#timers = [setTimeout(expiring, wait * 1000), setTimeout(expired, seconds * 1000)];
  }
}
