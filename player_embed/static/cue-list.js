/** Cues as a list to read and jump in, which follows the film while it is open. */
import { span } from "./elements.js";
import { cueIndexAt } from "./pure/tracks.js";
import { formatTime } from "./pure/times.js";

export class CueList {
  #list;
  #video;
  #seek;
  #isOpen;
  #textOf;
  #block;
  /** @type {TextTrackCue[]} */
  #cues = [];
  #current = -1;

  /**
   * @param {object} options
   * @param {HTMLElement} options.list
   * @param {HTMLVideoElement} options.video
   * @param {(time: number) => void} options.seek
   * @param {() => boolean} options.isOpen
   * @param {ScrollLogicalPosition} options.block Where the row of what is on screen is scrolled to.
   * @param {(text: string) => string} [options.textOf] What is shown of a cue's text.
   */
  constructor({ list, video, seek, isOpen, block, textOf = (text) => text }) {
    this.#list = list;
    this.#video = video;
    this.#seek = seek;
    this.#isOpen = isOpen;
    this.#block = block;
    this.#textOf = textOf;
    video.addEventListener("timeupdate", () => this.follow());
  }

  get length() {
    return this.#cues.length;
  }

  /**
   * @param {TextTrackCue[]} cues
   * @param {string} language
   */
  show(cues, language) {
    this.#cues = cues;
    this.#current = -1;
    this.#list.lang = language;
    this.#list.replaceChildren(...cues.map((cue) => this.#row(cue)));
  }

  /** Marks the row of what is on screen. */
  follow() {
    if (!this.#isOpen()) return;
    const index = cueIndexAt(this.#cues, this.#video.currentTime);
    if (index === this.#current) return;
    const rows = this.#list.querySelectorAll("button");
    rows[this.#current]?.removeAttribute("aria-current");
    rows[index]?.setAttribute("aria-current", "true");
    this.#current = index;
    // Not under the eyes of who reads elsewhere in it.
    if (!this.#list.matches(":hover, :focus-within")) rows[index]?.scrollIntoView({ block: this.#block });
  }

  /** @param {TextTrackCue} cue */
  #row(cue) {
    const text = /** @type {VTTCue} */ (cue).getCueAsHTML().textContent ?? "";
    const row = document.createElement("button");
    row.type = "button";
    row.append(span("cue-time", formatTime(cue.startTime)), span("cue-text", this.#textOf(text)));
    row.addEventListener("click", () => this.#seek(cue.startTime));
    const item = document.createElement("li");
    item.append(row);
    return item;
  }
}
