/** What the page around the player may ask of it, and what it is told. */
import { Parent } from "./protocol.js";

const TOLD = [
  "loadedmetadata", "loadeddata", "canplay", "canplaythrough", "durationchange", "play", "playing", "pause", "ended", "waiting",
  "seeking", "seeked", "timeupdate", "progress", "ratechange", "volumechange", "resize", "enterpictureinpicture", "leavepictureinpicture",
];

const isNumber = (low, high) => (value) => Number.isFinite(value) && value >= low && value <= high;
const isBoolean = (value) => typeof value === "boolean";
const isText = (value) => typeof value === "string" && value.length <= 100;

/** `seek`, `quality` and the like are acts of the controls; the others are properties of the video element. */
const SETTABLE = {
  currentTime: isNumber(0, 1e7),
  volume: isNumber(0, 1),
  playbackRate: isNumber(0.25, 4),
  muted: isBoolean,
  loop: isBoolean,
  quality: isText,
  caption: isText,
  language: isText,
};

export class Bridge {
  #error = null;
  #controls = null;

  /** `setToken(token)`: answers an error code, or nothing once the token is taken. */
  constructor({ video, page, setToken }) {
    Object.assign(this, { video, page, setToken });
    this.parent = new Parent({ greet: () => this.#state(), receive: (message) => this.#receive(message) });
    for (const name of TOLD) video.addEventListener(name, () => this.tell(name));
  }

  /** From now on there is something to play. */
  attach(controls) {
    this.#controls = controls;
    for (const source of [controls.captions, controls.playback]) source.addEventListener("change", () => this.tell("settingschange"));
  }

  tell(name, detail) {
    this.parent.tell(name, this.#state(), detail);
  }

  /** `code` and a message in both languages; null: it plays again. */
  fail(error) {
    this.#error = error;
    if (error) this.tell("error");
  }

  #state() {
    const { video, page } = this;
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
      buffered: Array.from(buffered, (_, i) => [buffered.start(i), buffered.end(i)]),
      error: this.#error,
      ...this.#controls?.choices,
    };
  }

  /** Answers an error code, or nothing. */
  async #receive({ type, name, value, token }) {
    const { video } = this;
    if (type === "token") return typeof token === "string" ? this.setToken(token) : "invalid_value";
    if (!this.#controls) return "not_ready";
    if (type === "play") return video.play().then(() => null, (refusal) => refusal.name);
    if (type === "pause") return void video.pause();
    if (type !== "set" || !Object.hasOwn(SETTABLE, name)) return "unknown_message";
    if (!SETTABLE[name](value)) return "invalid_value";
    if (name === "currentTime") return void this.#controls.seekBar.seek(value);
    if (["quality", "caption", "language"].includes(name)) return this.#controls.choose(name, value) ? null : "invalid_value";
    video[name] = value;
    return null;
  }
}
