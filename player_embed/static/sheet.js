/** A sheet over a part of the picture (the list of lessons, the transcript): opened by a button, closed in every usual way. */

export class Sheet {
  #panel;
  #buttons;
  #onOpen;
  /** @type {HTMLElement | null} */
  #opener = null;

  /** @param {{panel: HTMLElement, buttons: HTMLElement[], onOpen?: () => void}} sheet `onOpen` fills it, or moves the focus into it. */
  constructor({ panel, buttons, onOpen = () => {} }) {
    this.#panel = panel;
    this.#buttons = buttons;
    this.#onOpen = onOpen;
    for (const button of buttons) button.addEventListener("click", () => this.toggle(button));
    panel.querySelector(".close")?.addEventListener("click", () => this.close());
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      event.stopPropagation();
    });
    addEventListener("pointerdown", ({ target }) => {
      const node = target instanceof Node ? target : null;
      if (this.open && !this.stays && !panel.contains(node) && !buttons.some((button) => button.contains(node))) this.close();
    });
  }

  get open() {
    return !this.#panel.hidden;
  }

  /** Whether it stands there while something else is clicked: beside the picture where the frame has room for both. */
  get stays() {
    return this.#panel.hasAttribute("data-stays");
  }

  set stays(stays) {
    this.#panel.toggleAttribute("data-stays", stays);
  }

  /** @param {HTMLElement | null} opener What gets the focus back. */
  toggle(opener) {
    if (this.open) return this.close();
    this.#opener = opener;
    this.#set(true);
    return this.#onOpen();
  }

  close() {
    if (!this.open) return;
    const { activeElement } = document;
    const focused = activeElement instanceof HTMLElement && this.#panel.contains(activeElement);
    if (focused) activeElement.blur(); // A button that small frames hide takes no focus.
    this.#set(false);
    if (focused) this.#opener?.focus();
  }

  /** @param {boolean} open */
  #set(open) {
    this.#panel.hidden = !open;
    for (const button of this.#buttons) button.setAttribute("aria-expanded", String(open));
  }
}
