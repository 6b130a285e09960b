/** The slides of the version as a list that follows the film: when each comes, and its title. */
import { element, span } from "./elements.js";
import { cueIndexAt, trackFor } from "./pure/tracks.js";
import { formatTime } from "./pure/times.js";
import { Sheet } from "./sheet.js";
/** @import { Language, Texts, TrackData } from "./types" */

export class SlideList {
  #panel = element("slides");
  #list = element("slide-list");
  #sheet;
  #video;
  #language;
  #seek;
  /** @type {HTMLTrackElement | null} */
  #track = null;
  /** @type {TextTrackCue[]} */
  #cues = [];
  #current = -1;

  /**
   * @param {{video: HTMLVideoElement, language: Language, seek: (time: number) => void, texts: Texts}} player
   */
  constructor({ video, language, seek, texts }) {
    this.#video = video;
    this.#language = language;
    this.#seek = seek;
    element("slides-title").textContent = texts.slides;
    this.#sheet = new Sheet({ panel: this.#panel, buttons: [], onOpen: () => this.#follow() });
    video.addEventListener("timeupdate", () => this.#follow());
  }

  get open() {
    return this.#sheet.open;
  }

  get available() {
    return this.#cues.length > 0;
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
    this.#fill([], "");
    const found = tracks.filter(({ kind }) => kind === "slides");
    if (!found.length) return;
    const { language, label, url } = found[trackFor(found, this.#language)];
    const track = document.createElement("track");
    Object.assign(track, { kind: "metadata", srclang: language, label, src: url });
    track.addEventListener("load", () => {
      if (this.#track !== track) return;
      this.#fill([...(track.track.cues ?? [])], language);
      if (!wanted || !this.available) return;
      this.#sheet.stays = true;
      this.#sheet.toggle(null);
    });
    this.#track = track;
    this.#video.append(track);
    track.track.mode = "hidden";
  }

  /**
   * @param {TextTrackCue[]} cues
   * @param {string} language
   */
  #fill(cues, language) {
    this.#cues = cues;
    this.#current = -1;
    this.#list.lang = language === "und" ? "" : language;
    this.#list.replaceChildren(...cues.map((cue) => this.#row(cue)));
  }

  /** @param {TextTrackCue} cue */
  #row(cue) {
    const [title] = (/** @type {VTTCue} */ (cue).getCueAsHTML().textContent ?? "").split("\n");
    const row = document.createElement("button");
    row.type = "button";
    row.append(span("cue-time", formatTime(cue.startTime)), span("cue-text", title));
    row.addEventListener("click", () => this.#seek(cue.startTime));
    const item = document.createElement("li");
    item.append(row);
    return item;
  }

  #follow() {
    if (!this.open) return;
    const index = cueIndexAt(this.#cues, this.#video.currentTime);
    if (index === this.#current) return;
    const rows = this.#list.querySelectorAll("button");
    rows[this.#current]?.removeAttribute("aria-current");
    rows[index]?.setAttribute("aria-current", "true");
    this.#current = index;
    // Not under the eyes of who reads elsewhere in it.
    if (!this.#list.matches(":hover, :focus-within")) rows[index]?.scrollIntoView({ block: "nearest" });
  }
}
