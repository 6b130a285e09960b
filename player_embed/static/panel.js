/** The panel over the poster, which says why nothing plays. */
import { element } from "./elements.js";
/** @import { PanelContent } from "./types" */

/**
 * Shows it. Empty parts disappear by CSS.
 * @param {PanelContent} content
 * @param {(() => void) | null} [onRetry] What the button does; without, there is none.
 */
export function showPanel({ title, text = "", figures = "", code = "", percent = null }, onRetry = null) {
  element("panel-title").textContent = title;
  element("panel-text").textContent = text;
  element("figures").textContent = figures;
  element("panel-code").textContent = code;
  element("progress").hidden = percent === null;
  if (percent !== null) {
    element("progress").setAttribute("aria-valuenow", String(Math.round(percent)));
    element("progress").style.setProperty("--done", `${percent}%`);
  }
  element("retry").hidden = !onRetry;
  element("retry").onclick = onRetry;
}
