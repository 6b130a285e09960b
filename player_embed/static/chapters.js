/** Chapters of the version, from the track in the reader's language. */
import { chapterAt, trackFor } from "./pure/tracks.js";
/** @import { Chapter, Language, TargetOf, TrackData } from "./types" */

/**
 * The text of a cue is source text: "&lt;" stands for "<".
 * @param {TextTrackCue} cue
 * @returns {Chapter}
 */
function chapterOf(cue) {
  const title = /** @type {VTTCue} */ (cue).getCueAsHTML().textContent ?? "";
  return { start: cue.startTime, end: cue.endTime, title };
}

/** Event: "change" (the chapters have been loaded). */
export class Chapters extends /** @type {TargetOf<{change: Event}>} */ (EventTarget) {
  /**
   * In order of time.
   * @type {Chapter[]}
   */
  list = [];

  #video;
  #language;
  /** @type {HTMLTrackElement | null} */
  #track = null;

  /** @param {{video: HTMLVideoElement, language: Language}} player */
  constructor({ video, language }) {
    super();
    this.#video = video;
    this.#language = language;
  }

  /**
   * Takes those of a lesson.
   * @param {TrackData[]} tracks
   */
  open(tracks) {
    this.#track?.remove();
    this.list = [];
    this.dispatchEvent(new Event("change"));
    const found = tracks.filter(({ kind }) => kind === "chapters");
    if (!found.length) return;
    const { language: srclang, label, url } = found[trackFor(found, this.#language)];
    const track = document.createElement("track");
    Object.assign(track, { kind: "chapters", srclang, label: label || srclang, src: url });
    track.addEventListener("load", () => {
      if (this.#track !== track) return;
      this.list = [...(track.track.cues ?? [])].map(chapterOf);
      this.dispatchEvent(new Event("change"));
    });
    this.#track = track;
    this.#video.append(track);
    track.track.mode = "hidden";
  }

  /**
   * The chapter at a time, in seconds.
   * @param {number} time
   */
  at(time) {
    return chapterAt(this.list, time);
  }
}
