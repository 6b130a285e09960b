/** Fingers on the picture, and keys. */
import { tapAction, tapAt } from "./pure/adjusting.js";
import { keyAction } from "./pure/keys.js";
/** @import { Actions } from "./actions.js" */
/** @import { Attention } from "./attention.js" */
/** @import { Menu } from "./menu.js" */
/** @import { Tap } from "./pure/adjusting.js" */

const TOUCH_SEEK_SECONDS = 10;

/**
 * Clicks, taps and double taps on the picture.
 * @param {{root: HTMLElement, video: HTMLElement, touch: HTMLElement, actions: Actions, attention: Attention, menu: Menu}} player
 */
export function followFingers({ root, video, touch, actions, attention, menu }) {
  /** @type {Tap} */
  let last = { time: 0, side: 0 };

  /** @param {PointerEvent} event */
  function onTap({ clientX, timeStamp }) {
    const tap = tapAt(clientX / root.clientWidth, timeStamp);
    const before = last;
    last = tap;
    switch (tapAction(tap, before, { fullChrome: root.dataset.chrome === "full", idle: attention.idle })) {
      case "seek":
        return actions.seekBy(tap.side * TOUCH_SEEK_SECONDS);
      case "play":
        return actions.togglePlay();
      case "wake":
        return attention.wake();
      case "rest":
        return attention.rest();
    }
  }

  touch.addEventListener("click", (event) => {
    if (menu.open) return;
    // Older browsers: a click tells of no pointer.
    if (event instanceof PointerEvent && event.pointerType === "touch") onTap(event);
    else actions.togglePlay();
  });
  touch.addEventListener("dblclick", () => matchMedia("(hover: hover)").matches && actions.toggleFullscreen());
  root.addEventListener("contextmenu", (event) => event.target === video && event.preventDefault());
}

/**
 * Keys, wherever the focus is.
 * @param {{root: HTMLElement, actions: Actions, attention: Attention}} player
 */
export function followKeys({ root, actions, attention }) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || root.dataset.view !== "player") return;
    const target = event.target instanceof Element ? event.target : null;
    const action = keyAction(event, { onButton: Boolean(target?.closest("button")), onVolume: target?.id === "volume" });
    if (!action) return;
    event.preventDefault();
    attention.wake();
    if ("value" in action) actions[action.name](action.value);
    else actions[action.name]();
  });
}
