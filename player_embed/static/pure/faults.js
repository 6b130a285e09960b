/** What went wrong, as a code and what may be done about it. */
/** @import { Fault } from "../types" */

/** @typedef {Fault} Problem What a service says of a refusal (RFC 9457). */
/** @typedef {"network" | "media" | "unsupported"} FaultKind Whose fault it is where the service does not say. */
/** @typedef {{code: string, message?: Fault["message"], retry: boolean}} Failure `retry`: a button to try again makes sense. */

/** @type {Record<number, FaultKind>} By the code of MediaError. */
const MEDIA_ERRORS = { 2: "network", 3: "media", 4: "unsupported" };

/**
 * What a media element's error is: the network's fault if it does not say.
 * @param {number | undefined} code
 * @returns {FaultKind}
 */
export function mediaErrorKind(code) {
  return MEDIA_ERRORS[code ?? 0] ?? "network";
}

/**
 * What a service says of a refusal; null where the body is something else.
 * @param {unknown} body Text or bytes.
 * @returns {Problem | null}
 */
export function parseProblem(body) {
  try {
    const { code, message } = JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(/** @type {ArrayBuffer} */ (body)));
    return typeof code === "string" && message?.zh && message?.en ? { code, message } : null;
  } catch {
    return null;
  }
}

/**
 * Whether it is no use to ask again at once. Who asks too often may ask a little later.
 * @param {number} status
 * @param {Pick<Problem, "code"> | null} problem
 */
export function isRefused(status, problem) {
  return status === 401 || status === 403 || (status === 429 && problem !== null && problem.code !== "rate_limited");
}

/**
 * Whether a question about the state was answered for good: who asks again hears the same.
 * @param {number} status
 */
export function isFinal(status) {
  return [401, 403, 404, 410].includes(status);
}

/**
 * Error code for what went wrong: an HTTP status (0 if none), what the service said, and whether the medium itself was at
 * fault. Codes are keys of texts.js unless they come with a `message`.
 * @param {{status?: number, kind?: FaultKind, problem?: Problem | null}} fault
 * @returns {Failure}
 */
export function classifyError({ status = 0, kind = "network", problem = null }) {
  if (problem && [401, 403, 429].includes(status) && problem.code !== "token_expired") return { ...problem, retry: status === 429 };
  if (status === 401 || status === 403 || status === 410) return { code: "token_expired", retry: false };
  if (status === 404) return { code: "not_found", retry: false };
  if (status === 429) return { code: "rate_limited", retry: true };
  if (status === 409 || status === 425) return { code: "not_ready", retry: true };
  if (kind === "unsupported") return { code: "unsupported", retry: false };
  if (kind === "media") return { code: "media", retry: true };
  return { code: "network", retry: true };
}
