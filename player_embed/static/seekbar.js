/** The seek bar: position, what is loaded, what exists so far, and a preview from the storyboard. */
import { element } from "./elements.js";
import { fill } from "./pure/languages.js";
import { bufferedEnd, seekTarget, share, shownDuration } from "./pure/positions.js";
import { cueAt, parseStoryboard, previewPlace, previewScale } from "./pure/storyboard.js";
import { formatTime, spellTime } from "./pure/times.js";
import { chapterMarks } from "./pure/tracks.js";
/** @import { Chapters } from "./chapters.js" */
/** @import { Playback } from "./playback.js" */
/** @import { Page, StoryboardCue, Texts } from "./types" */

/**
 * The gap where a chapter begins.
 * @param {number} place
 */
function markAt(place) {
  const mark = document.createElement("i");
  mark.style.left = `${place * 100}%`;
  return mark;
}

/**
 * Shows the part of a sprite that a cue names.
 * @param {StoryboardCue} cue
 * @param {number} scale
 */
function paint({ url, x, y, width, height }, scale) {
  const image = element("preview-image");
  const frame = /** @type {HTMLElement} */ (image.parentElement);
  Object.assign(frame.style, { width: `${width * scale}px`, height: `${height * scale}px` });
  Object.assign(image.style, {
    width: `${width}px`,
    height: `${height}px`,
    backgroundImage: `url(${JSON.stringify(url)})`,
    backgroundPosition: `-${x}px -${y}px`,
    transform: `scale(${scale})`,
  });
}

export class SeekBar {
  /** @type {StoryboardCue[]} */
  #cues = [];
  #storyboardAsked = false;
  #scrubbing = false;
  /**
   * Where the pointer is over the bar; null: elsewhere.
   * @type {number | null}
   */
  #pointerX = null;
  #box = element("seek");
  #input = element("seek-input");
  #video;
  #playback;
  /** @type {Pick<Page, "duration" | "storyboard_url">} */
  #page = { duration: null, storyboard_url: null };
  #texts;
  #chapters;

  /** @param {{video: HTMLVideoElement, playback: Playback, texts: Texts, chapters: Chapters}} player */
  constructor({ video, playback, texts, chapters }) {
    this.#video = video;
    this.#playback = playback;
    this.#texts = texts;
    this.#chapters = chapters;
    this.#wireInput();
    this.#wirePreview();
    for (const name of ["timeupdate", "durationchange", "progress", "seeking", "seeked", "emptied"]) {
      video.addEventListener(name, () => this.draw());
    }
    video.addEventListener("durationchange", () => this.drawMarks());
  }

  /**
   * Takes a lesson.
   * @param {Page} page
   */
  open(page) {
    this.#page = page;
    this.#cues = [];
    this.#storyboardAsked = false;
    this.#hidePreview();
    this.#tell();
    this.draw();
  }

  get duration() {
    return shownDuration(this.#page.duration, this.#video.duration, this.#playback.growing);
  }

  /**
   * Goes to a time, or as near as there is something.
   * @param {number} time
   */
  seek(time) {
    const { available, growing } = this.#playback;
    this.#video.currentTime = seekTarget(time, this.duration, available, growing);
    this.#tell();
    this.draw();
  }

  /** Draws a gap where each chapter begins. */
  drawMarks() {
    element("marks").replaceChildren(...chapterMarks(this.#chapters.list, this.duration).map(markAt));
  }

  draw() {
    const { duration } = this;
    const { growing, available } = this.#playback;
    const { buffered, currentTime } = this.#video;
    const time = Math.min(currentTime, duration);
    if (this.#input.max !== String(duration)) this.#input.max = String(duration);
    if (document.activeElement !== this.#input) this.#tell();
    element("current").textContent = formatTime(time);
    element("total").textContent = formatTime(duration);
    this.#setShare("played", share(time, duration));
    this.#setShare("buffered", share(bufferedEnd(buffered, currentTime), duration));
    this.#setShare("available", share(growing ? available : duration, duration));
  }

  /** Writes the position into the slider. Of one that has the focus, screen readers read each change aloud: only what the reader did. */
  #tell() {
    const { duration } = this;
    const time = Math.min(this.#video.currentTime, duration);
    if (!this.#scrubbing || this.#playback.growing) this.#input.value = String(time);
    const [current, total] = [time, duration].map((each) => spellTime(each, this.#texts));
    this.#input.setAttribute("aria-valuetext", fill(this.#texts.seekIs, { current, total }));
  }

  #wireInput() {
    this.#input.addEventListener("input", () => {
      this.#scrubbing = true;
      this.seek(Number(this.#input.value));
    });
    this.#input.addEventListener("change", () => (this.#scrubbing = false));
    this.#input.addEventListener("focus", () => this.#tell());
  }

  #wirePreview() {
    const box = this.#box;
    box.addEventListener("pointermove", ({ clientX }) => this.#showPreview(clientX));
    box.addEventListener("pointerenter", () => this.#loadStoryboard());
    box.addEventListener("pointerleave", () => this.#hidePreview());
    box.addEventListener("pointercancel", () => this.#hidePreview());
    box.addEventListener("pointerup", ({ pointerType }) => pointerType !== "mouse" && this.#hidePreview());
  }

  /**
   * @param {"played" | "buffered" | "available" | "hover"} name
   * @param {number} value
   */
  #setShare(name, value) {
    this.#box.style.setProperty(`--${name}`, String(value));
  }

  async #loadStoryboard() {
    const page = this.#page;
    if (!page.storyboard_url || this.#storyboardAsked) return;
    this.#storyboardAsked = true;
    try {
      const answer = await fetch(this.#playback.token.on(page.storyboard_url));
      const cues = answer.ok ? parseStoryboard(await answer.text(), answer.url) : [];
      if (page === this.#page) this.#cues = cues;
      if (this.#pointerX !== null) this.#showPreview(this.#pointerX);
    } catch {
      // A preview is a courtesy: without it the bar still works.
    }
  }

  /** @param {number} clientX */
  #showPreview(clientX) {
    this.#pointerX = clientX;
    const { left, width } = this.#box.getBoundingClientRect();
    const place = share(clientX - left, width);
    const time = place * this.duration;
    const cue = cueAt(this.#cues, time);
    element("preview-time").textContent = formatTime(time);
    element("preview-chapter").textContent = this.#chapters.at(time)?.title ?? "";
    this.#setShare("hover", place);
    const preview = element("preview");
    preview.hidden = false;
    preview.classList.toggle("has-image", Boolean(cue));
    if (cue) paint(cue, previewScale(cue, this.#box.clientWidth));
    preview.style.left = `${previewPlace(place, { previewWidth: preview.offsetWidth, barWidth: width })}px`;
  }

  #hidePreview() {
    this.#pointerX = null;
    element("preview").hidden = true;
    this.#setShare("hover", 0);
  }
}
