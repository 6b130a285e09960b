/** The messages between a page and the player in its iframe (docs/player.md): what both kinds of player page send. */

/** Raised when a message changes its meaning; new kinds of messages do not raise it. */
const VERSION = 1;

/**
 * Talks with the page that holds this frame, and with no other window. Nothing is said before that page says hello; answers
 * go to the origin it said it from. Tokens and addresses are never sent.
 */
export class Parent {
  #origin = null;

  /** `greet()` gives the state to begin with; `receive(message)` is called with everything else and may answer. */
  constructor({ greet, receive = () => undefined }) {
    addEventListener("message", async ({ source, origin, data }) => {
      if (parent === window || source !== parent || !Number.isInteger(data?.lessonstream)) return;
      if (data.lessonstream > VERSION) return this.#post({ type: "unsupported", supported: VERSION }, origin);
      if (data.type === "hello") {
        this.#origin = origin;
        return this.#post({ type: "ready", state: greet() }, origin);
      }
      if (origin !== this.#origin) return undefined;
      const error = await receive(data);
      if (data.id !== undefined) this.#post({ type: "result", id: data.id, error: error ?? null }, origin);
      return undefined;
    });
  }

  /** Whether a page has said hello. */
  get present() {
    return this.#origin !== null;
  }

  /** Tells of an event; `state` is a snapshot, `detail` what belongs to this event alone. */
  tell(name, state, detail = null) {
    if (this.present) this.#post({ type: "event", name, state, detail }, this.#origin);
  }

  /** A sandboxed page has the origin "null", which cannot be addressed. */
  #post(message, origin) {
    parent.postMessage({ lessonstream: VERSION, ...message }, origin === "null" ? "*" : origin);
  }
}
