/** That a file is there already, as another lesson: a hint, for nothing is refused because of it. */
import { say } from "../language.js";
import { html } from "../vendor/ui.js";
import { useResource } from "./resource.js";
/** @import { Asset } from "../types" */

/** @param {{asset: Asset}} props */
export function SameFile({ asset }) {
  const [first, ...others] = asset.duplicate_of ?? [];
  return first ? html`<${Told} key=${first} id=${first} others=${others.length} />` : null;
}

/** @param {{id: string, others: number}} props */
function Told({ id, others }) {
  const shown = useResource(`/v1/assets/${id}`).now.value;
  if (shown.is !== "ready") return null;
  const more = others > 0 ? say("sameFileMore", { n: others }) : "";
  return html`<p class="hint" data-same-file>${say("sameFile")} <a href=${`/studio/lessons/${id}`}>${shown.data.title}</a>${more}</p>`;
}
