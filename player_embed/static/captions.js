/** Captions: the page's own, or those of the manifest where the browser plays HLS by itself and lists them. */
import { ownStepBack, preferredTrack } from "./pure/tracks.js";
/** @import { Playback } from "./playback.js" */
/** @import { Language, TargetOf, TrackData } from "./types" */

/** Event: "change" (the list, or what is showing, is different). */
export class Captions extends /** @type {TargetOf<{change: Event}>} */ (EventTarget) {
  /** @type {HTMLTrackElement[]} */
  #elements = [];
  #video;
  #language;
  /**
   * Label of what the viewer chose last; null: nothing was chosen yet.
   * @type {string | null}
   */
  #wanted = null;

  /** @param {{video: HTMLVideoElement, playback: Playback, language: Language, tracks: TrackData[]}} player */
  constructor({ video, playback, language, tracks }) {
    super();
    this.#video = video;
    this.#language = language;
    this.#elements = tracks.filter(({ kind }) => kind === "captions").map((track) => this.#element(track));
    for (const each of this.#elements) {
      video.append(each);
      each.track.mode = "disabled";
    }
    const onChange = () => this.#settle(playback.captions);
    playback.addEventListener("change", onChange);
    video.textTracks.addEventListener("addtrack", onChange);
    video.textTracks.addEventListener("removetrack", onChange);
    video.textTracks.addEventListener("change", () => this.#changed());
  }

  /** Text tracks to choose from. */
  get list() {
    return this.#attached ? this.#elements.map(({ track }) => track) : this.#foreign;
  }

  /** Index of the track on screen, -1 for none. */
  get showing() {
    return this.list.findIndex(({ mode }) => mode === "showing");
  }

  /** Index of the track that "captions on" means. */
  get preferred() {
    return preferredTrack(this.list, this.#wanted, this.#language);
  }

  /**
   * Shows one track of the list, or none (-1).
   * @param {number} index
   */
  show(index) {
    const { list } = this;
    if (index >= 0) this.#wanted = list[index].label;
    list.forEach((track, position) => (track.mode = position === index ? "showing" : "disabled"));
    this.#changed();
  }

  get #foreign() {
    const own = new Set(this.#elements.map(({ track }) => track));
    return [...this.#video.textTracks].filter((track) => /captions|subtitles/.test(track.kind) && !own.has(track));
  }

  get #attached() {
    return this.#elements.some((each) => each.isConnected);
  }

  /** @param {number} inManifest How many captions the manifest brings. */
  #settle(inManifest) {
    if (ownStepBack({ own: this.#attached, inManifest, foreign: this.#foreign.length })) {
      const shown = this.showing >= 0;
      for (const each of this.#elements) {
        each.track.mode = "disabled";
        each.remove();
      }
      if (shown) this.show(this.preferred);
    }
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** @param {TrackData} data */
  #element({ language, label, url }) {
    const track = document.createElement("track");
    return Object.assign(track, { kind: "captions", srclang: language, label: label || language, src: url });
  }
}
