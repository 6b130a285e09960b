/** How the versions of a lesson stand, and what can be done with each. */

/**
 * What the service tells of a version, as far as it decides here.
 * @typedef {object} Told
 * @property {boolean} current
 * @property {"ready" | "manual" | null} activates
 * @property {string} state
 * @property {string | null} activated_at
 * @property {string | null} retired_at
 * @property {string | null} removed_at
 * @property {string | null} manifest_url
 */

/** @typedef {"current" | "arriving" | "making" | "failed" | "waits" | "earlier" | "removed"} Standing */

/**
 * @param {Told} version
 * @returns {Standing}
 */
export function standingOf(version) {
  if (version.current) return "current";
  if (version.removed_at) return "removed";
  if (version.state === "failed" && !version.retired_at) return "failed";
  if (version.state === "uploading") return "arriving";
  if (version.retired_at || version.activated_at) return "earlier";
  return version.state === "ready" ? "waits" : "making";
}

/**
 * Whether it can be shown instead of the one that plays.
 * @param {Told} version
 */
export function canBeShown(version) {
  const standing = standingOf(version);
  return standing === "waits" || (standing === "earlier" && version.manifest_url !== null);
}

/**
 * Whether something still happens by itself, so that it is worth asking again soon.
 * @param {readonly Told[]} versions
 */
export function isMoving(versions) {
  return versions.some((version) => {
    const standing = standingOf(version);
    return standing === "arriving" || standing === "making" || (standing === "waits" && version.activates === "ready");
  });
}
