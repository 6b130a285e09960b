/** Uploading: choose, see how far it is, watch. */
import { Heading } from "../../components/heading.js";
import { Icon } from "../../components/icon.js";
import { speaker } from "../../language.js";
import { items } from "../../uploads/items.js";
import { online } from "../../uploads/line.js";
import { html } from "../../vendor/ui.js";
import { DropZone } from "./drop-zone.js";
import { FromAddress } from "./from-address.js";
import { Opening } from "./opening.js";
import { Preparing } from "./preparing.js";
import { Room } from "./room.js";
import { Rows } from "./rows.js";
import { Summary } from "./summary.js";
import { TEXTS } from "./texts.js";
import { Unfinished } from "./unfinished.js";

const tell = speaker(TEXTS);

export function Page() {
  const some = items.value.length > 0;
  return html`
    <${Heading} title=${tell("title")} />
    ${!online.value && html`<p class="banner" role="status"><${Icon} name="wifi-off" />${tell("offline")}</p>`}
    <${Room} />
    <${DropZone} small=${some} />
    <${FromAddress} />
    <${Opening} />
    <${Unfinished} />
    ${some &&
    html`<section class="uploads" aria-labelledby="uploads-title">
      <h2 id="uploads-title" class="unseen">${tell("list")}</h2>
      <${Summary} />
      <${Rows} />
    </section>`}
    <${Preparing} />
  `;
}

