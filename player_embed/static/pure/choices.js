/** Quality, captions and sound by name, as a page around the player sees and chooses them. */
import { qualityRows } from "./levels.js";
/** @import { Level } from "../types" */

/**
 * @typedef {object} Offer What there is to choose from; indices are -1 for none (`chosen`: the bandwidth decides).
 * @property {readonly Level[]} levels
 * @property {number} chosen
 * @property {readonly {label: string}[]} captions
 * @property {number} showing
 * @property {string[]} sounds
 * @property {number} heard
 */

/** @param {Offer} offer */
export function choicesOf({ levels, chosen, captions, showing, sounds, heard }) {
  const rows = qualityRows(levels);
  return {
    quality: rows.find(({ index }) => index === chosen)?.label ?? "auto",
    qualities: rows.map(({ label }) => label),
    caption: captions[showing]?.label ?? "",
    captions: captions.map(({ label }) => label),
    language: sounds[heard] ?? "",
    languages: sounds,
  };
}

/**
 * Index of what has this name, -1 for "auto" and no captions; null where there is no such thing.
 * @param {"quality" | "caption" | "language"} kind
 * @param {string} label
 * @param {Pick<Offer, "levels" | "captions" | "sounds">} offer
 */
export function indexOfChoice(kind, label, { levels, captions, sounds }) {
  if (label === { quality: "auto", caption: "", language: null }[kind]) return -1;
  const index = {
    quality: () => qualityRows(levels).find((row) => row.label === label)?.index ?? -1,
    caption: () => captions.findIndex((each) => each.label === label),
    language: () => sounds.indexOf(label),
  }[kind]();
  return index < 0 ? null : index;
}
