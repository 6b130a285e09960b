/** The controls over the picture: what they are made of, what they listen to, and how they show the player's state. */
import { Actions, volumeText } from "./actions.js";
import { Attention } from "./attention.js";
import { CaptionLook } from "./caption-look.js";
import { Captions } from "./captions.js";
import { Chapters } from "./chapters.js";
import { liftCues } from "./cue-place.js";
import { element } from "./elements.js";
import { HelpSheet } from "./help.js";
import { followFingers, followKeys } from "./input.js";
import { keepSystemPosition, tellSystem } from "./media-session.js";
import { Menu } from "./menu.js";
import { heardVolume, playbackState } from "./pure/adjusting.js";
import { choicesOf, indexOfChoice } from "./pure/choices.js";
import { badgeText, currentLabel, nearlyFills, roomUnder } from "./pure/levels.js";
import { waitsForMore } from "./pure/positions.js";
import { offerRemote } from "./remote.js";
import { SeekBar } from "./seekbar.js";
import { sections } from "./sections.js";
import { SlideList } from "./slides.js";
import { Transcript } from "./transcript.js";
/** @import { Acts } from "./media-session.js" */
/** @import { Playback } from "./playback.js" */
/** @import { Preferences } from "./preferences.js" */
/** @import { Toast } from "./toast.js" */
/** @import { Language, Page, Texts } from "./types" */

/**
 * Names a button, for the eye and for screen readers.
 * @param {string} id
 * @param {string} text
 */
function label(id, text) {
  element(id).setAttribute("aria-label", text);
  element(id).title = text;
}

export class Controls {
  playback;
  captions;
  chapters;
  seekBar;
  #root;
  #video;
  #preferences;
  #texts;
  #menu;
  #slides;
  #transcript;
  #actions;
  #attention;

  /**
   * @param {{root: HTMLElement, video: HTMLVideoElement, playback: Playback, preferences: Preferences, texts: Texts, language: Language,
   *   toast: Toast, speedLimit: () => number | null}} player `speedLimit`: the highest speed that is offered; null: any.
   */
  constructor({ root, video, playback, preferences, texts, language, toast, speedLimit }) {
    this.#root = root;
    this.#video = video;
    this.#preferences = preferences;
    this.#texts = texts;
    this.playback = playback;
    this.captions = new Captions({ video, playback, language });
    this.chapters = new Chapters({ video, language });
    this.seekBar = new SeekBar({ video, playback, texts, chapters: this.chapters });
    const { captions, seekBar } = this;
    this.#transcript = new Transcript({ video, captions, seek: (time) => seekBar.seek(time), texts });
    this.#slides = new SlideList({ video, language, seek: (time) => seekBar.seek(time), texts });
    this.#actions = new Actions({
      root, video, preferences, captions, seekBar, transcript: this.#transcript, help: new HelpSheet(texts), toast, texts,
    });
    this.#menu = this.#makeMenu(toast, speedLimit);
    this.#attention = new Attention(root, element("controls"), () => this.#keepsAwake());
    offerRemote({ video, playback, button: element("cast") });
    this.#wireButtons();
    this.#wireMedia();
    this.#wireChoices();
    followFingers({ root, video, touch: element("touch"), actions: this.#actions, attention: this.#attention, menu: this.#menu });
    liftCues({ root, video, controls: element("controls") });
    followKeys({ root, actions: this.#actions, attention: this.#attention });
  }

  /**
   * Takes a lesson.
   * @param {Page} page
   * @param {Pick<Acts, "next" | "previous">} course Where it leads.
   */
  open(page, course) {
    const { kind, tracks = [], options } = page;
    this.#menu.close();
    element("picture").hidden = !document.pictureInPictureEnabled || kind !== "video";
    element("fullscreen").hidden = !(document.fullscreenEnabled || this.#video.webkitSupportsFullscreen) || kind === "audio";
    this.chapters.open(tracks);
    this.#slides.take(tracks, options.slides === true);
    this.seekBar.open(page);
    this.captions.open(tracks, { chosen: this.#preferences.get("captions"), asked: options.captions });
    const { seekBar } = this;
    tellSystem(page, {
      play: () => void this.#video.play().catch(() => {}),
      pause: () => this.#video.pause(),
      seekBy: (seconds) => this.#actions.seekBy(seconds),
      seek: (time) => seekBar.seek(time),
      ...course,
    });
    this.#drawAll();
  }

  /** Playback had to start muted: a button brings the sound. */
  offerSound() {
    element("unmute").hidden = false;
  }

  /** Quality, captions and sound by name, for the page around the player. */
  get choices() {
    return choicesOf(this.#offer);
  }

  /**
   * Chooses by the names of `choices`. Answers whether there is such a one.
   * @param {"quality" | "caption" | "language"} kind
   * @param {string} name
   */
  choose(kind, name) {
    const index = indexOfChoice(kind, name, this.#offer);
    if (index === null) return false;
    if (kind === "quality") this.playback.selectLevel(index);
    else if (kind === "caption") this.captions.show(index);
    else this.playback.selectSound(index);
    return true;
  }

  get #offer() {
    const { playback, captions } = this;
    const { tracks: sounds, heard } = playback.sounds;
    return { levels: playback.levels, chosen: playback.chosen, captions: captions.list, showing: captions.showing, sounds, heard };
  }

  // ---- wiring ----

  /**
   * @param {Toast} toast
   * @param {() => number | null} speedLimit
   */
  #makeMenu(toast, speedLimit) {
    const { playback, captions, chapters, seekBar } = this;
    const preferences = this.#preferences;
    const player = {
      video: this.#video,
      playback,
      captions,
      look: new CaptionLook({ root: this.#root, preferences }),
      chapters,
      seekBar,
      transcript: this.#transcript,
      slides: this.#slides,
      showCaptions: (/** @type {number} */ index) => this.#actions.showCaptions(index),
      setSpeed: (/** @type {number} */ speed) => this.#actions.setSpeed(speed),
      selectSound: (/** @type {number} */ index) => preferences.set("sound", playback.selectSound(index)),
      setSaving: (/** @type {boolean} */ saving) => {
        playback.saving = saving;
        preferences.set("saver", saving);
      },
      speedLimit,
      toast: (/** @type {string} */ text) => toast.say(text),
      texts: this.#texts,
    };
    return new Menu({ panel: element("menu"), button: element("settings"), sections: () => sections(player), texts: this.#texts });
  }

  #wireButtons() {
    const video = this.#video;
    const actions = this.#actions;
    for (const id of ["play", "start"]) element(id).addEventListener("click", () => actions.togglePlay());
    element("mute").addEventListener("click", () => actions.toggleMute());
    element("captions").addEventListener("click", () => actions.toggleCaptions());
    element("picture").addEventListener("click", () => actions.togglePictureInPicture());
    element("fullscreen").addEventListener("click", () => actions.toggleFullscreen());
    element("volume").addEventListener("input", () => actions.setVolume(Number(element("volume").value)));
    element("unmute").addEventListener("click", () => video.muted && actions.toggleMute());
    element("chapter").addEventListener("click", () => this.#menu.open ? this.#menu.close() : this.#menu.show("chapters", element("chapter")));
  }

  #wireMedia() {
    const video = this.#video;
    /** @type {(names: string[], listener: () => void) => void} */
    const on = (names, listener) => names.forEach((name) => video.addEventListener(name, listener));
    on(["play", "playing", "pause", "ended", "seeked", "emptied"], () => this.#drawPlayback());
    on(["volumechange"], () => this.#drawSound());
    on(["ratechange"], () => this.#menu.refresh());
    on(["timeupdate", "seeking"], () => this.#drawChapter());
    keepSystemPosition(video, () => this.seekBar.duration);
    on(["waiting", "seeking"], () => this.#drawWaiting(true));
    on(["playing", "seeked", "pause", "emptied"], () => this.#drawWaiting(false));
    on(["enterpictureinpicture", "leavepictureinpicture"], () => this.#drawModes());
    document.addEventListener("fullscreenchange", () => this.#drawModes());
    on(["resize"], () => this.#drawQuality());
    on(["resize"], () => this.#fit());
    new ResizeObserver(() => this.#fit()).observe(this.#video);
  }

  #wireChoices() {
    this.playback.addEventListener("change", () => {
      this.seekBar.draw();
      this.#drawQuality();
    });
    this.captions.addEventListener("change", () => this.#drawCaptions());
    this.chapters.addEventListener("change", () => {
      this.seekBar.drawMarks();
      this.#drawChapter();
      this.#menu.refresh();
    });
  }

  #keepsAwake() {
    return this.#video.paused || this.#menu.open || element("controls").querySelector(":focus-visible") !== null;
  }

  // ---- drawing ----

  #drawAll() {
    this.#drawPlayback();
    this.#drawSound();
    this.#drawQuality();
    this.#drawModes();
    this.#drawCaptions();
    this.#drawChapter();
  }

  #drawPlayback() {
    const video = this.#video;
    this.#root.dataset.playback = playbackState(video, this.#root.dataset.playback);
    const text = this.#texts[video.ended ? "replay" : video.paused ? "play" : "pause"];
    label("play", text);
    label("start", text);
    if (video.paused) this.#attention.show();
    else this.#attention.wake();
  }

  #drawSound() {
    const heard = heardVolume(this.#video);
    const volume = element("volume");
    this.#root.toggleAttribute("data-silent", heard === 0);
    label("mute", this.#texts[heard ? "mute" : "unmute"]);
    volume.value = String(heard);
    volume.style.setProperty("--level", String(heard));
    volume.setAttribute("aria-valuetext", volumeText(this.#video, this.#texts));
    if (heard) element("unmute").hidden = true;
  }

  #drawQuality() {
    const badge = badgeText(currentLabel(this.playback));
    element("badge").textContent = badge;
    // The name of a button holds what is written on it: people who speak to their machine say what they see.
    label("settings", badge ? `${this.#texts.settings} ${badge}` : this.#texts.settings);
    this.#menu.refresh();
  }

  /** The chapter that is played stands in the bar and leads to the others. */
  #drawChapter() {
    const title = this.chapters.at(this.#video.currentTime)?.title ?? "";
    const button = element("chapter");
    if (button.dataset.shown === title) return;
    button.dataset.shown = title;
    button.hidden = !title;
    /** @type {HTMLElement} */ (button.firstElementChild).textContent = title;
    label("chapter", `${this.#texts.chapters}: ${title}`);
  }

  #drawCaptions() {
    element("captions").hidden = !this.captions.list.length;
    element("captions").setAttribute("aria-pressed", String(this.captions.showing >= 0));
    this.#root.toggleAttribute("data-captions", this.captions.showing >= 0);
    this.#menu.refresh();
  }

  #drawModes() {
    this.#root.toggleAttribute("data-fullscreen", Boolean(document.fullscreenElement));
    label("fullscreen", this.#texts[document.fullscreenElement ? "exitFullscreen" : "enterFullscreen"]);
    label("picture", this.#texts[document.pictureInPictureElement ? "exitPictureInPicture" : "enterPictureInPicture"]);
    label("captions", this.#texts.captions);
    label("cast", this.#texts.cast);
    label("read", this.#texts.transcript);
  }

  /** @param {boolean} waiting */
  #drawWaiting(waiting) {
    const said = /** @type {HTMLElement} */ (element("spinner").lastElementChild);
    const forEncoder = waitsForMore(this.#video.currentTime, this.playback);
    this.#root.toggleAttribute("data-waiting", waiting && !this.#video.ended);
    said.textContent = !waiting ? "" : this.#texts[forEncoder ? "waitingForMore" : "loading"];
    said.classList.toggle("shown", forEncoder);
  }

  /** A picture of nearly the shape of its place fills it. Captions know how much is free under another one. */
  #fit() {
    const { videoWidth, videoHeight, clientWidth, clientHeight } = this.#video;
    this.#video.classList.toggle("fills", nearlyFills(videoWidth, videoHeight, clientWidth, clientHeight));
    this.#root.style.setProperty("--under", `${roomUnder(videoWidth, videoHeight, clientWidth, clientHeight)}px`);
  }
}
