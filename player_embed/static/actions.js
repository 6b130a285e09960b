/** What keys, buttons and fingers do to the player. The methods are named as keyAction of pure/keys.js names them. */
import { nextSpeed, heardVolume, steppedVolume } from "./pure/adjusting.js";
import { fill } from "./pure/languages.js";
import { formatTime } from "./pure/times.js";
/** @import { Captions } from "./captions.js" */
/** @import { HelpSheet } from "./help.js" */
/** @import { Preferences } from "./preferences.js" */
/** @import { SeekBar } from "./seekbar.js" */
/** @import { Toast } from "./toast.js" */
/** @import { Transcript } from "./transcript.js" */
/** @import { Texts } from "./types" */

/** The volume of who turns on the sound of a player that was turned down to nothing. */
const AUDIBLE = 0.5;

/**
 * "Volume 55%".
 * @param {{muted: boolean, volume: number}} sound
 * @param {Texts} texts
 */
export function volumeText(sound, texts) {
  return fill(texts.volumeIs, { percent: Math.round(heardVolume(sound) * 100) });
}

/**
 * Plays faster or slower, this medium and those after it.
 * @param {HTMLMediaElement} video
 * @param {number} speed
 */
export function setSpeed(video, speed) {
  video.defaultPlaybackRate = speed; // What another medium begins with.
  video.playbackRate = speed;
}

export class Actions {
  #root;
  #video;
  #preferences;
  #captions;
  #seekBar;
  #transcript;
  #help;
  #toast;
  #texts;

  /**
   * @param {{root: HTMLElement, video: HTMLVideoElement, preferences: Preferences, captions: Captions, seekBar: SeekBar,
   *   transcript: Transcript, help: HelpSheet, toast: Toast, texts: Texts}} player
   */
  constructor({ root, video, preferences, captions, seekBar, transcript, help, toast, texts }) {
    this.#root = root;
    this.#video = video;
    this.#preferences = preferences;
    this.#captions = captions;
    this.#seekBar = seekBar;
    this.#transcript = transcript;
    this.#help = help;
    this.#toast = toast;
    this.#texts = texts;
  }

  togglePlay() {
    if (this.#video.paused || this.#video.ended) this.#video.play().catch(() => {});
    else this.#video.pause();
  }

  toggleMute() {
    const video = this.#video;
    video.muted = !video.muted;
    if (!video.muted && video.volume === 0) video.volume = AUDIBLE;
    this.#rememberSound();
    this.#toast.say(video.muted ? this.#texts.muted : volumeText(video, this.#texts));
  }

  /** @param {number} step */
  volumeBy(step) {
    this.setVolume(steppedVolume(this.#video.volume, step));
    this.#toast.say(volumeText(this.#video, this.#texts));
  }

  /** @param {number} volume 0 is muted. */
  setVolume(volume) {
    this.#video.volume = volume;
    this.#video.muted = this.#video.volume === 0;
    this.#rememberSound();
  }

  #rememberSound() {
    const { muted, volume } = this.#video;
    this.#preferences.set("muted", muted);
    if (volume > 0) this.#preferences.set("volume", volume);
  }

  /** @param {number} seconds */
  seekBy(seconds) {
    this.#seekBar.seek(this.#video.currentTime + seconds);
    this.#toast.say(fill(seconds > 0 ? this.#texts.forward : this.#texts.backward, { seconds: Math.abs(seconds) }));
  }

  /** @param {number} fraction */
  seekToFraction(fraction) {
    this.#seekBar.seek(fraction * this.#seekBar.duration);
    this.#toast.say(formatTime(this.#video.currentTime));
  }

  /** @param {number} step */
  speedBy(step) {
    this.setSpeed(nextSpeed(this.#video.playbackRate, step));
    this.#toast.say(`${this.#video.playbackRate}×`);
  }

  /** @param {number} speed */
  setSpeed(speed) {
    setSpeed(this.#video, speed);
    this.#preferences.set("speed", speed);
  }

  toggleCaptions() {
    const captions = this.#captions;
    if (captions.list.length) this.showCaptions(captions.showing < 0 ? captions.preferred : -1);
  }

  /** @param {number} index -1 for none. */
  showCaptions(index) {
    this.#captions.show(index);
    this.#preferences.set("captions", index < 0 ? "" : this.#captions.list[index].language);
    const said = index < 0 ? this.#texts.captionsOff : fill(this.#texts.captionsOn, { label: this.#captions.list[index].label });
    this.#toast.say(said);
  }

  toggleTranscript() {
    this.#transcript.toggle();
  }

  toggleHelp() {
    this.#help.toggle();
  }

  async togglePictureInPicture() {
    if (!document.pictureInPictureEnabled) return;
    const open = document.pictureInPictureElement;
    await (open ? document.exitPictureInPicture() : this.#video.requestPictureInPicture()).catch(() => {});
  }

  async toggleFullscreen() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (document.fullscreenEnabled) await this.#root.requestFullscreen().catch(() => {});
    else this.#video.webkitEnterFullscreen?.();
  }
}
