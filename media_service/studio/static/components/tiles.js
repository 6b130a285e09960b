/** Single figures side by side. */
import { html } from "../vendor/ui.js";

/**
 * @typedef {{name: string, value: string, note?: string, mood?: "good" | "bad"}} Tile
 * @param {{tiles: readonly Tile[]}} props
 */
export function Tiles({ tiles }) {
  return html`<dl class="tiles">
    ${tiles.map(
      ({ name, value, note, mood }) => html`<div key=${name} data-mood=${mood ?? null}>
        <dt>${name}</dt>
        <dd>${value}</dd>
        ${note && html`<dd class="tile-note">${note}</dd>`}
      </div>`,
    )}
  </dl>`;
}
