/** The messages between a page and the player in its iframe (docs/player.md): what both kinds of player page send. */
import { VERSION, targetOf, verdictOn } from "./pure/messages.js";

/**
 * Talks with the page that holds this frame, and with no other window. Nothing is said before that page says hello; answers
 * go to the origin it said it from. Tokens and addresses are never sent.
 */
export class Parent {
  /** @type {string | null} */
  #origin = null;
  #greet;
  #receive;

  /**
   * @param {object} page
   * @param {() => object} page.greet Gives the state to begin with.
   * @param {(message: object) => Promise<string | null | undefined> | undefined} [page.receive] Is called with everything else and
   *   may answer an error code.
   */
  constructor({ greet, receive = () => undefined }) {
    this.#greet = greet;
    this.#receive = receive;
    addEventListener("message", (event) => this.#onMessage(event));
  }

  /** Whether a page has said hello. */
  get greeted() {
    return this.#origin !== null;
  }

  /**
   * Greets a page that has said hello once more: another lesson is in its place.
   * @param {object} state
   */
  greet(state) {
    if (this.#origin !== null) this.#post({ type: "ready", state }, this.#origin);
  }

  /**
   * Tells of an event once a page has said hello.
   * @param {string} name
   * @param {object} state A snapshot.
   * @param {unknown} detail What belongs to this event alone.
   */
  tell(name, state, detail = null) {
    if (this.#origin !== null) this.#post({ type: "event", name, state, detail }, this.#origin);
  }

  /** @param {MessageEvent} event */
  async #onMessage({ source, origin, data }) {
    const fromParent = parent !== window && source === parent;
    const verdict = verdictOn({ fromParent, origin, data }, this.#origin);
    if (verdict === "unsupported") this.#post({ type: "unsupported", supported: VERSION }, origin);
    else if (verdict === "greet") {
      this.#origin = origin;
      this.#post({ type: "ready", state: this.#greet() }, origin);
    } else if (verdict === "hear") {
      const error = await this.#receive(data);
      if (data.id !== undefined) this.#post({ type: "result", id: data.id, error: error ?? null }, origin);
    }
  }

  /**
   * @param {object} message
   * @param {string} origin
   */
  #post(message, origin) {
    parent.postMessage({ lessonstream: VERSION, ...message }, targetOf(origin));
  }
}
