/** Chapters of the version, from the track in the reader's language. */
import { chapterAt, trackFor } from "./player-core.js";

/** Event: "change" (the chapters have been loaded). */
export class Chapters extends EventTarget {
  /** `[{start, end, title}]` in order of time. */
  list = [];

  constructor({ video, language, tracks }) {
    super();
    const found = tracks.filter(({ kind }) => kind === "chapters");
    if (!found.length) return;
    const { language: srclang, label, url } = found[trackFor(found, language)];
    const track = document.createElement("track");
    Object.assign(track, { kind: "chapters", srclang, label: label || srclang, src: url });
    track.addEventListener("load", () => {
      this.list = [...track.track.cues].map((cue) => ({
        start: cue.startTime,
        end: cue.endTime,
        // The text of a cue is source text: "&lt;" stands for "<".
        title: cue.getCueAsHTML().textContent,
      }));
      this.dispatchEvent(new Event("change"));
    });
    video.append(track);
    track.track.mode = "hidden";
  }

  /** The chapter at a time, in seconds. */
  at(time) {
    return chapterAt(this.list, time);
  }
}
