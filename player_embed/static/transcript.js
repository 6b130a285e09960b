/** What is said, to read, search and jump in: the cues of the captions as a list that follows the film. */
import { element, span } from "./elements.js";
import { cueIndexAt } from "./pure/tracks.js";
import { formatTime } from "./pure/times.js";
import { Sheet } from "./sheet.js";
/** @import { Captions } from "./captions.js" */
/** @import { Texts } from "./types" */

export class Transcript {
  #panel = element("transcript");
  #list = element("cues");
  #sheet;
  #video;
  #captions;
  #seek;
  /** @type {TextTrackCue[]} */
  #cues = [];
  /** @type {TextTrack | null} */
  #track = null;
  #current = -1;

  /**
   * @param {{video: HTMLVideoElement, captions: Captions, seek: (time: number) => void, texts: Texts}} player
   */
  constructor({ video, captions, seek, texts }) {
    this.#video = video;
    this.#captions = captions;
    this.#seek = seek;
    element("transcript-title").textContent = texts.transcript;
    this.#sheet = new Sheet({ panel: this.#panel, buttons: [element("read")], onOpen: () => this.#onOpen() });
    captions.addEventListener("change", () => this.#onCaptions());
    video.addEventListener("timeupdate", () => this.#follow());
  }

  get open() {
    return this.#sheet.open;
  }

  /** Whether there is something to read. */
  get available() {
    return this.#captions.list.length > 0;
  }

  /** Opens or closes it. On a small screen it has no button but the menu's. */
  toggle() {
    const opener = element(element("read").checkVisibility() ? "read" : "settings");
    if (this.available || this.open) this.#sheet.toggle(opener);
  }

  #onOpen() {
    this.#load();
    /** @type {HTMLElement | null} */ (this.#panel.querySelector(".close"))?.focus();
  }

  #onCaptions() {
    element("read").hidden = !this.available;
    if (!this.available) this.#sheet.close();
    else if (this.open) this.#load();
  }

  /** Takes the captions on screen, else those that would be; browsers load the cues of a track that is hidden at least. */
  #load() {
    const { list, showing, preferred } = this.#captions;
    const track = list[showing >= 0 ? showing : preferred];
    if (track.mode === "disabled") track.mode = "hidden";
    this.#track = track;
    this.#fill();
    const source = [...this.#video.querySelectorAll("track")].find((each) => each.track === track);
    source?.addEventListener("load", () => this.#track === track && this.#fill(), { once: true });
  }

  #fill() {
    this.#cues = [...(this.#track?.cues ?? [])];
    this.#list.lang = this.#track?.language ?? "";
    this.#list.replaceChildren(...this.#cues.map((cue) => this.#row(cue)));
    this.#current = -1;
    this.#follow();
  }

  /** @param {TextTrackCue} cue */
  #row(cue) {
    const row = document.createElement("button");
    row.type = "button";
    row.append(
      span("cue-time", formatTime(cue.startTime)),
      span("cue-text", /** @type {VTTCue} */ (cue).getCueAsHTML().textContent ?? ""),
    );
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
    if (!this.#list.matches(":hover, :focus-within")) rows[index]?.scrollIntoView({ block: "center" });
  }
}
