/** What study sessions ask of the player, and what it tells of them (docs/study-hours.md). Seconds, but for beats. */
import { hexadecimal, sha256 } from "./sha256.js";
/** @import { Beat, Range } from "./beats.js" */

/**
 * @typedef {object} Terms
 * @property {"free" | "sequential" | "supervised"} mode
 * @property {number} speed_limit
 * @property {number | null} presence_seconds
 */

/** A segment that was loaded: its rendition, number and place in the lesson, and what proves it. */
/** @typedef {{rendition: string, number: number, start: number, end: number, proof: string}} Proof */

/** @typedef {[rendition: string, number: number, proof: string]} Fetched */

/** What the service knows of a session. */
/** @typedef {{ended: string | null, studied?: number, furthest?: number, next?: number}} Standing */

/** How far beyond what was studied a seek may land: where a picture begins. */
const LEAP = 1;

/** Bytes of a hash that prove a segment. */
const PROOF_BYTES = 16;

/** The first and the last seconds are no place to go on from. */
const RESUME_MARGIN = 10;

/** How much of it may be lost before the viewer is told. */
const LOST = 3;

const encoder = new TextEncoder();

/**
 * What the hash of a beat covers; storage/learning/proofs.py writes it alike.
 * @param {Beat} beat
 */
export function beatText({ sequence, at, played, rate, muted, visible, in_view, ended, present = false, fetched = [] }) {
  return [
    sequence,
    at,
    played.map(([start, end]) => `${start}-${end}`).join(","),
    Math.floor(rate * 1000 + 0.5),
    [muted, visible, in_view, ended, present].map(Number).join(""),
    fetched.map((each) => each.join(":")).join(","),
  ].join("\n");
}

/**
 * The hash of a beat.
 * @param {string} before That of the one before, or the session's secret.
 * @param {Beat} beat
 */
export function chained(before, beat) {
  return hexadecimal(sha256(encoder.encode(`${before}\n${beatText(beat)}`)));
}

/**
 * What is hashed to prove a segment.
 * @param {string} nonce
 * @param {Uint8Array} segment
 */
export function proofInput(nonce, segment) {
  const secret = encoder.encode(nonce);
  const all = new Uint8Array(secret.length + segment.length);
  all.set(secret);
  all.set(segment, secret.length);
  return all;
}

/**
 * As it is told: the beginning of the hash in base64url.
 * @param {Uint8Array} hash
 */
export function proofText(hash) {
  const text = btoa(String.fromCharCode(...hash.slice(0, PROOF_BYTES)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * The name of the rendition whose media playlist stands at an address.
 * @param {string} url
 */
export function renditionOf(url) {
  return new URL(url).pathname.split("/").at(-1)?.replace(/\.m3u8$/, "") ?? "";
}

/**
 * Proofs that a beat has to bring: of segments that it touches.
 * @param {readonly Proof[]} proofs
 * @param {readonly Range[]} played Milliseconds.
 */
export function provenBy(proofs, played) {
  return proofs.filter(({ start, end }) => played.some(([from, to]) => from < end * 1000 && to > start * 1000));
}

/**
 * Where a seek has to end; null: it may stay.
 * @param {number} time
 * @param {number} furthest How far it was studied.
 * @param {Terms} terms
 */
export function seekLimit(time, furthest, terms) {
  return terms.mode !== "free" && time > furthest + LEAP ? furthest : null;
}

/**
 * How far it was studied after the medium went on.
 * @param {number} furthest
 * @param {number} before Where it was.
 * @param {number} now
 */
export function reached(furthest, before, now) {
  return now > before && before <= furthest + LEAP ? Math.max(furthest, now) : furthest;
}

/**
 * The speeds that count.
 * @param {readonly number[]} speeds
 * @param {number | null} limit
 */
export function allowedSpeeds(speeds, limit) {
  return limit === null ? [...speeds] : speeds.filter((speed) => speed <= limit);
}

/**
 * Where to go back to, because the service did not believe what came after; null: it believes it.
 * @param {Standing} standing
 * @param {ReadonlyMap<number, number>} ends How far it was studied at the end of each beat, by its number.
 * @param {Terms} terms
 */
export function wayBack({ next, furthest }, ends, terms) {
  const told = next === undefined ? undefined : ends.get(next - 1);
  if (terms.mode === "free" || told === undefined || furthest === undefined) return null;
  return told - furthest > LOST ? furthest : null;
}

/** @typedef {{width: number, height: number}} Size */

/**
 * Where the mark stands: within the picture, which may be narrower or lower than the player, and somewhere else each time.
 * @param {number} turn How often it has moved.
 * @param {number} random From 0 to 1.
 * @param {{player: Size, picture: Size, mark: Size}} sizes
 */
export function markPlace(turn, random, { player, picture, mark }) {
  const scale = Math.min(player.width / (picture.width || player.width), player.height / (picture.height || player.height));
  const shown = { width: (picture.width || player.width) * scale, height: (picture.height || player.height) * scale };
  // Steps of irrational shares are far apart; chance alone would leave corners out.
  const share = (/** @type {number} */ step) => (turn * step + random * 0.25) % 1;
  return {
    x: Math.round((player.width - shown.width) / 2 + share(0.618034) * Math.max(0, shown.width - mark.width)),
    y: Math.round((player.height - shown.height) / 2 + share(0.754878) * Math.max(0, shown.height - mark.height)),
  };
}

/**
 * Where a learner goes on who studied in order, on whatever device: at the furthest point, in seconds; 0 where that is no further than
 * where they are.
 * @param {{mode: Terms["mode"], furthest: number}} session As it begins.
 * @param {number} now Where the player stands.
 * @param {number | null} duration
 */
export function studyResume({ mode, furthest }, now, duration) {
  if (mode === "free" || duration === null) return 0;
  const margin = Math.min(RESUME_MARGIN, duration / 10);
  return furthest >= margin && furthest < duration - margin && furthest > now + 1 ? furthest : 0;
}
