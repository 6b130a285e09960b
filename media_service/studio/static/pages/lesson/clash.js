/** Where two changed the same: both are shown, and a person chooses. */
import { Button } from "../../components/button.js";
import { speaker } from "../../language.js";
import { html } from "../../vendor/ui.js";
import { inWords } from "./metadata/in-words.js";
import { TEXTS } from "./texts.js";
/** @import { Name, Saving } from "./saving.js" */

const tell = speaker(TEXTS);

/** @param {{saving: Saving, name: Name, onDecided?: () => void}} props */
export function Clash({ saving, name, onDecided }) {
  const conflict = saving.conflicts.value.find((each) => each.name === name);
  if (!conflict) return null;
  const decide = (/** @type {"mine" | "theirs"} */ choice) => {
    saving.decide(name, choice);
    onDecided?.();
  };
  return html`<div class="clash" role="alert">
    <p>${tell("clash")}</p>
    <div class="clash-sides">
      ${/** @type {const} */ (["theirs", "mine"]).map(
        (side) => html`<div class="clash-side" key=${side}>
          <h3>${tell(side)}</h3>
          <p dir="auto">${inWords(name, conflict[side]) || tell("nothing")}</p>
          <${Button} onClick=${() => decide(side)}>${tell(side === "mine" ? "takeMine" : "takeTheirs")}<//>
        </div>`,
      )}
    </div>
  </div>`;
}
