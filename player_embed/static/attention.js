/** When the controls step back: a moment after the reader's last move, while the medium plays. */

const IDLE_AFTER_MS = 2600;

export class Attention {
  #root;
  #keepsAwake;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {HTMLElement} root
   * @param {() => boolean} keepsAwake Whether the controls must stay for now.
   */
  constructor(root, keepsAwake) {
    this.#root = root;
    this.#keepsAwake = keepsAwake;
    root.addEventListener("pointermove", ({ pointerType }) => pointerType === "mouse" && this.wake());
    root.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && this.rest());
    root.addEventListener("focusin", () => this.wake());
  }

  /** Whether the controls have stepped back. */
  get idle() {
    return "idle" in this.#root.dataset;
  }

  wake() {
    this.show();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.rest(), IDLE_AFTER_MS);
  }

  /** Shows the controls without counting time. */
  show() {
    delete this.#root.dataset.idle;
  }

  rest() {
    if (!this.#keepsAwake()) this.#root.dataset.idle = "";
  }
}
