/** The viewer's mark: a text from the token that moves over the picture. It deters; who uses the browser's tools can take it away. */
import { element } from "./elements.js";
import { markPlace } from "./pure/study.js";
/** @import { Page } from "./types" */

const MOVES_EVERY_MS = 12_000;

export class Mark {
  #box = element("mark");
  #video;
  #turn = 0;
  #random = Math.random();

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
    setInterval(() => this.#move(), MOVES_EVERY_MS);
    new ResizeObserver(() => this.#place()).observe(video);
    video.addEventListener("resize", () => this.#place());
  }

  /**
   * Takes a lesson.
   * @param {Page} page
   */
  open({ mark }) {
    this.#box.textContent = mark ?? "";
    this.#box.hidden = !mark;
    this.#place();
  }

  #move() {
    this.#turn++;
    this.#random = Math.random();
    this.#place();
  }

  #place() {
    const video = this.#video;
    const box = this.#box;
    const { x, y } = markPlace(this.#turn, this.#random, {
      player: { width: video.clientWidth, height: video.clientHeight },
      picture: { width: video.videoWidth, height: video.videoHeight },
      mark: { width: box.offsetWidth, height: box.offsetHeight },
    });
    box.style.translate = `${x}px ${y}px`;
  }
}
