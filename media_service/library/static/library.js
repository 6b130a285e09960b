/** What pages of the library do with a script: suggestions while somebody types, and what they began to watch before. */
import { read, write } from "./kept.js";

const PAUSE_MS = 150;

const field = /** @type {HTMLInputElement | null} */ (document.getElementById("q"));
const list = document.getElementById("suggestions");
if (field && list) suggest(field, list);

const section = document.getElementById("continue");
if (section) show(section);

const start = document.getElementById("start");
if (start instanceof HTMLAnchorElement) goOn(start);

// Pictures that are not made yet leave their place grey instead of a broken sign; errors do not bubble.
document.addEventListener("error", (event) => withhold(event.target), true);
document.addEventListener("load", ({ target }) => target instanceof HTMLImageElement && target.classList.remove("missing"), true);
for (const picture of document.images) if (picture.complete && picture.naturalWidth === 0) withhold(picture);

/** @param {EventTarget | null} target */
function withhold(target) {
  if (target instanceof HTMLImageElement) target.classList.add("missing");
}

/**
 * Who has begun one of the course's lessons goes on with the one they watched last.
 * @param {HTMLAnchorElement} link
 */
function goOn(link) {
  const { key = "", goOn: label = "" } = link.dataset;
  const lessons = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll(".numbered .about a")]);
  const begun = read(key)
    .map(({ id }) => lessons.find(({ pathname }) => pathname.endsWith(`/lessons/${id}`)))
    .find(Boolean);
  if (begun) Object.assign(link, { href: begun.href, textContent: label });
}

/**
 * @param {HTMLInputElement} input
 * @param {HTMLElement} options
 */
function suggest(input, options) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let composing = false;
  let asked = "";
  const ask = async () => {
    const words = input.value.trim();
    if (words === asked || words === "") return;
    asked = words;
    const answer = await fetch(`${input.dataset.suggestions}?q=${encodeURIComponent(words)}`).catch(() => null);
    if (!answer?.ok || words !== asked) return;
    /** @type {string[]} */
    const found = await answer.json();
    options.replaceChildren(...found.map((text) => Object.assign(document.createElement("option"), { value: text })));
  };
  const later = () => {
    clearTimeout(timer);
    if (!composing) timer = setTimeout(ask, PAUSE_MS);
  };
  // Pinyin that is not a word yet is nothing to look for.
  input.addEventListener("compositionstart", () => (composing = true));
  input.addEventListener("compositionend", () => ((composing = false), later()));
  input.addEventListener("input", later);
}

/** @param {HTMLElement} place */
function show(place) {
  const { key = "", left = "", home = "" } = place.dataset;
  const begun = read(key);
  const items = place.querySelector("ul");
  if (begun.length === 0 || !items) return;
  const [path, query = ""] = home.split("?");
  items.replaceChildren(
    ...begun.map(({ id, title, poster, time }) => {
      const address = `${path}/lessons/${id}${query && `?${query}`}`;
      const picture = Object.assign(document.createElement("a"), { className: "picture", href: address, tabIndex: -1 });
      picture.setAttribute("aria-hidden", "true");
      picture.append(Object.assign(document.createElement("img"), { src: poster, alt: "", width: 320, height: 180, loading: "lazy" }));
      const heading = document.createElement("h3");
      heading.append(Object.assign(document.createElement("a"), { href: address, textContent: title, dir: "auto" }));
      const about = Object.assign(document.createElement("div"), { className: "about" });
      const note = Object.assign(document.createElement("p"), { className: "facts", textContent: left.replace("{time}", clock(time)) });
      about.append(heading, note);
      const item = Object.assign(document.createElement("li"), { className: "card" });
      item.append(picture, about);
      return item;
    }),
  );
  place.hidden = false;
  place.querySelector("button")?.addEventListener("click", () => {
    write(key, []);
    place.hidden = true;
    document.getElementById("content")?.focus();
  });
}

/** @param {number} seconds */
function clock(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, at) => (at ? String(part).padStart(2, "0") : part)).join(":");
}
