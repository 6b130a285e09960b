/** The sheet of keys, opened by `?`. */
import { element } from "./elements.js";
import { KEYS } from "./pure/keys.js";
/** @import { Texts } from "./types" */

/** @param {string} key A key, or the dash between two. */
function keyElement(key) {
  return Object.assign(document.createElement(key === "–" ? "span" : "kbd"), { textContent: key });
}

/**
 * @param {string} keys
 * @param {string} text
 */
function row(keys, text) {
  const term = document.createElement("dt");
  term.append(...keys.split(" ").map(keyElement));
  return [term, Object.assign(document.createElement("dd"), { textContent: text })];
}

export class HelpSheet {
  #sheet = element("help");

  /** @param {Texts} texts */
  constructor(texts) {
    const sheet = this.#sheet;
    element("help-keys").replaceChildren(...KEYS.flatMap(([keys, name]) => row(keys, texts[name])));
    element("help-close").addEventListener("click", () => sheet.close());
    sheet.addEventListener("click", ({ target }) => target === sheet && sheet.close());
    // Every other key would drive the player behind the sheet.
    sheet.addEventListener("keydown", (event) => {
      if (event.key === "?") sheet.close();
      event.stopPropagation();
    });
  }

  toggle() {
    if (this.#sheet.open) this.#sheet.close();
    else this.#sheet.showModal();
  }
}
