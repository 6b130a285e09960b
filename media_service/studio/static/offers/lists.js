/** What other platforms offer to us, and what we offer to them: of all links, or of one. */
import { PagedList, usePaged } from "../components/paged.js";
import { Section } from "../components/section.js";
import { useEvery } from "../components/timing.js";
import { speaker } from "../language.js";
import { html } from "../vendor/ui.js";
import { OfferRow } from "./row.js";
import { OFFER_TEXTS } from "./texts.js";
/** @import { Offer } from "./types" */

const tell = speaker(OFFER_TEXTS);
const LOOK_AGAIN = 30_000;

/** @param {{linkId?: string}} props */
export function OfferLists({ linkId }) {
  return html`<${Offers} direction="received" name="offers-received" linkId=${linkId} /><${Offers} direction="sent" name="offers-sent" linkId=${linkId} />`;
}

/** @param {{direction: "received" | "sent", name: string, linkId?: string | undefined}} props */
function Offers({ direction, name, linkId }) {
  const list = usePaged(`/v1/offers?limit=50&direction=${direction}${linkId ? `&platform_link_id=${linkId}` : ""}`, "offers");
  const lookAgain = () => {
    // Further pages that somebody reads stay.
    const pages = list.pages.peek();
    if (pages.is === "ready" && pages.rows.length <= 50) void list.again();
  };
  useEvery(LOOK_AGAIN, lookAgain, [direction, linkId]);
  const [title, hint, none] = direction === "received" ? ["toUs", "toUsHint", "toUsNone"] : ["byUs", "byUsHint", "byUsNone"];
  return html`<${Section} name=${name} title=${tell(/** @type {"toUs"} */ (title))} hint=${tell(/** @type {"toUs"} */ (hint))}>
    <${PagedList} of=${list} empty=${html`<p>${tell(/** @type {"toUs"} */ (none))}</p>`} row=${(/** @type {Offer} */ offer) => html`<${OfferRow} key=${offer.id} offer=${offer} onDone=${list.again} />`} />
  <//>`;
}
