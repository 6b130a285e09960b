/** Where a sign-in leads that was asked for by another window. */
import { Heading } from "../../components/heading.js";
import { Icon } from "../../components/icon.js";
import { speaker } from "../../language.js";
import { html } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";

const tell = speaker(TEXTS);

export function Page() {
  return html`<${Heading} title=${tell("title")} />
    <div class="state"><${Icon} name="check" /><p>${tell("advice")}</p></div>`;
}
