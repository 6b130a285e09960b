/** The controls over the picture: buttons, menu, keyboard, touch, and when they step back. */
import { Captions } from "./captions.js";
import { Chapters } from "./chapters.js";
import { HelpSheet } from "./help.js";
import { Menu } from "./menu.js";
import { fill, formatTime, keyAction, nearlyFills, nextSpeed, qualityRows } from "./player-core.js";
import { offerRemote } from "./remote.js";
import { SeekBar } from "./seekbar.js";
import { currentLabel, sections } from "./sections.js";

const IDLE_AFTER_MS = 2600;
const DOUBLE_TAP_MS = 300;
const TOUCH_SEEK_SECONDS = 10;

const element = (id) => document.getElementById(id);

export class Controls {
  #idleTimer = 0;
  #toastTimer = 0;
  #lastTap = { time: 0, side: 0 };

  constructor({ root, video, playback, page, texts, language }) {
    Object.assign(this, { root, video, playback, page, texts });
    this.captions = new Captions({ video, playback, language, tracks: page.tracks ?? [] });
    this.chapters = new Chapters({ video, language, tracks: page.tracks ?? [] });
    this.seekBar = new SeekBar({ video, playback, page, texts, chapters: this.chapters });
    this.menu = new Menu({
      panel: element("menu"),
      button: element("settings"),
      sections: () => sections(this),
      texts,
    });
    this.help = new HelpSheet({ texts });
    offerRemote({ video, playback, button: element("cast") });
    this.#wireButtons();
    this.#wireMedia();
    this.#wirePointer();
    addEventListener("keydown", (event) => this.#onKey(event));
    this.#drawAll();
  }

  /** Playback had to start muted: a button brings the sound. */
  offerSound() {
    element("unmute").hidden = false;
  }

  // ---- actions; the names are those of keyAction ----

  togglePlay() {
    if (this.video.paused || this.video.ended) this.video.play().catch(() => {});
    else this.video.pause();
  }

  toggleMute() {
    const { video } = this;
    video.muted = !video.muted;
    if (!video.muted && video.volume === 0) video.volume = 0.5;
    this.toast(video.muted ? this.texts.muted : this.#volumeText());
  }

  volumeBy(step) {
    const { video } = this;
    video.volume = Math.min(Math.max(0, Math.round((video.volume + step) * 100) / 100), 1);
    video.muted = video.volume === 0;
    this.toast(this.#volumeText());
  }

  seekBy(seconds) {
    this.seekBar.seek(this.video.currentTime + seconds);
    this.toast(fill(seconds > 0 ? this.texts.forward : this.texts.backward, { seconds: Math.abs(seconds) }));
  }

  seekToFraction(fraction) {
    this.seekBar.seek(fraction * this.seekBar.duration);
    this.toast(formatTime(this.video.currentTime));
  }

  speedBy(step) {
    this.video.playbackRate = nextSpeed(this.video.playbackRate, step);
    this.toast(`${this.video.playbackRate}×`);
  }

  toggleCaptions() {
    const { captions } = this;
    if (captions.list.length) this.showCaptions(captions.showing < 0 ? captions.preferred : -1);
  }

  toggleHelp() {
    this.help.toggle();
  }

  showCaptions(index) {
    const { captions, texts } = this;
    captions.show(index);
    this.toast(index < 0 ? texts.captionsOff : fill(texts.captionsOn, { label: captions.list[index].label }));
  }

  async togglePictureInPicture() {
    if (!document.pictureInPictureEnabled) return;
    const open = document.pictureInPictureElement;
    await (open ? document.exitPictureInPicture() : this.video.requestPictureInPicture()).catch(() => {});
  }

  async toggleFullscreen() {
    const { root, video } = this;
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (document.fullscreenEnabled) await root.requestFullscreen().catch(() => {});
    else video.webkitEnterFullscreen?.(); // iPhone: only the video itself can fill the screen.
  }

  // ---- wiring ----

  #wireButtons() {
    const { video } = this;
    for (const id of ["play", "start"]) element(id).addEventListener("click", () => this.togglePlay());
    element("mute").addEventListener("click", () => this.toggleMute());
    element("captions").addEventListener("click", () => this.toggleCaptions());
    element("picture").addEventListener("click", () => this.togglePictureInPicture());
    element("fullscreen").addEventListener("click", () => this.toggleFullscreen());
    element("volume").addEventListener("input", ({ target }) => {
      video.volume = Number(target.value);
      video.muted = video.volume === 0;
    });
    element("unmute").addEventListener("click", () => (video.muted = false));
    element("picture").hidden = !document.pictureInPictureEnabled || this.page.kind !== "video";
    element("fullscreen").hidden = !(document.fullscreenEnabled || video.webkitSupportsFullscreen) || this.page.kind === "audio";
  }

  #wireMedia() {
    const { video, root } = this;
    const drawPlayback = () => this.#drawPlayback();
    for (const name of ["play", "playing", "pause", "ended", "seeked", "emptied"]) video.addEventListener(name, drawPlayback);
    video.addEventListener("volumechange", () => this.#drawSound());
    video.addEventListener("ratechange", () => this.menu.refresh());
    for (const name of ["waiting", "seeking"]) video.addEventListener(name, () => this.#drawWaiting(true));
    for (const name of ["playing", "seeked", "pause", "emptied"]) video.addEventListener(name, () => this.#drawWaiting(false));
    for (const name of ["enterpictureinpicture", "leavepictureinpicture"]) video.addEventListener(name, () => this.#drawModes());
    document.addEventListener("fullscreenchange", () => this.#drawModes());
    this.playback.addEventListener("change", () => {
      this.seekBar.draw();
      this.#drawQuality();
    });
    video.addEventListener("resize", () => this.#drawQuality());
    this.captions.addEventListener("change", () => this.#drawCaptions());
    this.chapters.addEventListener("change", () => {
      this.seekBar.drawMarks();
      this.menu.refresh();
    });
    const fit = () => video.classList.toggle("fills", nearlyFills(video.videoWidth, video.videoHeight, video.clientWidth, video.clientHeight));
    video.addEventListener("resize", fit);
    addEventListener("resize", fit);
    root.addEventListener("focusin", () => this.#wake());
  }

  #wirePointer() {
    const { root, video } = this;
    root.addEventListener("pointermove", ({ pointerType }) => pointerType === "mouse" && this.#wake());
    root.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && this.#rest());
    for (const bar of [element("controls")]) bar.addEventListener("pointerdown", () => this.#wake());
    element("touch").addEventListener("click", (event) => {
      if (this.menu.open) return;
      if (event.pointerType === "touch") this.#onTap(event);
      else this.togglePlay();
    });
    element("touch").addEventListener("dblclick", () => matchMedia("(hover: hover)").matches && this.toggleFullscreen());
    root.addEventListener("contextmenu", (event) => event.target === video && event.preventDefault());
  }

  /** One tap shows or hides the controls; two taps on a side seek that way. */
  #onTap({ clientX, timeStamp }) {
    const third = clientX / this.root.clientWidth;
    const side = third < 0.35 ? -1 : third > 0.65 ? 1 : 0;
    const double = timeStamp - this.#lastTap.time < DOUBLE_TAP_MS && side === this.#lastTap.side;
    this.#lastTap = { time: timeStamp, side };
    if (double && side && this.root.dataset.chrome === "full") this.seekBy(side * TOUCH_SEEK_SECONDS);
    else if (this.root.dataset.chrome !== "full") this.togglePlay();
    else if ("idle" in this.root.dataset) this.#wake();
    else this.#rest();
  }

  #onKey(event) {
    const action = keyAction(event);
    if (!action || event.defaultPrevented || this.root.dataset.view !== "player") return;
    const { target } = event;
    if (event.key === " " && target.closest("button")) return;
    if (target.id === "volume" && event.key.startsWith("Arrow")) return;
    event.preventDefault();
    this.#wake();
    this[action.name](action.value);
  }

  #wake() {
    delete this.root.dataset.idle;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#rest(), IDLE_AFTER_MS);
  }

  #rest() {
    const keyboardInside = element("controls").querySelector(":focus-visible");
    if (!this.video.paused && !this.menu.open && !keyboardInside) this.root.dataset.idle = "";
  }

  // ---- choices by name, for the page around the player ----

  get choices() {
    const { playback, captions } = this;
    const { tracks, heard } = playback.sounds;
    const rows = qualityRows(playback.levels);
    return {
      quality: rows.find(({ index }) => index === playback.chosen)?.label ?? "auto",
      qualities: rows.map(({ label }) => label),
      caption: captions.list[captions.showing]?.label ?? "",
      captions: captions.list.map(({ label }) => label),
      language: tracks[heard] ?? "",
      languages: tracks,
    };
  }

  /** Chooses by the names of `choices`. Answers whether there is such a one. */
  choose(kind, label) {
    const { playback, captions } = this;
    const row = qualityRows(playback.levels).find((each) => each.label === label);
    const caption = captions.list.findIndex((each) => each.label === label);
    const sound = playback.sounds.tracks.indexOf(label);
    if (kind === "quality" && (row || label === "auto")) playback.selectLevel(row?.index ?? -1);
    else if (kind === "caption" && (caption >= 0 || label === "")) captions.show(caption);
    else if (kind === "language" && sound >= 0) playback.selectSound(sound);
    else return false;
    return true;
  }

  // ---- drawing ----

  #drawAll() {
    this.#drawPlayback();
    this.#drawSound();
    this.#drawQuality();
    this.#drawModes();
    this.#drawCaptions();
  }

  #label(id, key) {
    element(id).setAttribute("aria-label", this.texts[key]);
    element(id).title = this.texts[key];
  }

  #drawPlayback() {
    const { video, root } = this;
    const started = !video.paused || root.dataset.playback !== "idle";
    root.dataset.playback = video.ended ? "ended" : !video.paused ? "playing" : started ? "paused" : "idle";
    const key = video.ended ? "replay" : video.paused ? "play" : "pause";
    this.#label("play", key);
    this.#label("start", key);
    if (video.paused) delete root.dataset.idle;
    else this.#wake();
  }

  #drawSound() {
    const { video } = this;
    const silent = video.muted || video.volume === 0;
    this.root.toggleAttribute("data-silent", silent);
    this.#label("mute", silent ? "unmute" : "mute");
    element("volume").value = String(silent ? 0 : video.volume);
    element("volume").style.setProperty("--level", String(silent ? 0 : video.volume));
    element("volume").setAttribute("aria-valuetext", this.#volumeText());
    if (!silent) element("unmute").hidden = true;
  }

  #volumeText() {
    const { muted, volume } = this.video;
    return fill(this.texts.volumeIs, { percent: Math.round(muted ? 0 : volume * 100) });
  }

  #drawQuality() {
    const label = currentLabel(this.playback);
    element("badge").textContent = /^\d+p$/.test(label) ? label : "";
    this.#label("settings", "settings");
    this.menu.refresh();
  }

  #drawCaptions() {
    element("captions").hidden = !this.captions.list.length;
    element("captions").setAttribute("aria-pressed", String(this.captions.showing >= 0));
    this.menu.refresh();
  }

  #drawModes() {
    this.root.toggleAttribute("data-fullscreen", Boolean(document.fullscreenElement));
    this.#label("fullscreen", document.fullscreenElement ? "exitFullscreen" : "enterFullscreen");
    this.#label("picture", document.pictureInPictureElement ? "exitPictureInPicture" : "enterPictureInPicture");
    this.#label("captions", "captions");
    this.#label("cast", "cast");
  }

  #drawWaiting(waiting) {
    const { video, playback, texts } = this;
    this.root.toggleAttribute("data-waiting", waiting && !video.ended);
    const atEdge = playback.growing && video.currentTime > playback.available - 2;
    element("spinner").lastElementChild.textContent = !waiting ? "" : atEdge ? texts.waitingForMore : texts.loading;
    element("spinner").lastElementChild.classList.toggle("shown", atEdge);
  }

  /** Says something for a moment. */
  toast(text) {
    const toast = element("toast");
    toast.textContent = text;
    toast.classList.add("shown");
    clearTimeout(this.#toastTimer);
    this.#toastTimer = setTimeout(() => toast.classList.remove("shown"), 900);
  }
}
