/**
 * The movie of an interactive lesson, played itself instead of its video. It is a stranger's program, so it runs in a frame that has no
 * origin and reaches nothing (movie-frame.js); neither that nor Ruffle is loaded before somebody asks for it.
 */
import { element } from "./elements.js";
import { MOST_ENGINE_BYTES, MOST_MOVIE_BYTES, messageOf } from "./pure/movies.js";
import { fill } from "./pure/languages.js";
/** @import { Token } from "./token.js" */
/** @import { Page, Texts } from "./types" */

/** How long the frame's document may take. */
const PATIENCE_MS = 60_000;

export class Movie {
  #section = element("movie");
  #button = element("try");
  #root;
  #video;
  #token;
  #texts;
  #onOpen;
  #title = "";
  /** @type {string | null} */
  #url = null;
  /** @type {HTMLIFrameElement | null} */
  #frame = null;
  /** What to do with the next thing that the frame says. */
  #heard = (/** @type {string} */ _said) => {};
  #leaving = new AbortController();

  /** @param {{root: HTMLElement, video: HTMLVideoElement, token: Token, texts: Texts, onOpen: () => void}} player */
  constructor({ root, video, token, texts, onOpen }) {
    this.#root = root;
    this.#video = video;
    this.#token = token;
    this.#texts = texts;
    this.#onOpen = onOpen;
    this.#button.addEventListener("click", () => this.open());
    element("movie-close").addEventListener("click", () => this.close());
    element("movie-again").addEventListener("click", () => void this.#load());
    this.#wireFullscreen();
    this.#section.addEventListener("keydown", ({ key }) => key === "Escape" && this.close());
    // Whoever plays the video, be it the page around, does not want both.
    video.addEventListener("play", () => this.close());
    addEventListener("message", ({ source, data }) => this.#frame && source === this.#frame.contentWindow && this.#hear(messageOf(data)));
  }

  /**
   * Takes a lesson.
   * @param {Pick<Page, "movie_url" | "title">} page
   */
  take({ movie_url: url, title }) {
    this.close();
    this.#url = url ?? null;
    this.#title = title;
    this.#button.hidden = !url;
  }

  open() {
    this.#video.pause();
    this.#onOpen();
    this.#root.dataset.view = "movie";
    this.#section.hidden = false;
    element("movie-close").focus();
    void this.#load();
  }

  close() {
    if (this.#section.hidden) return;
    const focused = this.#section.contains(document.activeElement);
    this.#drop();
    this.#section.hidden = true;
    if (this.#root.dataset.view === "movie") this.#root.dataset.view = "player";
    if (focused) this.#button.focus();
  }

  async #load() {
    this.#drop();
    const leaving = (this.#leaving = new AbortController());
    this.#show("loading", this.#texts.movieLoading);
    if (typeof WebAssembly !== "object" || !this.#url) return this.#show("failed", this.#texts.movieUnsupported);
    try {
      const ready = this.#openFrame();
      const { signal } = leaving;
      const [engine, movie] = await Promise.all([
        bytesAt(this.#section.dataset.engine ?? "", MOST_ENGINE_BYTES, signal),
        bytesAt(this.#token.on(this.#url), MOST_MOVIE_BYTES, signal),
        ready,
      ]);
      if (leaving.signal.aborted) return;
      this.#heard = (said) => this.#begun(said);
      // Its origin has no name that a message could be addressed to; the policy of this page lets the frame hold no other page.
      this.#frame?.contentWindow?.postMessage({ engine, movie, label: this.#label }, "*", [engine, movie]);
    } catch {
      if (!leaving.signal.aborted) this.#show("failed", this.#texts.movieAway);
    }
  }

  get #label() {
    return fill(this.#texts.movieOf, { title: this.#title });
  }

  /** Answers once the document in it listens. */
  #openFrame() {
    const frame = document.createElement("iframe");
    Object.assign(frame, { title: this.#label, src: this.#section.dataset.page, allow: "autoplay" });
    frame.setAttribute("sandbox", "allow-scripts");
    const ready = new Promise((resolve, reject) => {
      this.#heard = (said) => said === "ready" && resolve(undefined);
      setTimeout(() => reject(new Error("no document")), PATIENCE_MS);
    });
    this.#frame = frame;
    element("movie-stage").prepend(frame);
    return ready;
  }

  /** @param {string | null} said */
  #hear(said) {
    if (said === "left") this.close();
    else if (said) this.#heard(said);
  }

  /** @param {string} said */
  #begun(said) {
    if (said === "failed") this.#show("failed", this.#texts.movieUnsupported);
    if (said !== "shown") return;
    this.#show("shown", "");
    this.#frame?.focus();
  }

  /**
   * @param {"loading" | "shown" | "failed"} state
   * @param {string} text
   */
  #show(state, text) {
    this.#section.dataset.state = state;
    element("movie-says").textContent = text;
    if (state === "failed") this.#drop();
  }

  /** Nothing of it runs any more. */
  #drop() {
    this.#leaving.abort();
    this.#frame?.remove();
    this.#frame = null;
  }

  #wireFullscreen() {
    const button = element("movie-fullscreen");
    button.hidden = !document.fullscreenEnabled;
    const label = () => button.setAttribute("aria-label", this.#texts[document.fullscreenElement ? "exitFullscreen" : "enterFullscreen"]);
    label();
    document.addEventListener("fullscreenchange", label);
    button.addEventListener("click", () => void (document.fullscreenElement ? document.exitFullscreen() : this.#root.requestFullscreen()).catch(() => {}));
  }
}

/**
 * What lies at an address, of which so much and no more is taken.
 * @param {string} url
 * @param {number} most Bytes.
 * @param {AbortSignal} signal
 */
async function bytesAt(url, most, signal) {
  const answer = await fetch(url, { signal, credentials: "omit" });
  if (!answer.ok || !answer.body) throw new Error(String(answer.status));
  const reader = answer.body.getReader();
  const pieces = [];
  let length = 0;
  for (let piece = await reader.read(); piece.value; piece = await reader.read()) {
    length += piece.value.length;
    if (length > most) throw new Error("too large");
    pieces.push(piece.value);
  }
  return new Blob(pieces).arrayBuffer();
}
