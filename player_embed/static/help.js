/** The sheet of keys, opened by `?`. */
import { KEYS } from "./player-core.js";

const element = (id) => document.getElementById(id);

export class HelpSheet {
  constructor({ texts }) {
    this.sheet = element("help");
    const rows = KEYS.flatMap(([keys, name]) => {
      const term = document.createElement("dt");
      term.append(
        ...keys.split(" ").map((key) => Object.assign(document.createElement(key === "–" ? "span" : "kbd"), { textContent: key })),
      );
      return [term, Object.assign(document.createElement("dd"), { textContent: texts[name] })];
    });
    element("help-keys").replaceChildren(...rows);
    element("help-close").addEventListener("click", () => this.sheet.close());
    this.sheet.addEventListener("click", ({ target }) => target === this.sheet && this.sheet.close());
    // Every other key would drive the player behind the sheet.
    this.sheet.addEventListener("keydown", (event) => {
      if (event.key === "?") this.sheet.close();
      event.stopPropagation();
    });
  }

  toggle() {
    if (this.sheet.open) this.sheet.close();
    else this.sheet.showModal();
  }
}
