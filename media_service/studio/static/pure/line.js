/** The line of uploads: who is next, and what follows from an error. */
/** @import { Phase, Problem } from "../types" */

/** Uploads at a time. */
export const AT_A_TIME = 3;

/** Seconds without a byte after which a request counts as lost, though nobody said so: a laptop that slept, a dead connection. */
export const SILENT_SECONDS = 30;

/** The same once all bytes have left: the service may be putting a large file together. */
export const SETTLING_SECONDS = 300;

const BUSY = new Set(["checking", "sending", "retrying"]);

/**
 * Which of the items begin now, by their place in the line.
 * @param {readonly Phase[]} phases
 * @returns {number[]}
 */
export function nextInLine(phases) {
  const free = AT_A_TIME - phases.filter((phase) => BUSY.has(phase)).length;
  const waiting = phases.flatMap((phase, index) => (phase === "waiting" ? [index] : []));
  return waiting.slice(0, Math.max(0, free));
}

/**
 * What to do after an error: try again, ask for a sign-in first, begin anew because the service no longer has the upload, or tell it.
 * @param {Problem} problem
 * @param {boolean} begun Whether the service had begun this upload before.
 * @returns {"retry" | "sign_in" | "restart" | "fail"}
 */
export function verdictOn({ status, code }, begun) {
  if (status === 0) return "retry";
  if (status === 401 || code.startsWith("csrf_")) return "sign_in";
  if (begun && (status === 404 || status === 410)) return "restart";
  if (status === 507) return "fail";
  if (status === 408 || status === 409 || status === 423 || status === 429 || status >= 500) return "retry";
  return "fail";
}

/**
 * Seconds until the next attempt; at most half a minute, and never fewer than the service asks for.
 * @param {number} attempt Attempts that failed in a row.
 * @param {number | null} asked
 */
export function retryDelay(attempt, asked) {
  return Math.max(Math.min(30, 2 ** (attempt - 1)), asked ?? 0);
}

/**
 * Whether a request that moves nothing is given up, to ask where it stands.
 * @param {number} silent Seconds since the last byte left.
 * @param {boolean} settling Whether all bytes have left.
 */
export function isLost(silent, settling) {
  return silent >= (settling ? SETTLING_SECONDS : SILENT_SECONDS);
}
