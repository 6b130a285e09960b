/**
 * Assets as they change: by a stream of what happens and, where that is blocked or refused, by asking every few seconds. The stream is open
 * only while something is awaited by somebody who looks: browsers hold six connections to a service, and uploads want three of them.
 */
import { ask, Refusal } from "./api.js";
import { dueNow, isSettled } from "./pure/hearing.js";
import { signal } from "./vendor/ui.js";
/** @import { Asset } from "./types" */

const ROUND_MS = 1000;
const AT_A_TIME = 4;
const REOPEN_SECONDS = 30;
/** How long it takes is not told by a stream; every few seconds it is asked for. */
const PROGRESS_SECONDS = 4;
const TOLD = [
  "asset.changed",
  "asset.deleted",
  "asset.restored",
  "asset.published",
  "asset.unpublished",
  "track.put",
  "track.deleted",
  "version.created",
  "version.activated",
  "version.deleted",
  "version.queued",
  "version.processing",
  "version.playable",
  "version.ready",
  "version.failed",
];

/** What a stream says of work that goes on. @typedef {{asset_id: string, version_id: string, percent: number, queue_position: number | null}} Told */

/**
 * @typedef {object} Watching
 * @property {string} id Of the asset.
 * @property {() => Promise<void>} look Asks what is shown of it.
 * @property {() => boolean} moves Whether something happens to it by itself.
 * @property {boolean} stays Whether it is asked for now and then when nothing does.
 * @property {(told: Told) => void} [advance]
 */

/** @type {Map<Watching, number>} Since when nothing was heard of each, in seconds. */
const watched = new Map();
/** @type {ReturnType<typeof setInterval> | undefined} */
let timer;
/** @type {EventSource | null} */
let stream = null;
let openedAt = -REOPEN_SECONDS;

/**
 * Looks at something of an asset now, and again whenever it may have changed. Returns what ends it.
 * @param {Watching} watching
 */
export function watch(watching) {
  timer ??= setInterval(round, ROUND_MS);
  look(watching);
  return () => {
    watched.delete(watching);
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
    closeStream();
  };
}

/** @typedef {{signal: import("./vendor/ui.js").Signal<Asset | null>, watchers: number, leave: () => void}} Kept */

/** @type {Map<string, Kept>} */
const kept = new Map();

/**
 * An asset that is kept up to date from now on, null until it is known. Call `leave` when it is no longer shown.
 * @param {string} id
 */
export function watchAsset(id) {
  const known = kept.get(id) ?? keepAsset(id);
  kept.set(id, known);
  known.watchers += 1;
  return {
    asset: known.signal,
    leave: () => {
      known.watchers -= 1;
      if (known.watchers > 0) return;
      kept.delete(id);
      known.leave();
    },
  };
}

/** @param {string} id @returns {Kept} */
function keepAsset(id) {
  const asset = signal(/** @type {Asset | null} */ (null));
  /** @type {string | null} */
  let etag = null;
  const leave = watch({
    id,
    stays: false,
    moves: () => !isSettled(asset.peek()?.state),
    look: async () => {
      try {
        const answer = await ask("GET", `/v1/assets/${id}`, etag ? { ifNoneMatch: etag } : {});
        if (answer.status === 304) return;
        etag = answer.etag;
        asset.value = answer.data;
      } catch (error) {
        // The next round asks again.
        if (!(error instanceof Refusal)) throw error;
      }
    },
    advance: ({ percent, queue_position: position }) => {
      const shown = asset.peek();
      if (shown?.progress) asset.value = { ...shown, progress: { ...shown.progress, percent, queue_position: position } };
    },
  });
  return { signal: asset, watchers: 0, leave };
}

function now() {
  return performance.now() / 1000;
}

/** @param {Watching} watching */
function look(watching) {
  watched.set(watching, now());
  void watching.look();
}

function round() {
  const all = [...watched].map(([watching, heard]) => ({ watching, heard, stays: watching.stays, moves: watching.moves() }));
  if (document.hidden || !all.some(({ moves }) => moves)) closeStream();
  if (document.hidden || !navigator.onLine) return;
  if (!stream && all.some(({ moves }) => moves) && now() - openedAt >= REOPEN_SECONDS) openStream();
  for (const { watching } of dueNow(all, now(), stream?.readyState === EventSource.OPEN, AT_A_TIME)) look(watching);
}

function openStream() {
  openedAt = now();
  const opened = new EventSource("/v1/live");
  stream = opened;
  const all = () => {
    for (const watching of watched.keys()) watched.set(watching, 0);
  };
  // From the greeting on nothing is missed; what happened before it is asked for.
  opened.addEventListener("hello", all);
  opened.addEventListener("reset", all);
  opened.addEventListener("progress", ({ data }) => advance(JSON.parse(data)));
  for (const type of TOLD) opened.addEventListener(type, ({ data }) => happened(JSON.parse(data).asset_id));
  opened.addEventListener("error", () => {
    // Refused, and not merely interrupted: browsers do not try again by themselves.
    if (opened.readyState === EventSource.CLOSED && stream === opened) stream = null;
  });
}

function closeStream() {
  stream?.close();
  stream = null;
  openedAt = -REOPEN_SECONDS;
}

/** @param {string} id */
function happened(id) {
  for (const watching of watched.keys()) if (watching.id === id) look(watching);
}

/** @param {Told} told */
function advance(told) {
  for (const [watching, heard] of watched) {
    if (watching.id !== told.asset_id) continue;
    if (now() - heard > PROGRESS_SECONDS) look(watching);
    else watching.advance?.(told);
  }
}
