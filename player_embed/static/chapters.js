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

  /** @param {{video: HTMLVideoElement, language: Language, tracks: TrackData[]}} player */
  constructor({ video, language, tracks }) {
    super();
    const found = tracks.filter(({ kind }) => kind === "chapters");
    if (!found.length) return;
    const { language: srclang, label, url } = found[trackFor(found, language)];
    const track = document.createElement("track");
    Object.assign(track, { kind: "chapters", srclang, label: label || srclang, src: url });
    track.addEventListener("load", () => {
      this.list = [...(track.track.cues ?? [])].map(chapterOf);
      this.dispatchEvent(new Event("change"));
    });
    video.append(track);
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
