/** How much room is left for uploads, and whether what waits fits in. */

/** @typedef {{limit: number | null, used: number, reserved: number, left: number | null}} Allowance */
/** @typedef {{bytes: Allowance, minutes: Allowance, uploads: Allowance}} Quota */

/**
 * Part of an allowance that is taken, in percent; null where there is no limit.
 * @param {Allowance} allowance
 */
export function takenPercent({ limit, left }) {
  if (limit === null || left === null) return null;
  return limit > 0 ? Math.min(100, Math.max(0, Math.round((100 * (limit - left)) / limit))) : 100;
}

/**
 * How well an allowance does: nine tenths taken is little, all is none.
 * @param {Allowance} allowance
 * @returns {"enough" | "little" | "none"}
 */
export function roomOf(allowance) {
  if (allowance.left === null) return "enough";
  if (allowance.left === 0) return "none";
  return (takenPercent(allowance) ?? 0) >= 90 ? "little" : "enough";
}

/**
 * Bytes by which files are too large together for what is left; zero if they fit.
 * @param {Allowance} bytes
 * @param {readonly number[]} sizes Of files for which no room is kept yet.
 */
export function tooMuch({ left }, sizes) {
  return left === null ? 0 : Math.max(0, sizes.reduce((sum, size) => sum + size, 0) - left);
}
