/** The lessons of a course: a list to choose from, and at the end of one the way to the next. Each is a page of its own. */
import { element, span } from "./elements.js";
import { lessonAddress } from "./pure/addresses.js";
import { fill } from "./pure/languages.js";
import { formatTime } from "./pure/times.js";
/** @import { CourseData, Lesson, Texts } from "./types" */

const NEXT_AFTER_SECONDS = 6;

/**
 * A row of the list.
 * @param {Lesson} lesson
 * @param {number} position
 * @param {boolean} current
 */
function lessonRow(lesson, position, current) {
  const row = document.createElement("a");
  row.href = lessonAddress(lesson.playback_id, location.href);
  if (current) row.setAttribute("aria-current", "true");
  row.append(
    span("lesson-number", String(position + 1)),
    span("lesson-name", lesson.title),
    span("lesson-length", lesson.duration ? formatTime(lesson.duration) : ""),
  );
  const item = document.createElement("li");
  item.append(row);
  return item;
}

export class Course {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #countdown;
  #texts;

  /** @param {{video: HTMLVideoElement, course: CourseData, texts: Texts}} page */
  constructor({ video, course, texts }) {
    this.#texts = texts;
    this.#fillList(course);
    this.#wireList();
    const next = course.lessons[course.index + 1];
    if (next) this.#wireNext(next, video);
  }

  /** @param {CourseData} course */
  #fillList({ title, lessons, index }) {
    element("list-title").textContent = title;
    element("list-count").textContent = `${index + 1} / ${lessons.length}`;
    element("lessons").replaceChildren(...lessons.map((lesson, position) => lessonRow(lesson, position, position === index)));
  }

  #wireList() {
    const button = element("list");
    button.hidden = false;
    button.setAttribute("aria-label", this.#texts.lessons);
    button.title = this.#texts.lessons;
    button.addEventListener("click", () => this.#toggle());
    element("drawer").addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#toggle();
      event.stopPropagation();
    });
  }

  /**
   * @param {Lesson} next
   * @param {HTMLVideoElement} video
   */
  #wireNext(next, video) {
    element("next-title").textContent = next.title;
    element("next").addEventListener("click", () => this.#go(next));
    element("stay").addEventListener("click", () => this.#stay());
    video.addEventListener("ended", () => this.#offer(next));
    for (const name of ["play", "seeking"]) video.addEventListener(name, () => this.#stay());
  }

  #toggle() {
    const drawer = element("drawer");
    const closes = !drawer.hidden;
    drawer.hidden = closes;
    element("list").setAttribute("aria-expanded", String(!closes));
    if (closes) element("list").focus();
    else /** @type {HTMLElement | null} */ (drawer.querySelector("[aria-current]"))?.focus();
  }

  /** @param {Lesson} next */
  #offer(next) {
    let left = NEXT_AFTER_SECONDS;
    const draw = () => (element("next-in").textContent = fill(this.#texts.nextIn, { seconds: left }));
    draw();
    element("end").hidden = false;
    this.#countdown = setInterval(() => {
      left -= 1;
      if (left > 0) draw();
      else this.#go(next);
    }, 1000);
  }

  #stay() {
    clearInterval(this.#countdown);
    element("end").hidden = true;
  }

  /** @param {Lesson} next */
  #go(next) {
    clearInterval(this.#countdown);
    location.assign(lessonAddress(next.playback_id, location.href));
  }
}
