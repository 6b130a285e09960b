/** The playback token: every request carries the current one, and a new one is asked for in time. */
import { renewalDelay } from "./player-core.js";

/** The address with the token in place of the one it has. */
export function withToken(url, token) {
  if (!token) return url;
  const address = new URL(url, location.href);
  if (address.searchParams.has("token")) address.searchParams.set("token", token);
  return address.href;
}

/** Events: "expiring" (`detail.expiresIn` seconds), "expired", "renewed" (`detail`: the page's data with the new token). */
export class Token extends EventTarget {
  /** The newest one; null while the page's own addresses are right. */
  current = null;
  #timers = [];

  constructor(page) {
    super();
    this.statusUrl = page.status_url;
    this.#watch(page.token_expires_in);
  }

  /** Takes another token if the service does. Answers an error code, or null. */
  async take(token) {
    const address = new URL(this.statusUrl, location.href);
    address.searchParams.set("token", token);
    const answer = await fetch(address, { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return answer ? "token_refused" : "network";
    this.current = token;
    const page = await answer.json();
    this.#watch(page.token_expires_in);
    this.dispatchEvent(new CustomEvent("renewed", { detail: page }));
    return null;
  }

  #watch(seconds) {
    this.#timers.forEach(clearTimeout);
    if (!Number.isFinite(seconds)) return;
    const wait = renewalDelay(seconds);
    const expiring = () => this.dispatchEvent(new CustomEvent("expiring", { detail: { expiresIn: seconds - wait } }));
    const expired = () => this.dispatchEvent(new Event("expired"));
    this.#timers = [setTimeout(expiring, wait * 1000), setTimeout(expired, seconds * 1000)];
  }
}
