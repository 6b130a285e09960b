/** The lessons of a course: a list to choose from, and at the end of one the way to the next. Each is a page of its own. */
import { fill, formatTime } from "./player-core.js";

const NEXT_AFTER_SECONDS = 6;

const element = (id) => document.getElementById(id);

/** This page for another lesson, which begins at once. Its token, if it needs one, is asked of the page around. */
function addressOf({ playback_id: lesson }) {
  const address = new URL(location.href);
  for (const name of ["token", "start", "t"]) address.searchParams.delete(name);
  address.searchParams.set("lesson", lesson);
  address.searchParams.set("autoplay", "1");
  return address.href;
}

export class Course {
  #countdown = 0;

  constructor({ root, video, course, texts }) {
    Object.assign(this, { root, video, course, texts });
    const { lessons, index } = course;
    this.next = lessons[index + 1];
    element("list-title").textContent = course.title;
    element("list-count").textContent = `${index + 1} / ${lessons.length}`;
    element("lessons").replaceChildren(...lessons.map((lesson, position) => this.#row(lesson, position)));
    element("list").hidden = false;
    element("list").setAttribute("aria-label", texts.lessons);
    element("list").title = texts.lessons;
    element("list").addEventListener("click", () => this.#toggle());
    element("drawer").addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#toggle();
      event.stopPropagation();
    });
    if (!this.next) return;
    element("next-title").textContent = this.next.title;
    element("next").addEventListener("click", () => this.#go());
    element("stay").addEventListener("click", () => this.#stay());
    video.addEventListener("ended", () => this.#offerNext());
    for (const name of ["play", "seeking"]) video.addEventListener(name, () => this.#stay());
  }

  #row(lesson, position) {
    const row = document.createElement("a");
    row.href = addressOf(lesson);
    if (position === this.course.index) row.setAttribute("aria-current", "true");
    const parts = { number: position + 1, name: lesson.title, length: lesson.duration ? formatTime(lesson.duration) : "" };
    for (const [name, text] of Object.entries(parts)) {
      row.append(Object.assign(document.createElement("span"), { className: `lesson-${name}`, textContent: text, dir: "auto" }));
    }
    const item = document.createElement("li");
    item.append(row);
    return item;
  }

  #toggle() {
    const open = (element("drawer").hidden = !element("drawer").hidden);
    element("list").setAttribute("aria-expanded", String(!open));
    if (open) element("list").focus();
    else element("drawer").querySelector("[aria-current]").focus();
  }

  #offerNext() {
    let left = NEXT_AFTER_SECONDS;
    const draw = () => (element("next-in").textContent = fill(this.texts.nextIn, { seconds: left }));
    draw();
    element("end").hidden = false;
    this.#countdown = setInterval(() => {
      left -= 1;
      if (left > 0) draw();
      else this.#go();
    }, 1000);
  }

  #stay() {
    clearInterval(this.#countdown);
    element("end").hidden = true;
  }

  #go() {
    clearInterval(this.#countdown);
    location.assign(addressOf(this.next));
  }
}
