/** How captions look: their size and colours, as the viewer likes them. The sheet `captions.css` draws it. */
/** @import { Preferences } from "./preferences.js" */
/** @import { Preferences as Chosen } from "./types" */

export class CaptionLook {
  #root;
  #preferences;

  /** @param {{root: HTMLElement, preferences: Preferences}} player */
  constructor({ root, preferences }) {
    this.#root = root;
    this.#preferences = preferences;
    this.#draw();
  }

  /** @returns {Chosen["captionSize"]} */
  get size() {
    return this.#preferences.get("captionSize") ?? 1;
  }

  set size(size) {
    this.#preferences.set("captionSize", size);
    this.#draw();
  }

  /** @returns {Chosen["captionColors"]} */
  get colors() {
    return this.#preferences.get("captionColors") ?? "whiteOnDark";
  }

  set colors(colors) {
    this.#preferences.set("captionColors", colors);
    this.#draw();
  }

  #draw() {
    this.#root.style.setProperty("--caption-scale", String(this.size));
    this.#root.dataset.captionColors = this.colors;
  }
}
