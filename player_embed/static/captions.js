/** Captions: the page's own, or those of the manifest where the browser plays HLS by itself and lists them. */
import { firstCaptions, ownStepBack, preferredTrack } from "./pure/tracks.js";
/** @import { Playback } from "./playback.js" */
/** @import { Language, TargetOf, TrackData } from "./types" */

/** Event: "change" (the list, or what is showing, is different). */
export class Captions extends /** @type {TargetOf<{change: Event}>} */ (EventTarget) {
  /** @type {HTMLTrackElement[]} */
  #elements = [];
  #video;
  #language;
  /**
   * What was chosen last; nulls: nothing yet.
   * @type {{label: string | null, language: string | null}}
   */
  #wanted = { label: null, language: null };

  /**
   * Language of what was shown last, "" for none; null: nothing was switched yet.
   * @type {string | null}
   */
  #last = null;

  /** @param {{video: HTMLVideoElement, playback: Playback, language: Language}} player */
  constructor({ video, playback, language }) {
    super();
    this.#video = video;
    this.#language = language;
    const onChange = () => this.#settle(playback.captions);
    playback.addEventListener("change", onChange);
    video.textTracks.addEventListener("addtrack", onChange);
    video.textTracks.addEventListener("removetrack", onChange);
    video.textTracks.addEventListener("change", () => {
      this.#oneAtMost();
      this.#changed();
    });
  }

  /**
   * Takes the captions of a lesson, and shows what it begins with: in a course, as in the lesson before.
   * @param {TrackData[]} tracks
   * @param {{chosen: string | undefined, asked: string | null}} wish As for `firstCaptions`.
   */
  open(tracks, { chosen, asked }) {
    this.#drop();
    this.#elements = tracks.filter(({ kind }) => kind === "captions").map((track) => this.#element(track));
    for (const each of this.#elements) {
      this.#video.append(each);
      each.track.mode = "disabled";
    }
    const first = firstCaptions(this.list, chosen, this.#last ?? asked, this.#language);
    if (first >= 0) this.show(first);
    else this.#changed();
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
    this.#last = list[index]?.language ?? "";
    if (index >= 0) this.#wanted = { label: list[index].label, language: list[index].language };
    list.forEach((track, position) => (track.mode = position === index ? "showing" : "disabled"));
    this.#changed();
  }

  /** Beside a track that is shown from the beginning, Chromium shows the one in its own language. */
  #oneAtMost() {
    const shown = this.list.filter(({ mode }) => mode === "showing");
    if (shown.length < 2) return;
    const kept = shown.find(({ label }) => label === this.#wanted.label) ?? shown[0];
    for (const track of shown) if (track !== kept) track.mode = "disabled";
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
      this.#drop();
      if (shown) this.show(this.preferred);
    }
    this.#changed();
  }

  /** Chromium leaves the words of a track that is removed while it shows on the screen. */
  #drop() {
    for (const each of this.#elements) {
      each.track.mode = "disabled";
      each.remove();
    }
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
