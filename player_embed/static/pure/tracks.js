/** Captions and chapters: which track is meant, which chapter a time belongs to. */
/** @import { Chapter, Language } from "../types" */

/**
 * Index of the track in the reader's language, else of the first.
 * @param {readonly {language: string}[]} tracks
 * @param {Language} language
 */
export function trackFor(tracks, language) {
  return Math.max(0, tracks.findIndex((track) => track.language.toLowerCase().split("-")[0] === language));
}

/**
 * Index of the track that "captions on" means: the one chosen last, by its label, else the one in the reader's language.
 * @param {readonly {label: string, language: string}[]} tracks
 * @param {string | null} wanted
 * @param {Language} language
 */
export function preferredTrack(tracks, wanted, language) {
  const chosen = tracks.findIndex(({ label }) => label === wanted);
  return chosen >= 0 ? chosen : trackFor(tracks, language);
}

/**
 * Whether the page's own captions step back: one language must not be offered twice, so they go as soon as all captions of the
 * manifest are among the text tracks.
 * @param {{own: boolean, inManifest: number, foreign: number}} tracks
 */
export function ownStepBack({ own, inManifest, foreign }) {
  return own && inManifest > 0 && foreign >= inManifest;
}

/**
 * The chapter that a time belongs to: the last one begun, unless it has ended.
 * @template {Pick<Chapter, "start" | "end">} Stretch
 * @param {Stretch[]} chapters
 * @param {number} time
 */
export function chapterAt(chapters, time) {
  return chapters.findLast(({ start, end }) => time >= start && time < end);
}

/**
 * Where chapters begin on the bar, as shares of its length; the beginning itself needs no mark.
 * @param {readonly Pick<Chapter, "start">[]} chapters
 * @param {number} duration
 */
export function chapterMarks(chapters, duration) {
  return chapters.map(({ start }) => start).filter((start) => start > 0 && start < duration).map((start) => start / duration);
}
