/** How a link does, in a mark. */
import { speaker } from "../../language.js";
import { html } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { PlatformLink } from "./types" */

const tell = speaker(TEXTS);

const MOODS = { waiting: "still", linked: "good", paused: "still", ended: "still" };

/** Whether the other platform of a link that shall work cannot be reached. @param {PlatformLink} link */
export function isFailing(link) {
  return link.state === "linked" && link.failure !== null;
}

/** @param {{link: PlatformLink}} props */
export function Standing({ link }) {
  const failing = isFailing(link);
  return html`<span class="mark" data-mood=${failing ? "bad" : MOODS[link.state]}>${tell(failing ? "failing" : link.state)}</span>`;
}
