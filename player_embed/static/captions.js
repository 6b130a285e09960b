/** Captions: the page's own, or those of the manifest where the browser plays HLS by itself and lists them. */
import { trackFor } from "./player-core.js";

/** Event: "change" (the list, or what is showing, is different). */
export class Captions extends EventTarget {
  #elements = [];
  #language;
  /** Label of what the viewer chose last; null: nothing was chosen yet. */
  #wanted = null;

  constructor({ video, playback, language, tracks }) {
    super();
    this.video = video;
    this.#language = language;
    this.#elements = tracks.filter(({ kind }) => kind === "captions").map((track) => this.#element(track));
    for (const each of this.#elements) {
      this.video.append(each);
      each.track.mode = "disabled";
    }
    const onChange = () => this.#settle(playback.captions);
    playback.addEventListener("change", onChange);
    video.textTracks.addEventListener("addtrack", onChange);
    video.textTracks.addEventListener("removetrack", onChange);
    video.textTracks.addEventListener("change", () => this.dispatchEvent(new Event("change")));
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
    const { list } = this;
    const chosen = list.findIndex(({ label }) => label === this.#wanted);
    return chosen >= 0 ? chosen : trackFor(list, this.#language);
  }

  /** Shows one track of the list, or none (-1). */
  show(index) {
    const { list } = this;
    if (index >= 0) this.#wanted = list[index].label;
    list.forEach((track, position) => (track.mode = position === index ? "showing" : "disabled"));
    this.dispatchEvent(new Event("change"));
  }

  get #foreign() {
    const own = new Set(this.#elements.map(({ track }) => track));
    return [...this.video.textTracks].filter((track) => /captions|subtitles/.test(track.kind) && !own.has(track));
  }

  get #attached() {
    return this.#elements.some((each) => each.isConnected);
  }

  /** One language must not be offered twice: as soon as the manifest has captions, the page's own step back. */
  #settle(inManifest) {
    if (inManifest > 0 && this.#attached && this.#foreign.length >= inManifest) {
      const shown = this.showing >= 0;
      for (const each of this.#elements) {
        each.track.mode = "disabled";
        each.remove();
      }
      if (shown) this.show(this.preferred);
    }
    this.dispatchEvent(new Event("change"));
  }

  #element({ language, label, url }) {
    const track = document.createElement("track");
    return Object.assign(track, { kind: "captions", srclang: language, label: label || language, src: url });
  }
}
