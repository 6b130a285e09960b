/** The slides of the version as a list that follows the film: when each comes, and its title. */
import { CueList } from "./cue-list.js";
import { element } from "./elements.js";
import { trackFor } from "./pure/tracks.js";
import { Sheet } from "./sheet.js";
/** @import { Language, Texts, TrackData } from "./types" */

export class SlideList {
  #panel = element("slides");
  #list;
  #sheet;
  #video;
  #language;
  /** @type {HTMLTrackElement | null} */
  #track = null;

  /**
   * @param {{video: HTMLVideoElement, language: Language, seek: (time: number) => void, texts: Texts}} player
   */
  constructor({ video, language, seek, texts }) {
    this.#video = video;
    this.#language = language;
    this.#list = new CueList({
      list: element("slide-list"),
      video,
      seek,
      isOpen: () => this.open,
      block: "nearest",
      textOf: (text) => text.split("\n")[0],
    });
    element("slides-title").textContent = texts.slides;
    this.#sheet = new Sheet({ panel: this.#panel, buttons: [], onOpen: () => this.#list.follow() });
  }

  get open() {
    return this.#sheet.open;
  }

  get available() {
    return this.#list.length > 0;
  }

  toggle() {
    if (!this.available && !this.open) return;
    this.#sheet.stays = false;
    this.#sheet.toggle(element("settings"));
    if (this.open) /** @type {HTMLElement | null} */ (this.#panel.querySelector(".close"))?.focus();
  }

  /**
   * Takes those of a lesson. If they are `wanted`, the list stands there from the beginning, until somebody closes it.
   * @param {TrackData[]} tracks
   * @param {boolean} wanted
   */
  take(tracks, wanted) {
    this.#track?.remove();
    this.#track = null;
    this.#sheet.close();
    this.#list.show([], "");
    const found = tracks.filter(({ kind }) => kind === "slides");
    if (!found.length) return;
    const { language, label, url } = found[trackFor(found, this.#language)];
    const track = document.createElement("track");
    Object.assign(track, { kind: "metadata", srclang: language, label, src: url });
    track.addEventListener("load", () => {
      if (this.#track !== track) return;
      this.#list.show([...(track.track.cues ?? [])], language === "und" ? "" : language);
      if (!wanted || !this.available) return;
      this.#sheet.stays = true;
      this.#sheet.toggle(null);
    });
    this.#track = track;
    this.#video.append(track);
    track.track.mode = "hidden";
  }
}
