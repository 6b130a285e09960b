/** Lessons that have arrived and are not ready: they are found here again after the page was left, whatever browser sent them. */
import { ask, Refusal } from "../../api.js";
import { speaker } from "../../language.js";
import { isPerson, session } from "../../session.js";
import { items } from "../../uploads/items.js";
import { openUploads, refreshOpen } from "../../uploads/open.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";
import { Arrived } from "./arrived.js";
import { TEXTS } from "./texts.js";
/** @import { Asset } from "../../types" */

const tell = speaker(TEXTS);
const MOST = 20;

export function Preparing() {
  const lessons = useSignal(/** @type {readonly Asset[]} */ ([]));
  const unfinished = openUploads.value.map(({ id }) => id).join();
  useEffect(() => {
    let left = false;
    // Those that are still to come are known first: they stand elsewhere.
    void refreshOpen()
      .then(fetchUnready)
      .then((found) => {
        // One that becomes ready meanwhile stays and says so.
        if (!left && found) lessons.value = [...found, ...lessons.peek().filter(({ id }) => !found.some((/** @type {Asset} */ each) => each.id === id))];
      });
    return () => {
      left = true;
    };
  }, [unfinished]);
  const own = new Set(items.value.map(({ assetId }) => assetId.value));
  const shown = lessons.value.filter(({ id }) => !own.has(id));
  if (shown.length === 0) return null;
  return html`<section class="preparing" aria-labelledby="preparing-title">
    <h2 id="preparing-title">${tell("preparing")}</h2>
    <ol class="rows">
      ${shown.map(
        ({ id, title }) => html`<li class="row" key=${id} data-phase="sent">
          <div class="row-head"><p class="row-name" dir="auto">${title}</p></div>
          <${Arrived} id=${id} name=${title} isFetched />
        </li>`,
      )}
    </ol>
  </section>`;
}

/** The newest of one's own that are not ready, null if the service cannot be asked. */
async function fetchUnready() {
  const states = ["uploading", "queued", "processing", "playable"].map((state) => `&state=${state}`).join("");
  try {
    const { data } = await ask("GET", `/v1/assets?limit=${MOST}${states}${isPerson() ? "&owner=me" : ""}`);
    const awaited = new Set(openUploads.peek().map(({ assetId }) => assetId));
    return data.assets.filter((/** @type {Found} */ asset) => isOwn(asset) && !awaited.has(asset.id));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return null;
  }
}

/** @typedef {Asset & {owner: object | null, organization_id: string}} Found */

/** What keys bring belongs to nobody but their organization. @param {Found} asset */
function isOwn({ owner, organization_id: organization }) {
  const now = session.peek();
  return isPerson() || (now.is === "in" && owner === null && organization === now.person.organizationId);
}
