/** What an editor does with captions. Each returns new captions; cues that are not touched stay the same objects. */
import { newCue, withText, withTimes } from "./webvtt.js";
/** @import { Captions, Cue } from "./webvtt.js" */

/** Milliseconds that a cue has at least when times are made up for it. */
export const SHORTEST = 834;

/**
 * @param {Captions} captions
 * @param {number} key
 * @param {(cue: Cue) => Cue} change
 * @returns {Captions}
 */
function changed(captions, key, change) {
  return { ...captions, parts: captions.parts.map((part) => (typeof part !== "string" && part.key === key ? change(part) : part)) };
}

/** @param {Captions} captions @param {number} key @param {string} text */
export function setText(captions, key, text) {
  return changed(captions, key, (cue) => withText(cue, text, captions.newline));
}

/**
 * Lets a cue begin at another time; one that would end before keeps its length.
 * @param {Captions} captions @param {number} key @param {number} start
 */
export function setStart(captions, key, start) {
  return changed(captions, key, (cue) => withTimes(cue, start, cue.end > start ? cue.end : start + Math.max(SHORTEST, cue.end - cue.start)));
}

/**
 * Lets a cue end at another time; one that would begin after keeps its length.
 * @param {Captions} captions @param {number} key @param {number} end
 */
export function setEnd(captions, key, end) {
  return changed(captions, key, (cue) => withTimes(cue, cue.start < end ? cue.start : Math.max(0, end - Math.max(SHORTEST, cue.end - cue.start)), end));
}

/**
 * Makes two of a cue. Both keep its settings. The time is where the player stands if that is inside, else by the length of both texts.
 * @param {Captions} captions
 * @param {number} key
 * @param {number} offset In the text.
 * @param {number} time Milliseconds.
 * @returns {Captions}
 */
export function split(captions, key, offset, time) {
  const at = captions.parts.findIndex((part) => typeof part !== "string" && part.key === key);
  const cue = captions.parts[at];
  if (cue === undefined || typeof cue === "string") return captions;
  const [before, after] = [cue.text.slice(0, offset).trimEnd(), cue.text.slice(offset).trimStart()];
  const share = cue.text.length > 0 ? offset / cue.text.length : 0.5;
  const margin = Math.min(200, (cue.end - cue.start) / 4);
  const inside = time > cue.start + margin && time < cue.end - margin;
  const cut = Math.round(inside ? time : cue.start + (cue.end - cue.start) * Math.min(0.9, Math.max(0.1, share)));
  const { newline } = captions;
  const first = withTimes(withText({ ...cue, tail: cue.tail || newline }, before, newline), cue.start, cut);
  // An identifier belongs to one cue.
  const second = withTimes(withText({ ...cue, key: captions.nextKey, head: "", tight: false }, after, newline), cut, cue.end);
  return { ...captions, parts: captions.parts.toSpliced(at, 1, first, second), nextKey: captions.nextKey + 1 };
}

/**
 * Makes one of a cue and the next in the file; what stands between them stays.
 * @param {Captions} captions
 * @param {number} key
 * @param {string} [between] What joins the texts.
 * @returns {Captions}
 */
export function merge(captions, key, between = "\n") {
  const at = captions.parts.findIndex((part) => typeof part !== "string" && part.key === key);
  const next = captions.parts.findIndex((part, index) => index > at && typeof part !== "string");
  const [cue, other] = [captions.parts[at], captions.parts[next]];
  if (at < 0 || next < 0 || typeof cue === "string" || typeof other === "string") return captions;
  // Where one of them has tags, both are joined as they stand in the file.
  const asWritten = cue.markup || other.markup;
  const texts = [cue, other].map((each) => (asWritten && !each.markup ? each.body.replaceAll(/\r\n|\r/g, "\n").replace(/\n$/, "") : each.text));
  const text = texts.filter(Boolean).join(between);
  const tail = next === at + 1 ? other.tail || cue.tail : cue.tail;
  const joined = withText({ ...cue, markup: asWritten, tail }, text, captions.newline);
  const one = withTimes(joined, Math.min(cue.start, other.start), Math.max(cue.end, other.end));
  return { ...captions, parts: without(captions.parts, next).with(at, one) };
}

/**
 * Adds a cue where its time belongs.
 * @param {Captions} captions
 * @param {number} start
 * @param {number} end
 * @param {string} text
 * @returns {{captions: Captions, key: number}}
 */
export function insert(captions, start, end, text = "") {
  const after = captions.parts.findLastIndex((part) => typeof part !== "string" && part.start <= start);
  const first = captions.parts.findIndex((part) => typeof part !== "string");
  const at = after >= 0 ? after + 1 : first >= 0 ? first : captions.parts.length;
  const key = captions.nextKey;
  return {
    captions: { ...captions, parts: captions.parts.toSpliced(at, 0, newCue(key, start, end, text, captions.newline)), nextKey: key + 1 },
    key,
  };
}

/** @param {Captions} captions @param {number} key @returns {Captions} */
export function remove(captions, key) {
  const at = captions.parts.findIndex((part) => typeof part !== "string" && part.key === key);
  return at < 0 ? captions : { ...captions, parts: without(captions.parts, at) };
}

/**
 * The parts of a file without one cue. What this cue alone kept apart stays apart.
 * @param {Captions["parts"]} parts
 * @param {number} at
 */
function without(parts, at) {
  const [gone, next] = [parts[at], parts[at + 1]];
  if (typeof gone === "string") return parts;
  const rest = next && typeof next !== "string" && next.tight ? parts.with(at + 1, { ...next, tight: false }) : parts;
  return gone.tight && gone.tail ? rest.with(at, gone.tail) : rest.toSpliced(at, 1);
}

/**
 * Moves cues in time: all, or those that begin no earlier than `from`. None begins before zero.
 * @param {Captions} captions
 * @param {number} by Milliseconds.
 * @param {number} [from] Milliseconds.
 * @returns {Captions}
 */
export function shift(captions, by, from = 0) {
  const moved = captions.parts.filter((part) => typeof part !== "string").filter((cue) => cue.start >= from);
  const most = moved.length > 0 ? Math.max(by, -Math.min(...moved.map((cue) => cue.start))) : by;
  return {
    ...captions,
    parts: captions.parts.map((part) => (typeof part === "string" || part.start < from ? part : withTimes(part, part.start + most, part.end + most))),
  };
}

/**
 * Replaces a text wherever it stands in cues; tags are left alone.
 * @param {Captions} captions
 * @param {string} wanted
 * @param {string} instead
 * @param {{exact?: boolean}} [how] `exact`: capital letters count.
 * @returns {{captions: Captions, count: number}}
 */
export function replaceAll(captions, wanted, instead, { exact = false } = {}) {
  if (!wanted) return { captions, count: 0 };
  const pattern = new RegExp(wanted.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`), exact ? "gu" : "giu");
  let count = 0;
  const replaced = (/** @type {string} */ text) =>
    text.replaceAll(pattern, () => {
      count += 1;
      return instead;
    });
  const parts = captions.parts.map((part) => {
    if (typeof part === "string") return part;
    const text = part.markup ? part.text.replaceAll(/<[^>]*>|[^<]+/g, (piece) => (piece.startsWith("<") ? piece : replaced(piece))) : replaced(part.text);
    return withText(part, text, captions.newline);
  });
  return { captions: { ...captions, parts }, count };
}

/** Keys of cues whose text holds what is looked for. @param {readonly Cue[]} cues @param {string} wanted */
export function matching(cues, wanted) {
  const looked = wanted.toLowerCase();
  return looked ? cues.filter((cue) => cue.text.toLowerCase().includes(looked)).map((cue) => cue.key) : [];
}

/**
 * Lets chapters that an edit touched end where the next one begins, the last one with the lesson.
 * @param {Captions} before
 * @param {Captions} after
 * @param {number} duration Milliseconds, 0 if unknown.
 * @returns {Captions}
 */
export function chained(before, after, duration) {
  const known = new Set(before.parts);
  const followers = new Map();
  const inOrder = (/** @type {Captions} */ captions) => captions.parts.filter((part) => typeof part !== "string").toSorted((one, other) => one.start - other.start);
  for (const [at, cue] of inOrder(before).entries()) followers.set(cue.key, inOrder(before)[at + 1]?.key);
  const ordered = inOrder(after);
  /** @type {Map<number, number>} */
  const ends = new Map();
  for (const [at, cue] of ordered.entries()) {
    const next = ordered[at + 1];
    const touched = !known.has(cue) || (next && !known.has(next)) || followers.get(cue.key) !== next?.key;
    if (touched) ends.set(cue.key, next ? next.start : Math.max(duration, cue.start + 1000));
  }
  return {
    ...after,
    parts: after.parts.map((part) => (typeof part !== "string" && ends.has(part.key) ? withTimes(part, part.start, /** @type {number} */ (ends.get(part.key))) : part)),
  };
}
