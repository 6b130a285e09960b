/** Lessons, courses, categories and licences are found by name, and shared with the other platform of a link. */
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { usePaged } from "../../components/paged.js";
import { useResource } from "../../components/resource.js";
import { ErrorState, LoadingState } from "../../components/states.js";
import { useSettled } from "../../components/timing.js";
import { inLanguage, speaker } from "../../language.js";
import { LICENCES } from "../../pure/metadata.js";
import { html, useSignal } from "../../vendor/ui.js";
import { SHARING_TEXTS } from "./sharing-texts.js";
/** @import { PlatformLink, Share } from "./types" */

const tell = speaker(SHARING_TEXTS);
const KINDS = /** @type {const} */ (["asset_id", "collection_id", "category_id", "licence"]);
const LISTS = { asset_id: "assets", collection_id: "collections" };

/** @typedef {typeof KINDS[number]} Kind */
/** @typedef {{id: string, title: string}} Named */
/** @typedef {{kind: Kind, there: ReadonlySet<string>, chosen: readonly string[], toggle: (id: string) => void}} Choosing */

/**
 * @param {object} props
 * @param {PlatformLink} props.link
 * @param {(shares: object[]) => Promise<void>} props.onShare Hears all that is to be shared by the link.
 * @param {() => void} props.onClose
 */
export function Sharing({ link, onShare, onClose }) {
  const kind = useSignal(/** @type {Kind} */ ("asset_id"));
  const chosen = useSignal(/** @type {readonly string[]} */ ([]));
  const withSource = useSignal(false);
  const there = new Set(link.shares.filter((each) => isAlone(each, kind.value)).map((each) => String(each[kind.value])));
  const toggle = (/** @type {string} */ id) =>
    (chosen.value = chosen.peek().includes(id) ? chosen.peek().filter((each) => each !== id) : [...chosen.peek(), id]);
  const share = () => onShare([...link.shares, ...chosen.peek().map((id) => ({ [kind.peek()]: id, with_source: withSource.peek() }))]);
  const n = chosen.value.length;
  const choosing = { kind: kind.value, there, chosen: chosen.value, toggle };
  return html`<${Asking} title=${tell("share")} act=${n ? tell("add", { n }) : tell("addNothing")} kind="main" icon="plus" onSure=${share} onClose=${onClose}>
    <${Field}
      name=${tell("kind")}
      onChange=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => {
        kind.value = /** @type {Kind} */ (currentTarget.value);
        chosen.value = [];
      }}
    >
      ${KINDS.map((each) => html`<option key=${each} value=${each} selected=${kind.value === each}>${tell(each)}</option>`)}
    <//>
    ${(kind.value === "asset_id" || kind.value === "collection_id") && html`<${Searched} key=${kind.value} ...${choosing} />`}
    ${kind.value === "category_id" && html`<${Categories} organization=${link.organization_id} ...${choosing} />`}
    ${kind.value === "licence" && html`<${Found} rows=${LICENCES.filter((each) => each !== "custom").map((each) => ({ id: each, title: each }))} ...${choosing} />`}
    <label class="choice"><input type="checkbox" checked=${withSource.value} onChange=${() => (withSource.value = !withSource.value)} />${tell("withSource")}</label>
  <//>`;
}

/** @param {Choosing} props */
function Searched(props) {
  const typed = useSignal("");
  const sought = useSettled(typed);
  const name = props.kind === "asset_id" ? LISTS.asset_id : LISTS.collection_id;
  const { pages, busy, more, again } = usePaged(`/v1/${name}?limit=20${sought.value ? `&q=${encodeURIComponent(sought.value)}` : ""}`, name);
  const found = pages.value;
  return html`
    <${Field}
      name=${tell("find")}
      hint=${tell("findHint")}
      type="search"
      maxlength="200"
      autocomplete="off"
      value=${typed.value}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && event.preventDefault()}
      onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (typed.value = currentTarget.value)}
    />
    ${found.is === "loading" && html`<${LoadingState} />`}
    ${found.is === "failed" && html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
    ${found.is === "ready" && html`<${Found} rows=${found.rows} ...${props} />`}
    ${found.is === "ready" && found.next !== null && html`<${Button} kind="quiet" disabled=${busy.value} onClick=${() => void more()}>${tell("more")}<//>`}
  `;
}

/** @param {Choosing & {organization: string}} props */
function Categories({ organization, ...choosing }) {
  const { now, again } = useResource(`/v1/categories?organization_id=${encodeURIComponent(organization)}`);
  const found = now.value;
  if (found.is === "loading") return html`<${LoadingState} />`;
  if (found.is === "failed") return html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`;
  const rows = found.data.categories.map((/** @type {{id: string, name_zh: string, name_en: string}} */ { id, name_zh: zh, name_en: en }) => ({
    id,
    title: inLanguage({ zh, en }),
  }));
  return html`<${Found} rows=${rows} ...${choosing} />`;
}

/** @param {Choosing & {rows: readonly Named[]}} props */
function Found({ rows, there, chosen, toggle }) {
  return html`<div class="share-found" tabindex="0" role="group" aria-label=${tell("found")}>
    ${rows.length === 0 && html`<p class="hint" role="status">${tell("none")}</p>`}
    <ul>
      ${rows.map(
        ({ id, title }) => html`<li key=${id}>
          <label class="choice">
            <input type="checkbox" checked=${there.has(id) || chosen.includes(id)} disabled=${there.has(id)} onChange=${() => toggle(id)} /><span dir="auto"
              >${title} ${there.has(id) && html`<span class="hint">${tell("there")}</span>`}</span
            >
          </label>
        </li>`,
      )}
    </ul>
  </div>`;
}

/**
 * Whether a line of what is shared names nothing else.
 * @param {Share} share
 * @param {Kind} kind
 */
function isAlone(share, kind) {
  const named = [share.asset_id, share.collection_id, share.organization_id, share.category_id, share.licence].filter(Boolean);
  return named.length === 1 && Boolean(share[kind]);
}
