/** What the platform that plays a lesson says of it, read with care: it is another one's, and what it says stands on a page of ours. */
import { isPlayable } from "./states.js";
import { fill } from "./languages.js";
import { TEXTS } from "./texts.js";
/** @import { Page, TrackData } from "../types" */
/** @import { Failure, Problem } from "./faults.js" */

const MOST_TRACKS = 100;
const LONGEST = 300;
const KINDS = ["video", "animation", "audio"];

/**
 * Our page's data with what is played there; null where that makes no sense.
 * @param {any} told Its page's data.
 * @param {string} statusUrl Where it was asked.
 * @param {Page} page
 * @returns {Page | null}
 */
export function playedThere(told, statusUrl, page) {
  const manifest = addressOf(told?.manifest_url, statusUrl);
  if (!manifest || !isPlayable(told.state) || !KINDS.includes(told.kind)) return null;
  const tracks = Array.isArray(told.tracks) ? told.tracks.slice(0, MOST_TRACKS) : [];
  return {
    ...page,
    kind: told.kind,
    state: told.state,
    version_id: text(told.version_id),
    manifest_url: manifest,
    poster_url: page.poster_url ?? addressOf(told.poster_url, statusUrl),
    storyboard_url: addressOf(told.storyboard_url, statusUrl),
    beats_url: addressOf(told.beats_url, statusUrl),
    views_url: addressOf(told.views_url, statusUrl),
    study_url: null,
    duration: size(told.duration),
    width: size(told.width),
    height: size(told.height),
    loop: told.loop === true,
    movie_url: addressOf(told.movie_url, statusUrl),
    tracks: tracks.flatMap((/** @type {any} */ each) => trackOf(each, statusUrl) ?? []),
  };
}

/**
 * It does not answer.
 * @param {string} name What it is called here.
 * @returns {Failure}
 */
export function originAway(name) {
  return { code: "origin_away", message: both("origin_away", name), retry: true };
}

/**
 * What went wrong there, as it is said here.
 * @param {Failure & {status?: number}} failure
 * @param {string} name
 * @returns {Failure}
 */
export function faultThere(failure, name) {
  const { code, status = 0 } = failure;
  if (code === "network" || status >= 500) return originAway(name);
  if ([401, 403, 404, 410].includes(status) && code !== "token_expired") return originRefused(name);
  return failure;
}

/**
 * A refusal there: it is not shared any more, or the link is paused.
 * @param {number} status
 * @param {Pick<Problem, "code"> | null} problem What it says of it.
 * @param {string} name
 * @returns {Failure}
 */
export function refusedThere(status, problem, name) {
  if (problem?.code === "token_expired") return { code: "token_expired", retry: false };
  return [401, 403, 404, 410].includes(status) ? originRefused(name) : originAway(name);
}

/**
 * @param {string} name
 * @returns {Failure}
 */
function originRefused(name) {
  return { code: "origin_refused", message: both("origin_refused", name), retry: true };
}

/**
 * @param {"origin_away" | "origin_refused"} code
 * @param {string} name
 */
function both(code, name) {
  return { zh: fill(TEXTS.zh[code], { name }), en: fill(TEXTS.en[code], { name }) };
}

/**
 * An address at the platform that was asked, and at no other.
 * @param {unknown} value
 * @param {string} statusUrl
 */
function addressOf(value, statusUrl) {
  if (typeof value !== "string") return null;
  try {
    const address = new URL(value, statusUrl);
    return address.origin === new URL(statusUrl).origin ? address.href : null;
  } catch {
    return null;
  }
}

/**
 * @param {any} told
 * @param {string} statusUrl
 * @returns {TrackData | null}
 */
function trackOf(told, statusUrl) {
  const url = addressOf(told?.url, statusUrl);
  return url && ["captions", "chapters", "slides"].includes(told.kind) ? { kind: told.kind, language: text(told.language), label: text(told.label), url } : null;
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "string" ? value.slice(0, LONGEST) : "";
}

/** @param {unknown} value */
function size(value) {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : null;
}
