/** What can be told by webhooks, and how an endpoint does. */

/** Types of events, together with what they tell of. */
export const TOLD = /** @type {const} */ ({
  lessons: ["asset.created", "asset.changed", "asset.deleted", "asset.restored", "asset.purged"],
  review: [
    "asset.submitted",
    "asset.accepted",
    "asset.returned",
    "asset.published",
    "asset.unpublished",
    "asset.withdrawing",
  ],
  uploads: ["upload.created", "upload.finished", "upload.deleted"],
  preparation: [
    "version.created",
    "version.queued",
    "version.processing",
    "version.playable",
    "version.ready",
    "version.failed",
    "version.activated",
    "version.deleted",
  ],
  tracks: ["track.put", "track.deleted"],
  collections: ["collection.created", "collection.changed", "collection.deleted"],
  offers: ["offer.received", "offer.answered", "offer.withdrawn"],
  endpoints: ["webhook_endpoint.failing", "webhook_endpoint.disabled"],
});

/** Hours that secrets may sign beside the next one. */
export const OVERLAPS = [0, 1, 24, 168];

/**
 * How an endpoint does: it works, attempts fail, it was switched off, or its server said that it is gone.
 * @param {{enabled: boolean, gone_at: string | null, failing_since: string | null}} endpoint
 * @returns {"works" | "failing" | "off" | "gone"}
 */
export function standingOf({ enabled, gone_at: gone, failing_since: failing }) {
  if (!enabled) return gone === null ? "off" : "gone";
  return failing === null ? "works" : "failing";
}

/**
 * The same types, all of them if none is named, with one more or one less.
 * @param {readonly string[]} chosen
 * @param {string} type
 */
export function toggled(chosen, type) {
  return chosen.includes(type) ? chosen.filter((other) => other !== type) : [...chosen, type];
}
