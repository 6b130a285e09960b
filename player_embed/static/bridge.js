/** What the page around the player may ask of it, and what it is told. */
import { setSpeed } from "./actions.js";
import { Parent } from "./protocol.js";
import { readOrder } from "./pure/messages.js";
/** @import { Controls } from "./controls.js" */
/** @import { Setting } from "./pure/messages.js" */
/** @import { Fault, Page } from "./types" */

const TOLD = [
  "loadedmetadata", "loadeddata", "canplay", "canplaythrough", "durationchange", "play", "playing", "pause", "ended", "waiting",
  "seeking", "seeked", "timeupdate", "progress", "ratechange", "volumechange", "resize", "enterpictureinpicture", "leavepictureinpicture",
];

export class Bridge {
  /** @type {Fault | null} */
  #error = null;
  /** @type {Controls | null} */
  #controls = null;
  #video;
  /** @type {Pick<Page, "playback_id" | "title" | "kind" | "state" | "duration">} */
  #page;
  #changing = false;
  #setToken;
  #parent;

  /**
   * @param {object} player
   * @param {HTMLVideoElement} player.video
   * @param {Page} player.page
   * @param {(token: string) => Promise<string | null>} player.setToken Answers an error code, or null once the token is taken.
   */
  constructor({ video, page, setToken }) {
    this.#video = video;
    this.#page = page;
    this.#setToken = setToken;
    this.#parent = new Parent({ greet: () => this.#state(), receive: (message) => this.#receive(message) });
    for (const name of TOLD) video.addEventListener(name, () => this.tell(name));
  }

  /**
   * From now on there is something to play.
   * @param {Controls} controls
   */
  attach(controls) {
    this.#controls = controls;
    const settingsChange = () => this.tell("settingschange");
    controls.captions.addEventListener("change", settingsChange);
    controls.playback.addEventListener("change", settingsChange);
  }

  /** Whether a page around has said hello. */
  get heard() {
    return this.#parent.greeted;
  }

  /**
   * The page plays another lesson, or says why it cannot: to the page around, it is as if another page had been loaded.
   * @param {Pick<Page, "playback_id" | "title" | "kind" | "state" | "duration">} page
   * @param {() => void} begin Does it.
   */
  change(page, begin) {
    this.#page = page;
    this.#error = null;
    this.#changing = true;
    begin();
    this.#changing = false;
    this.#parent.greet(this.#state());
  }

  /**
   * @param {string} name
   * @param {unknown} [detail]
   */
  tell(name, detail) {
    if (!this.#changing) this.#parent.tell(name, this.#state(), detail);
  }

  /**
   * Tells of an error; null: it plays again.
   * @param {Fault | null} error
   */
  fail(error) {
    this.#error = error;
    if (error) this.tell("error");
  }

  #state() {
    const video = this.#video;
    const page = this.#page;
    const { buffered } = video;
    return {
      playbackId: page.playback_id,
      title: page.title,
      kind: page.kind,
      assetState: page.state,
      currentTime: video.currentTime,
      duration: this.#controls?.seekBar.duration ?? page.duration,
      paused: video.paused,
      ended: video.ended,
      seeking: video.seeking,
      muted: video.muted,
      volume: video.volume,
      playbackRate: video.playbackRate,
      loop: video.loop,
      readyState: video.readyState,
      videoWidth: video.videoWidth,
      videoHeight: video.videoHeight,
      buffered: Array.from({ length: buffered.length }, (_, i) => [buffered.start(i), buffered.end(i)]),
      error: this.#error,
      ...this.#controls?.choices,
    };
  }

  /**
   * Answers an error code, or null.
   * @param {object} message
   */
  async #receive(message) {
    const order = readOrder(message, this.#controls !== null);
    if ("error" in order) return order.error;
    switch (order.does) {
      case "token":
        return this.#setToken(order.token);
      case "play":
        return this.#video.play().then(() => null, (/** @type {DOMException} */ refusal) => refusal.name);
      case "pause":
        this.#video.pause();
        return null;
      case "set":
        return this.#controls && this.#set(order.setting, this.#controls);
    }
  }

  /**
   * Positions and choices are acts of the controls; the others are properties of the video element.
   * @param {Setting} setting
   * @param {Controls} controls
   */
  #set(setting, controls) {
    const video = this.#video;
    switch (setting.name) {
      case "currentTime":
        controls.seekBar.seek(setting.value);
        return null;
      case "volume":
        video.volume = setting.value;
        return null;
      case "playbackRate":
        setSpeed(video, setting.value);
        return null;
      case "muted":
      case "loop":
        video[setting.name] = setting.value;
        return null;
      default:
        return controls.choose(setting.name, setting.value) ? null : "invalid_value";
    }
  }
}
