/**
 * What the viewer chose, for this lesson and all others: kept in this browser alone, and told to nobody. Only acts of the viewer change
 * it; what the page around the player sets, or the player itself for want of a permission, holds for the lesson.
 */
import { readPreferences } from "./pure/preferences.js";
import { keep, kept } from "./storage.js";
/** @import { Preferences as Chosen } from "./types" */

const NAME = "preferences";

export class Preferences {
  /** @type {Partial<Chosen>} */
  #chosen;
  #keeps;

  /** @param {boolean} keeps Otherwise they are neither read nor written, and last as long as the page. */
  constructor(keeps) {
    this.#keeps = keeps;
    this.#chosen = readPreferences(keeps ? kept(NAME) : null);
  }

  /**
   * What was chosen; undefined: nothing.
   * @template {keyof Chosen} Name
   * @param {Name} name
   * @returns {Chosen[Name] | undefined}
   */
  get(name) {
    return this.#chosen[name];
  }

  /**
   * @template {keyof Chosen} Name
   * @param {Name} name
   * @param {Chosen[Name]} value
   */
  set(name, value) {
    // Another page may have written meanwhile.
    if (this.#keeps) this.#chosen = { ...this.#chosen, ...readPreferences(kept(NAME)) };
    this.#chosen = { ...this.#chosen, [name]: value };
    if (this.#keeps) keep(NAME, this.#chosen);
  }
}
