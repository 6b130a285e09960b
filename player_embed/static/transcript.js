/** What is said, to read, search and jump in: the cues of the captions as a list that follows the film. */
import { CueList } from "./cue-list.js";
import { element } from "./elements.js";
import { Sheet } from "./sheet.js";
/** @import { Captions } from "./captions.js" */
/** @import { Texts } from "./types" */

export class Transcript {
  #panel = element("transcript");
  #list;
  #sheet;
  #video;
  #captions;
  /** @type {TextTrack | null} */
  #track = null;

  /**
   * @param {{video: HTMLVideoElement, captions: Captions, seek: (time: number) => void, texts: Texts}} player
   */
  constructor({ video, captions, seek, texts }) {
    this.#video = video;
    this.#captions = captions;
    this.#list = new CueList({ list: element("cues"), video, seek, isOpen: () => this.open, block: "center" });
    element("transcript-title").textContent = texts.transcript;
    this.#sheet = new Sheet({ panel: this.#panel, buttons: [element("read")], onOpen: () => this.#onOpen() });
    captions.addEventListener("change", () => this.#onCaptions());
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
    this.#list.show([...(this.#track?.cues ?? [])], this.#track?.language ?? "");
    this.#list.follow();
  }
}
