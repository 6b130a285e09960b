/** Where the player stands, and what it is told: over its messages (docs/player.md). Times in milliseconds. */
import { signal } from "../../vendor/ui.js";

const VERSION = 1;
/** A player stands at a picture near the moment that was asked for, or has played on a little. */
const NEAR_MS = 400;
const PATIENCE_MS = 3000;

export class Clock {
  /** Where the player stands, told by itself and counted on in between. */
  time = signal(0);
  playing = signal(false);
  ready = signal(false);
  #heard = 0;
  #at = 0;
  #rate = 1;
  /** Where playing ends, null if it just goes on. */
  #until = /** @type {number | null} */ (null);
  /** Where it was told to go and has not arrived: what it says meanwhile is of before. */
  #target = /** @type {{time: number, patience: number} | null} */ (null);
  #frame = 0;
  #element = /** @type {HTMLIFrameElement | null} */ (null);
  /** @type {((name: string) => void) | null} */
  #told = null;

  /**
   * Begins to listen to a player. Returns what ends it.
   * @param {HTMLIFrameElement} element
   * @param {(name: string) => void} told Gets the names of its events.
   */
  follow(element, told) {
    this.#element = element;
    this.#told = told;
    const hear = (/** @type {MessageEvent} */ event) => this.#hear(event);
    const greet = () => this.post({ type: "hello" });
    window.addEventListener("message", hear);
    element.addEventListener("load", greet);
    return () => {
      window.removeEventListener("message", hear);
      element.removeEventListener("load", greet);
      cancelAnimationFrame(this.#frame);
      this.#element = null;
    };
  }

  /** @param {object} message */
  post(message) {
    this.#element?.contentWindow?.postMessage({ lessonstream: VERSION, ...message }, location.origin);
  }

  /** @param {number} time */
  seek(time) {
    const at = Math.max(0, time);
    this.#set(at);
    this.#target = { time: at, patience: performance.now() + PATIENCE_MS };
    this.post({ type: "set", name: "currentTime", value: at / 1000 });
  }

  toggle() {
    this.#until = null;
    this.post({ type: this.playing.peek() ? "pause" : "play" });
  }

  /** Plays from one moment to another. @param {number} from @param {number} until */
  playStretch(from, until) {
    this.seek(from);
    this.#until = until;
    this.post({ type: "play" });
  }

  /** @param {MessageEvent} event */
  #hear({ source, origin, data }) {
    if (source !== this.#element?.contentWindow || origin !== location.origin || data?.lessonstream !== VERSION) return;
    if (data.type === "ready") this.ready.value = true;
    const { state } = data;
    if (typeof state?.currentTime === "number" && !state.seeking) this.#reach(state.currentTime * 1000);
    if (typeof state?.playbackRate === "number") this.#rate = state.playbackRate;
    if (typeof state?.paused === "boolean") {
      const still = state.paused || state.ended || data.name === "waiting";
      this.playing.value = !still;
      if (!still && !this.#frame) this.#frame = requestAnimationFrame(() => this.#tick());
    }
    this.#told?.(data.name ?? data.type);
  }

  /** What the player says of where it is. @param {number} time */
  #reach(time) {
    const target = this.#target;
    if (target && Math.abs(time - target.time) > NEAR_MS && performance.now() < target.patience) return;
    this.#target = null;
    this.#set(time);
  }

  /** @param {number} time */
  #set(time) {
    this.#at = time;
    this.#heard = performance.now();
    this.time.value = time;
  }

  #tick() {
    this.#frame = 0;
    if (!this.playing.peek()) return;
    // While it goes somewhere, time stands still.
    this.time.value = this.#target ? this.#at : this.#at + (performance.now() - this.#heard) * this.#rate;
    if (this.#until !== null && this.time.peek() >= this.#until) {
      this.#until = null;
      this.post({ type: "pause" });
    }
    this.#frame = requestAnimationFrame(() => this.#tick());
  }
}
