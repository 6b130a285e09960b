/** A button that opens a short list of things to do. It is a list of buttons and links, so that Tab and Enter are all one needs. */
import { html, useEffect, useId, useRef, useSignal } from "../vendor/ui.js";
import { Button } from "./button.js";
/** @import { Child } from "../vendor/ui.js" */

/**
 * @param {object} props
 * @param {string} props.label
 * @param {string} props.icon
 * @param {boolean} [props.spoken] The label stands beside the icon.
 * @param {boolean} [props.current] What is shown now is among the entries.
 * @param {Child} [props.children] Entries; choosing one closes the list.
 */
export function Menu({ label, icon, spoken = false, current = false, children }) {
  const open = useSignal(false);
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  const id = useId();
  useEffect(() => {
    const leave = (/** @type {Event} */ event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) open.value = false;
    };
    const escape = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape" || !open.peek()) return;
      open.value = false;
      root.current?.querySelector("button")?.focus();
    };
    document.addEventListener("pointerdown", leave);
    document.addEventListener("focusin", leave);
    document.addEventListener("keydown", escape);
    return () => {
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("focusin", leave);
      document.removeEventListener("keydown", escape);
    };
  }, [open]);
  return html`<div class="menu" ref=${root}>
    <${Button}
      kind="quiet"
      icon=${icon}
      label=${spoken ? undefined : label}
      data-current=${current ? "" : null}
      aria-expanded=${String(open.value)}
      aria-controls=${id}
      onClick=${() => (open.value = !open.value)}
      >${spoken && label}<//
    >
    <div class="menu-list" id=${id} hidden=${!open.value} onClick=${() => (open.value = false)}>${children}</div>
  </div>`;
}
