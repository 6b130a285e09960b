/** How an endpoint does, in a mark. */
import { speaker } from "../../language.js";
import { standingOf } from "../../pure/webhooks.js";
import { html } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Endpoint } from "./types" */

const tell = speaker(TEXTS);

const MOODS = { works: "good", failing: "bad", off: "still", gone: "bad" };

/** @param {{endpoint: Endpoint}} props */
export function Standing({ endpoint }) {
  const standing = standingOf(endpoint);
  return html`<span class="mark" data-mood=${MOODS[standing]}>${tell(standing === "gone" ? "gone410" : standing)}</span>`;
}

/** What an endpoint is told, in a few words. @param {{endpoint: Endpoint}} props */
export function Told({ endpoint: { event_types: types } }) {
  return html`<span>${types.length === 0 ? tell("everything") : types.map(typeWord).join(" · ")}</span>`;
}

/** @param {string} type */
export function typeWord(type) {
  // A newer release may tell of more.
  return type in TEXTS.en ? tell(/** @type {keyof typeof TEXTS.en} */ (type)) : type;
}
