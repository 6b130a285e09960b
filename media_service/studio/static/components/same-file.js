/** That a lesson is there already, as the same file or as one that looks and sounds the same: hints, for nothing is refused because of them. */
import { say } from "../language.js";
import { html } from "../vendor/ui.js";
import { useResource } from "./resource.js";
/** @import { Asset } from "../types" */

/** @param {{asset: Asset}} props */
export function SameFile({ asset }) {
  const [first, ...others] = asset.duplicate_of ?? [];
  if (first) return html`<${Told} key=${first} id=${first} others=${others.length} />`;
  return asset.state === "ready" ? html`<${Resembling} key=${asset.id} id=${asset.id} />` : null;
}

/** @param {{id: string, others: number}} props */
function Told({ id, others }) {
  const shown = useResource(`/v1/assets/${id}`).now.value;
  if (shown.is !== "ready") return null;
  return html`<p class="hint" data-same-file>${say("sameFile")} <${Link} id=${id} title=${shown.data.title} />${more(others)}</p>`;
}

/** @param {{id: string}} props */
function Resembling({ id }) {
  const shown = useResource(`/v1/assets/${id}/resembling`).now.value;
  const [first, ...others] = shown.is === "ready" ? shown.data.assets : [];
  if (!first) return null;
  return html`<p class="hint" data-perhaps-same>${say("perhapsSame")} <${Link} id=${first.asset_id} title=${first.title} />${more(others.length)}</p>`;
}

/** @param {{id: string, title: string}} props */
function Link({ id, title }) {
  return html`<a href=${`/studio/lessons/${id}`}>${title}</a>`;
}

/** @param {number} others */
function more(others) {
  return others > 0 ? say("sameFileMore", { n: others }) : "";
}
