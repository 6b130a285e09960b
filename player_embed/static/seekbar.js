/** The seek bar: position, what is loaded, what exists so far, and a preview from the storyboard. */
import { withToken } from "./token.js";
import { cueAt, fill, formatTime, parseStoryboard, seekTarget, shownDuration, spellTime } from "./player-core.js";

/** Longest side of a preview in CSS pixels, and the share of the bar it may take in a small frame. */
const PREVIEW_SIDE = 232;
const PREVIEW_SHARE = 0.42;

const element = (id) => document.getElementById(id);

export class SeekBar {
  #cues = [];
  #scrubbing = false;
  #pointerX = null;

  constructor({ video, playback, page, texts, chapters }) {
    Object.assign(this, { video, playback, page, texts, chapters });
    this.box = element("seek");
    this.input = element("seek-input");
    this.input.addEventListener("input", () => {
      this.#scrubbing = true;
      this.seek(Number(this.input.value));
    });
    this.input.addEventListener("change", () => (this.#scrubbing = false));
    this.box.addEventListener("pointermove", ({ clientX }) => this.#showPreview(clientX));
    this.box.addEventListener("pointerenter", () => this.#loadStoryboard(), { once: true });
    for (const leave of ["pointerleave", "pointercancel"]) this.box.addEventListener(leave, () => this.#hidePreview());
    this.box.addEventListener("pointerup", ({ pointerType }) => pointerType !== "mouse" && this.#hidePreview());
    for (const name of ["timeupdate", "durationchange", "progress", "seeking", "seeked", "emptied"]) {
      video.addEventListener(name, () => this.draw());
    }
    video.addEventListener("durationchange", () => this.drawMarks());
    this.draw();
  }

  /** Draws a gap where each chapter begins. */
  drawMarks() {
    const { duration } = this;
    const starts = this.chapters.list.map(({ start }) => start).filter((start) => start > 0 && start < duration);
    const marks = starts.map((start) => {
      const mark = document.createElement("i");
      mark.style.left = `${(start / duration) * 100}%`;
      return mark;
    });
    element("marks").replaceChildren(...marks);
  }

  get duration() {
    return shownDuration(this.page.duration, this.video.duration, this.playback.growing);
  }

  seek(time) {
    const { playback, video } = this;
    video.currentTime = seekTarget(time, this.duration, playback.available, playback.growing);
    this.draw();
  }

  draw() {
    const { video, input, duration, playback } = this;
    const time = Math.min(video.currentTime, duration);
    if (!this.#scrubbing || playback.growing) input.value = String(time);
    input.max = String(duration);
    input.setAttribute(
      "aria-valuetext",
      fill(this.texts.seekIs, { current: spellTime(time, this.texts), total: spellTime(duration, this.texts) }),
    );
    element("current").textContent = formatTime(time);
    element("total").textContent = formatTime(duration);
    this.#setShare("played", time, duration);
    this.#setShare("buffered", this.#bufferedEnd(), duration);
    this.#setShare("available", playback.growing ? playback.available : duration, duration);
  }

  #bufferedEnd() {
    const { buffered, currentTime } = this.video;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= currentTime + 0.1 && buffered.end(i) >= currentTime) return buffered.end(i);
    }
    return currentTime;
  }

  #setShare(name, part, whole) {
    this.box.style.setProperty(`--${name}`, String(whole ? Math.min(1, part / whole) : 0));
  }

  async #loadStoryboard() {
    if (!this.page.storyboard_url) return;
    try {
      const answer = await fetch(withToken(this.page.storyboard_url, this.playback.token.current));
      if (answer.ok) this.#cues = parseStoryboard(await answer.text(), answer.url);
      if (this.#pointerX !== null) this.#showPreview(this.#pointerX);
    } catch {
      // A preview is a courtesy: without it the bar still works.
    }
  }

  #showPreview(clientX) {
    this.#pointerX = clientX;
    const { left, width } = this.box.getBoundingClientRect();
    const share = Math.min(Math.max(0, (clientX - left) / width), 1);
    const time = share * this.duration;
    const cue = cueAt(this.#cues, time);
    element("preview-time").textContent = formatTime(time);
    element("preview-chapter").textContent = this.chapters.at(time)?.title ?? "";
    this.box.style.setProperty("--hover", String(share));
    const preview = element("preview");
    preview.hidden = false;
    preview.classList.toggle("has-image", Boolean(cue));
    if (cue) this.#paint(cue);
    const half = preview.offsetWidth / 2;
    preview.style.left = `${Math.min(Math.max(half, share * width), width - half)}px`;
  }

  #paint({ url, x, y, width, height }) {
    const image = element("preview-image");
    const side = Math.min(PREVIEW_SIDE, this.box.clientWidth * PREVIEW_SHARE);
    const scale = side / Math.max(width, height);
    Object.assign(image.parentElement.style, { width: `${width * scale}px`, height: `${height * scale}px` });
    Object.assign(image.style, {
      width: `${width}px`,
      height: `${height}px`,
      backgroundImage: `url(${JSON.stringify(url)})`,
      backgroundPosition: `-${x}px -${y}px`,
      transform: `scale(${scale})`,
    });
  }

  #hidePreview() {
    this.#pointerX = null;
    element("preview").hidden = true;
    this.box.style.setProperty("--hover", "0");
  }
}
