/** A file that has arrived: how far its lesson is, and the player as soon as there is something to play. */
import { Button, ButtonLink } from "../../components/button.js";
import { Icon } from "../../components/icon.js";
import { Progress } from "../../components/progress.js";
import { SameFile } from "../../components/same-file.js";
import { inLanguage, language, say, speaker } from "../../language.js";
import { watchAsset } from "../../live.js";
import { spelled } from "../../pure/quantities.js";
import { items } from "../../uploads/items.js";
import { remove } from "../../uploads/line.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";
import { opened, playedBy, useToken } from "../../playing.js";
import { TEXTS } from "./texts.js";
/** @import { Asset, Item } from "../../types" */

const tell = speaker(TEXTS);

/** A file that replaces that of a lesson: how far its version is, the lesson's page tells. @param {{item: Item}} props */
export function NewVersion({ item }) {
  const { name } = item.file;
  return html`
    <p class="row-state"><${Icon} name="check" /><span>${tell("replaced")}</span></p>
    <div class="actions">
      <${ButtonLink} kind="quiet" icon="chevron-right" href=${`/studio/lessons/${item.replaces?.assetId}`} aria-label=${tell("openOf", { name })}
        >${tell("open")}<//
      >
      <${Button} kind="quiet" icon="x" label=${tell("clearOf", { name })} onClick=${() => void remove(item)} />
    </div>
  `;
}

/** @param {{item: Item}} props */
export function Lesson({ item }) {
  const { name } = item.file;
  // Who brings one lesson wants to see it; who brings many chooses.
  return html`<${Arrived} id=${item.assetId.value} name=${name} opens=${items.peek().length === 1} onClear=${() => void remove(item)} />`;
}

/**
 * @param {object} props
 * @param {string | null} props.id Of the lesson, null until it is known.
 * @param {string} props.name For as long as its title is not known.
 * @param {boolean} [props.opens] Whether the player is shown as soon as it can be.
 * @param {boolean} [props.isFetched] Whether we bring what has not arrived, and nobody else.
 * @param {() => void} [props.onClear]
 */
export function Arrived({ id, name: fileName, opens = false, isFetched = false, onClear }) {
  const known = useSignal(/** @type {Asset | null} */ (null));
  const open = useSignal(opens);
  useEffect(() => {
    if (!id) return undefined;
    const { asset, leave } = watchAsset(id);
    const stop = asset.subscribe((value) => {
      known.value = value;
    });
    return () => {
      stop();
      leave();
    };
  }, [id]);
  const asset = known.value;
  const name = asset?.title ?? fileName;
  const plays = asset && playedBy(asset) !== null && (asset.state === "playable" || asset.state === "ready");
  const failed = asset?.state === "failed";
  const percent = asset?.progress?.percent ?? 0;
  return html`
    ${!failed && asset?.state !== "ready" && html`<${Progress} label=${name} percent=${asset ? percent : null} mood="done" />`}
    <p class="row-state">
      ${asset?.state === "ready" && html`<${Icon} name="check" />`}<span>${stateOf(asset, isFetched).join(" · ")}</span>
    </p>
    ${failed &&
    asset.failure &&
    html`<p class="row-bad" role="alert">
      <${Icon} name="circle-alert" /><span>${inLanguage(asset.failure.message)} <code>${asset.failure.code}</code></span>
    </p>`}
    ${asset && html`<${SameFile} asset=${asset} />`}
    <div class="actions">
      ${plays &&
      html`<${Button}
        icon=${open.value ? "x" : "play"}
        aria-expanded=${String(open.value)}
        aria-label=${tell(open.value ? "hideOf" : "watchOf", { name })}
        onClick=${() => (open.value = !open.value)}
        >${tell(open.value ? "hide" : "watch")}<//
      >`}
      ${asset &&
      html`<${ButtonLink} kind="quiet" icon="chevron-right" href=${`/studio/lessons/${asset.id}`} aria-label=${tell("openOf", { name })}
        >${tell("open")}<//
      >`}
      ${onClear && html`<${Button} kind="quiet" icon="x" label=${tell("clearOf", { name })} onClick=${onClear} />`}
    </div>
    ${plays && open.value && html`<${Player} asset=${asset} />`}
  `;
}

/** @param {{asset: Asset}} props */
function Player({ asset }) {
  const token = useToken(asset);
  const id = playedBy(asset)?.id;
  if (!id || token === null) return null;
  return html`<iframe
    class="row-player"
    src=${opened(`/embed/${id}?lang=${language.peek()}`, token)}
    title=${tell("playerOf", { name: asset.title })}
    allow="fullscreen; picture-in-picture; autoplay"
  ></iframe>`;
}

/** @param {Asset | null} asset @param {boolean} isFetched */
function stateOf(asset, isFetched) {
  if (asset?.state === "uploading" && isFetched) return [tell("fetching")];
  if (!asset || asset.state === "uploading") return [tell("arrived")];
  if (asset.state === "failed") return [tell("broken")];
  if (asset.state === "ready" || asset.state === "external") return [tell("ready")];
  const { percent = 0, queue_position: position = null, eta_seconds: eta = null } = asset.progress ?? {};
  const left = eta === null ? [] : [tell("left", { time: spelled(eta, say) })];
  if (asset.state === "queued" || (asset.state === "processing" && position !== null && percent === 0))
    return [position === null ? tell("queued") : tell("queuedAt", { n: position }), ...left];
  return [tell(asset.state, { percent }), ...left];
}
