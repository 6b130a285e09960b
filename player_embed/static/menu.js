/** The settings menu: a root list and one list per setting, by pointer and by keyboard (WAI-ARIA menu pattern). */

/**
 * `sections` is a function giving `[{name, title, current, rows: [{label, language, checked, choose}]}]`, asked each time the menu is drawn.
 */
export class Menu {
  #section = null;

  constructor({ panel, button, sections, texts }) {
    Object.assign(this, { panel, button, sections, texts });
    button.addEventListener("click", () => (this.open ? this.close() : this.show()));
    panel.addEventListener("keydown", (event) => this.#onKey(event));
    addEventListener("pointerdown", ({ target }) => {
      if (this.open && !panel.contains(target) && !button.contains(target)) this.close();
    });
  }

  get open() {
    return !this.panel.hidden;
  }

  show() {
    this.#section = null;
    this.panel.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.#draw();
    this.#items()[0]?.focus();
  }

  close() {
    const focused = this.panel.contains(document.activeElement);
    this.panel.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (focused) this.button.focus();
  }

  /** Draws again after a change outside, keeping the focused row. */
  refresh() {
    if (!this.open) return;
    const focused = this.#items().indexOf(document.activeElement);
    this.#draw();
    this.#items()[focused]?.focus();
  }

  #items() {
    return [...this.panel.querySelectorAll("button")];
  }

  #draw() {
    const sections = this.sections();
    const section = sections.find(({ name }) => name === this.#section);
    this.panel.setAttribute("aria-label", section?.title ?? this.texts.settings);
    this.panel.replaceChildren(...(section ? this.#sectionRows(section) : sections.map((each) => this.#rootRow(each))));
  }

  #rootRow(section) {
    const row = this.#row("menuitem", section.title, section.current);
    row.setAttribute("aria-haspopup", "menu");
    row.dataset.section = section.name;
    row.addEventListener("click", () => this.#enter(section.name));
    return row;
  }

  #sectionRows(section) {
    const back = this.#row("menuitem", section.title);
    back.className = "menu-back";
    back.setAttribute("aria-label", `${this.texts.back}: ${section.title}`);
    back.addEventListener("click", () => this.#leave());
    const rows = section.rows.map(({ label, language, checked, choose }) => {
      const row = this.#row("menuitemradio", label);
      if (language) row.lang = language; // Chinese and Japanese draw the same character differently.
      row.setAttribute("aria-checked", String(checked));
      row.addEventListener("click", () => {
        choose();
        this.close();
      });
      return row;
    });
    return [back, ...rows];
  }

  #row(role, label, value = "") {
    const row = document.createElement("button");
    row.type = "button";
    row.setAttribute("role", role);
    for (const [name, text] of [["label", label], ["value", value]]) {
      if (!text) continue;
      const part = document.createElement("span");
      part.className = `menu-${name}`;
      part.dir = "auto";
      part.textContent = text;
      row.append(part);
    }
    return row;
  }

  #enter(name) {
    this.#section = name;
    this.#draw();
    (this.panel.querySelector('[aria-checked="true"]') ?? this.#items()[0]).focus();
  }

  #leave() {
    const left = this.#section;
    this.#section = null;
    this.#draw();
    this.panel.querySelector(`[data-section="${left}"]`)?.focus();
  }

  #onKey(event) {
    const items = this.#items();
    const index = items.indexOf(document.activeElement);
    const steps = {
      ArrowDown: () => items[(index + 1) % items.length].focus(),
      ArrowUp: () => items.at(index - 1).focus(),
      Home: () => items[0].focus(),
      End: () => items.at(-1).focus(),
      ArrowRight: () => items[index]?.dataset.section && items[index].click(),
      ArrowLeft: () => this.#section && this.#leave(),
      Escape: () => (this.#section ? this.#leave() : this.close()),
      Tab: () => this.close(),
    };
    if (event.key !== "Tab") event.stopPropagation();
    if (!steps[event.key]) return;
    if (event.key !== "Tab") event.preventDefault();
    steps[event.key]();
  }
}
