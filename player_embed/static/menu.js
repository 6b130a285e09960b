/** The settings menu: a root list and one list per setting, by pointer and by keyboard (WAI-ARIA menu pattern). */
import { span } from "./elements.js";
import { menuKey } from "./pure/keys.js";
/** @import { Texts } from "./types" */

/** @typedef {{label: string, language?: string, checked: boolean, choose: () => void}} Row */
/** @typedef {{name: string, title: string, current: string, rows: Row[]}} Section */

/**
 * A row as the menu shows it.
 * @param {"menuitem" | "menuitemradio"} role
 * @param {string} label
 * @param {string} [value]
 */
function rowButton(role, label, value) {
  const row = document.createElement("button");
  row.type = "button";
  row.setAttribute("role", role);
  if (label) row.append(span("menu-label", label));
  if (value) row.append(span("menu-value", value));
  return row;
}

export class Menu {
  /**
   * Name of the section that is shown; null: the root list.
   * @type {string | null}
   */
  #section = null;
  /** @type {HTMLElement} What gets the focus back. */
  #opener;
  #panel;
  #button;
  #sections;
  #texts;

  /**
   * @param {object} menu
   * @param {HTMLElement} menu.panel
   * @param {HTMLElement} menu.button
   * @param {() => Section[]} menu.sections Asked each time the menu is drawn.
   * @param {Texts} menu.texts
   */
  constructor({ panel, button, sections, texts }) {
    this.#panel = panel;
    this.#button = button;
    this.#opener = button;
    this.#sections = sections;
    this.#texts = texts;
    button.addEventListener("click", () => (this.open ? this.close() : this.show()));
    panel.addEventListener("keydown", (event) => this.#onKey(event));
    addEventListener("pointerdown", ({ target }) => {
      const node = target instanceof Node ? target : null;
      if (this.open && !panel.contains(node) && !this.#opener.contains(node)) this.close();
    });
  }

  get open() {
    return !this.#panel.hidden;
  }

  /**
   * @param {string | null} [section] The list to begin with.
   * @param {HTMLElement} [opener]
   */
  show(section = null, opener = this.#button) {
    this.#opener = opener;
    this.#panel.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    if (section) return this.#enter(section);
    this.#section = null;
    this.#draw();
    return this.#rows()[0]?.focus();
  }

  close() {
    const focused = this.#panel.contains(document.activeElement);
    this.#panel.hidden = true;
    this.#opener.setAttribute("aria-expanded", "false");
    if (focused) this.#opener.focus();
  }

  /** Draws again after a change outside, keeping the focused row. */
  refresh() {
    if (!this.open) return;
    const focused = this.#focused();
    this.#draw();
    this.#rows()[focused]?.focus();
  }

  #rows() {
    return [...this.#panel.querySelectorAll("button")];
  }

  /** Index of the row that has the focus, -1 for none. */
  #focused() {
    return this.#rows().findIndex((row) => row === document.activeElement);
  }

  #draw() {
    const sections = this.#sections();
    const section = sections.find(({ name }) => name === this.#section);
    this.#panel.setAttribute("aria-label", section?.title ?? this.#texts.settings);
    this.#panel.replaceChildren(...(section ? this.#sectionRows(section) : sections.map((each) => this.#rootRow(each))));
  }

  /** @param {Section} section */
  #rootRow({ name, title, current }) {
    const row = rowButton("menuitem", title, current);
    row.setAttribute("aria-haspopup", "menu");
    row.dataset.section = name;
    row.addEventListener("click", () => this.#enter(name));
    return row;
  }

  /** @param {Section} section */
  #sectionRows({ title, rows }) {
    const back = rowButton("menuitem", title);
    back.className = "menu-back";
    back.setAttribute("aria-label", `${this.#texts.back}: ${title}`);
    back.addEventListener("click", () => this.#leave());
    return [back, ...rows.map((each) => this.#choiceRow(each))];
  }

  /** @param {Row} choice */
  #choiceRow({ label, language, checked, choose }) {
    const row = rowButton("menuitemradio", label);
    if (language) row.lang = language; // Chinese and Japanese draw the same character differently.
    row.setAttribute("aria-checked", String(checked));
    row.addEventListener("click", () => {
      choose();
      this.close();
    });
    return row;
  }

  /** @param {string} name */
  #enter(name) {
    this.#section = name;
    this.#draw();
    const rows = this.#rows();
    (rows.find((row) => row.getAttribute("aria-checked") === "true") ?? rows[0]).focus();
  }

  #leave() {
    const left = this.#section;
    this.#section = null;
    this.#draw();
    this.#rows().find((row) => row.dataset.section === left)?.focus();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const rows = this.#rows();
    const index = this.#focused();
    const leads = rows[index]?.dataset.section !== undefined;
    const answer = menuKey(event.key, { index, length: rows.length, entered: this.#section !== null, leads });
    if (event.key !== "Tab") event.stopPropagation();
    if (answer === null) return;
    if (event.key !== "Tab") event.preventDefault();
    if (typeof answer === "number") rows[answer].focus();
    else if (answer === "enter") rows[index].click();
    else if (answer === "leave") this.#leave();
    else if (answer === "close") this.close();
  }
}
