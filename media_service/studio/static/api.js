/** The way to the service: every request goes through here, and every refusal comes back as a `Refusal`. */
import { readProblem, unreachable } from "./pure/problems.js";
import { signal } from "./vendor/ui.js";
/** @import { Problem } from "./types" */

/** Raised for every answer that is no success, and for none at all. */
export class Refusal extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.code);
    this.problem = problem;
  }
}

/** What shows the service that a page of its own asks. Who asks, the cookie of the session says. */
const credentials = { csrf: "" };

/** How often a request was refused because nobody is signed in. */
export const refusedSignIns = signal(0);

/** @param {{csrf: string}} known */
export function useCredentials(known) {
  Object.assign(credentials, known);
}

/** Headers that every request carries. @returns {Record<string, string>} */
export function authorization() {
  return credentials.csrf ? { "X-CSRF-Token": credentials.csrf } : {};
}

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {any} data The JSON of the body, the text if it is none, null if there is no body.
 * @property {string | null} etag
 * @property {Headers} headers
 */

/**
 * @typedef {object} Wish
 * @property {unknown} [json] Sent as the body.
 * @property {BodyInit} [body] Sent as it is.
 * @property {string} [ifMatch] ETag that the thing must still have (412 `precondition_failed` if somebody else changed it).
 * @property {string} [ifNoneMatch] ETag that is known: the answer is 304 with no data if it is still that.
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 */

/**
 * Asks the service. Throws `Refusal`.
 * @param {"GET" | "POST" | "PATCH" | "PUT" | "DELETE"} method
 * @param {string} address Path with query.
 * @param {Wish} [wish]
 * @returns {Promise<Answer>}
 */
export async function ask(method, address, { json, body, ifMatch, ifNoneMatch, headers, signal: ended } = {}) {
  let response;
  try {
    response = await fetch(address, {
      method,
      headers: {
        Accept: "application/json",
        ...authorization(),
        ...(json !== undefined && { "Content-Type": "application/json" }),
        ...(ifMatch && { "If-Match": ifMatch }),
        ...(ifNoneMatch && { "If-None-Match": ifNoneMatch }),
        ...headers,
      },
      body: json === undefined ? (body ?? null) : JSON.stringify(json),
      signal: ended ?? null,
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch (error) {
    if (ended?.aborted) throw error;
    throw new Refusal(unreachable());
  }
  const text = await response.text().catch(() => "");
  if (!response.ok && response.status !== 304) {
    if (response.status === 401) refusedSignIns.value += 1;
    throw new Refusal(readProblem(response.status, text, response.headers.get("Retry-After")));
  }
  return { status: response.status, data: parsed(text), etag: response.headers.get("ETag"), headers: response.headers };
}

/**
 * The problem that an error stands for. Errors of our own are thrown on.
 * @param {unknown} error
 * @returns {Problem}
 */
export function problemOf(error) {
  if (error instanceof Refusal) return error.problem;
  throw error;
}

/** @param {string} text */
function parsed(text) {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
