/** What is said for a moment over the picture. */
import { element } from "./elements.js";

const SHOWN_MS = 900;

export class Toast {
  #box = element("toast");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} text */
  say(text) {
    this.#box.textContent = text;
    this.#box.classList.add("shown");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#box.classList.remove("shown"), SHOWN_MS);
  }
}
