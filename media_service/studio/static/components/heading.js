/** The heading of a page. When the page is changed, it takes the focus: readers of the screen hear where they are. */
import { say } from "../language.js";
import { moves } from "../router.js";
import { html, useEffect, useRef } from "../vendor/ui.js";

/**
 * @param {{title: string}} props
 */
export function Heading({ title }) {
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    document.title = `${title} · ${say("studio")}`;
  }, [title]);
  useEffect(() => {
    if (moves.peek() > 0) element.current?.focus({ preventScroll: true });
  }, []);
  return html`<h1 class="heading" tabindex="-1" ref=${element} dir="auto">${title}</h1>`;
}
