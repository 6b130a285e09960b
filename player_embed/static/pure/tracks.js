/** Captions and chapters: which track is meant, which chapter a time belongs to. */
import { trackIn } from "./languages.js";
/** @import { Chapter, Language } from "../types" */

/**
 * Index of the track in the reader's language, else of the first.
 * @param {readonly {language: string}[]} tracks
 * @param {Language} language
 */
export function trackFor(tracks, language) {
  return Math.max(0, trackIn(tracks, [language]));
}

/**
 * Index of the sound in the first of these languages that there is, -1 for none. Audio descriptions are for those who choose them:
 * playlists say so by characteristics (RFC 8216bis), browsers by a track's kind (HTML).
 * @param {readonly {language: string, characteristics?: string, kind?: string}[]} tracks
 * @param {readonly string[]} languages
 */
export function soundIn(tracks, languages) {
  const told = tracks.map(({ language, characteristics, kind }) => {
    const described = characteristics?.includes("describes-video") || kind === "descriptions" || kind === "main-desc";
    return { language: described ? "" : language };
  });
  return trackIn(told, languages);
}

/**
 * Index of the track that "captions on" means: the one chosen last, by its label, else by its language, else the one in the reader's.
 * @param {readonly {label: string, language: string}[]} tracks
 * @param {{label: string | null, language: string | null}} wanted
 * @param {Language} language
 */
export function preferredTrack(tracks, { label, language: chosen }, language) {
  const same = tracks.findIndex((track) => track.label === label);
  const index = same >= 0 ? same : trackIn(tracks, [chosen ?? "", language]);
  return Math.max(0, index);
}

/**
 * Index of the captions that a lesson begins with, -1 for none: as the viewer has them, else as the page asks.
 * @param {readonly {language: string}[]} tracks
 * @param {string | undefined} chosen The language chosen last, "" for none.
 * @param {string | null} asked "on", a language, or "" for none.
 * @param {Language} language
 */
export function firstCaptions(tracks, chosen, asked, language) {
  const wish = chosen ?? asked;
  return wish && tracks.length ? Math.max(0, trackIn(tracks, [wish, language])) : -1;
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
 * Index of the cue that a time belongs to: the last one begun, -1 before the first.
 * @param {readonly {startTime: number}[]} cues
 * @param {number} time
 */
export function cueIndexAt(cues, time) {
  return cues.findLastIndex(({ startTime }) => time >= startTime);
}

/**
 * Where chapters begin on the bar, as shares of its length; the beginning itself needs no mark.
 * @param {readonly Pick<Chapter, "start">[]} chapters
 * @param {number} duration
 */
export function chapterMarks(chapters, duration) {
  return chapters.map(({ start }) => start).filter((start) => start > 0 && start < duration).map((start) => start / duration);
}

/**
 * On which line from below a cue begins that stands above something.
 * @param {number} height Of what is below it, in pixels.
 * @param {number} letters Their size in pixels; a line is a good fifth higher.
 * @param {string} text
 */
export function linesAbove(height, letters, text) {
  return Math.ceil(height / (letters * 1.25)) + text.split("\n").length;
}
