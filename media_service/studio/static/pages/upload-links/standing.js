/** How a link stands, in a mark and in words. */
import { formatMoment, speaker } from "../../language.js";
import { html } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { LinkState, UploadLink } from "./types" */

const tell = speaker(TEXTS);

/** @type {Record<LinkState, "good" | "warn" | "still">} */
const MOODS = { upcoming: "still", open: "good", late: "warn", closed: "still" };

/** @param {{link: UploadLink}} props */
export function Standing({ link }) {
  return html`<p class="row-state"><span class="mark" data-mood=${MOODS[link.state]}>${tell(`state_${link.state}`)}</span>${whenOf(link)}</p>`;
}

/** @param {UploadLink} link */
function whenOf({ state, opens_at: opens, closes_at: closes, grace_seconds: grace }) {
  if (state === "upcoming") return tell("opensAt", { moment: formatMoment(opens) });
  if (state === "open") return tell("openUntil", { moment: formatMoment(closes) });
  const end = new Date(Date.parse(closes) + 1000 * grace).toISOString();
  return tell(state === "late" ? "lateUntil" : "closedAt", { moment: formatMoment(end) });
}
