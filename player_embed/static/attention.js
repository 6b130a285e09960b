/** When the controls step back: a moment after the reader's last move, while the medium plays and no finger rests on them. */

const IDLE_AFTER_MS = 2600;

export class Attention {
  #root;
  #keepsAwake;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #held = false;

  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} controls
   * @param {() => boolean} keepsAwake Whether the controls must stay for now.
   */
  constructor(root, controls, keepsAwake) {
    this.#root = root;
    this.#keepsAwake = keepsAwake;
    root.addEventListener("pointermove", ({ pointerType }) => pointerType === "mouse" && this.wake());
    root.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && this.rest());
    // The player itself takes the focus from a button when the picture is tapped: what a tap means it says itself.
    root.addEventListener("focusin", ({ target }) => target !== root && this.wake());
    controls.addEventListener("pointerdown", () => this.#hold(true));
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => this.#held && this.#hold(false));
  }

  /** @param {boolean} held */
  #hold(held) {
    this.#held = held;
    this.wake();
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
    if (!this.#held && !this.#keepsAwake()) this.#root.dataset.idle = "";
  }
}
