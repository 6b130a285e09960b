/** How a learning platform does, in a mark. */
import { speaker } from "../../language.js";
import { html } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { LearningPlatform } from "./types" */

const tell = speaker(TEXTS);

/** @param {{platform: LearningPlatform}} props */
export function Standing({ platform: { enabled, scores_waiting: waiting, launched_at: launched } }) {
  if (!enabled) return html`<span class="mark" data-mood="still">${tell("off")}</span>`;
  if (waiting > 0) return html`<span class="mark" data-mood="bad">${tell("troubled")}</span>`;
  return html`<span class="mark" data-mood=${launched ? "good" : "still"}>${tell(launched ? "on" : "notYet")}</span>`;
}
