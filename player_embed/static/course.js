/** The lessons of a course: a list to choose from, and at the end of one the way to the next. */
import { element, span } from "./elements.js";
import { lessonAddress } from "./pure/addresses.js";
import { fill } from "./pure/languages.js";
import { formatTime } from "./pure/times.js";
import { Sheet } from "./sheet.js";
/** @import { CourseData, Lesson, Texts } from "./types" */

const NEXT_AFTER_SECONDS = 6;

export class Course {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #countdown;
  #index;
  #video;
  #course;
  #texts;
  #go;
  #sheet;

  /** @param {{video: HTMLVideoElement, course: CourseData, texts: Texts, go: (lesson: Lesson) => void}} page `go` plays another lesson. */
  constructor({ video, course, texts, go }) {
    this.#video = video;
    this.#course = course;
    this.#texts = texts;
    this.#go = go;
    this.#index = course.index;
    this.#sheet = new Sheet({ panel: element("drawer"), buttons: [element("list"), element("panel-lessons")], onOpen: () => this.#focusCurrent() });
    this.#wire();
    this.show(course.index);
  }

  /** The lesson after this one. */
  get next() {
    return this.#course.lessons[this.#index + 1];
  }

  /** The lesson before this one. */
  get previous() {
    return this.#course.lessons[this.#index - 1];
  }

  /** @param {string} playbackId */
  indexOf(playbackId) {
    return this.#course.lessons.findIndex((lesson) => lesson.playback_id === playbackId);
  }

  /**
   * Another lesson is played now.
   * @param {number} index
   */
  show(index) {
    const { title, lessons } = this.#course;
    this.#index = index;
    this.stay();
    element("list-title").textContent = title;
    element("list-count").textContent = `${index + 1} / ${lessons.length}`;
    element("lessons").replaceChildren(...lessons.map((lesson, position) => this.#row(lesson, position)));
    element("next-title").textContent = this.next?.title ?? "";
  }

  /**
   * A row of the list: a link, for it may be opened elsewhere too.
   * @param {Lesson} lesson
   * @param {number} position
   */
  #row(lesson, position) {
    const row = document.createElement("a");
    row.href = lessonAddress(lesson.playback_id, location.href);
    if (position === this.#index) row.setAttribute("aria-current", "true");
    row.append(
      span("lesson-number", String(position + 1)),
      span("lesson-name", lesson.title),
      span("lesson-length", lesson.duration ? formatTime(lesson.duration) : ""),
    );
    row.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      this.#sheet.close();
      if (position !== this.#index) this.#leaveFor(lesson);
    });
    const item = document.createElement("li");
    item.append(row);
    return item;
  }

  #wire() {
    for (const id of ["list", "panel-lessons"]) element(id).hidden = false;
    element("list").setAttribute("aria-label", this.#texts.lessons);
    element("list").title = this.#texts.lessons;
    element("next").addEventListener("click", () => this.next && this.#leaveFor(this.next));
    element("stay").addEventListener("click", () => this.stay());
    this.#video.addEventListener("ended", () => this.#offer());
    for (const name of ["play", "seeking"]) this.#video.addEventListener(name, () => this.stay());
  }

  #focusCurrent() {
    /** @type {HTMLElement | null} */ (element("drawer").querySelector("[aria-current]"))?.focus();
  }

  #offer() {
    const { next } = this;
    if (!next) return;
    let left = NEXT_AFTER_SECONDS;
    const draw = () => (element("next-in").textContent = fill(this.#texts.nextIn, { seconds: left }));
    draw();
    element("end").hidden = false;
    this.#countdown = setInterval(() => {
      left -= 1;
      if (left > 0) draw();
      else this.#leaveFor(next);
    }, 1000);
  }

  /** The next lesson does not begin by itself now. */
  stay() {
    clearInterval(this.#countdown);
    element("end").hidden = true;
  }

  /** @param {Lesson} lesson */
  #leaveFor(lesson) {
    this.stay();
    this.#go(lesson);
  }
}
