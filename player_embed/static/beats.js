/**
 * Tells the service what is played while it is (docs/views.md), so that views are counted. A play and a tab have random names, made
 * here; nothing is kept in the browser longer than the tab.
 */
import { afterAnswer, batch, isCut, isDue, playedBetween, queued, randomName, withRange } from "./pure/beats.js";
/** @import { Attention, Beat, Quality, Range } from "./pure/beats.js" */
/** @import { Playback } from "./playback.js" */
/** @import { Study } from "./study.js" */
/** @import { Token } from "./token.js" */
/** @import { Page } from "./types" */

/** How long after a view its number is asked for: the service adds up every few seconds. */
const NUMBER_AFTER_MS = 3500;

const TAB = "lessonstream:tab";
const newName = () => randomName(crypto.getRandomValues(new Uint8Array(26)));

/** The name of this tab, as long as it is open; of this page where nothing can be kept. */
function tabName() {
  try {
    const known = sessionStorage.getItem(TAB) ?? newName();
    sessionStorage.setItem(TAB, known);
    return known;
  } catch {
    return newName();
  }
}

export class Beats {
  #video;
  #playback;
  #token;
  #study;
  #tell;
  #tab = tabName();
  /** @type {Page | null} */
  #page = null;
  #play = "";
  #opened = 0;
  #sequence = 0;
  /** @type {Beat[]} */
  #waiting = [];
  /** @type {Map<number, string>} */
  #sessions = new Map();
  #isSending = false;
  #tries = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;
  #sentAt = 0;
  #playing = 0;
  #isSent = false;

  /** @type {{time: number, at: number} | null} */
  #mark = null;
  /** @type {Range[]} */
  #played = [];
  /** @type {Attention} */
  #attention = { rate: 1, muted: false, visible: true, in_view: true };
  #inView = true;

  /** @type {Quality} */
  #quality = {};
  #wanted = 0;
  #stalledAt = 0;
  #frames = { total: 0, dropped: 0 };
  #bytes = 0;

  /**
   * @param {object} player
   * @param {HTMLVideoElement} player.video
   * @param {Playback} player.playback
   * @param {Token} player.token
   * @param {Study} player.study
   * @param {(views: number) => void} player.tell Hears how often the lesson was viewed, after this play has counted.
   */
  constructor({ video, playback, token, study, tell }) {
    this.#video = video;
    this.#playback = playback;
    this.#token = token;
    this.#study = study;
    this.#tell = tell;
    new IntersectionObserver(([entry]) => this.#look(entry.isIntersecting), { threshold: 0.5 }).observe(video);
    for (const name of ["volumechange", "ratechange", "enterpictureinpicture", "leavepictureinpicture"]) video.addEventListener(name, () => this.#sample());
    document.addEventListener("visibilitychange", () => this.#onVisibility());
    addEventListener("pagehide", () => this.#leave());
    video.addEventListener("timeupdate", () => this.#onTime());
    video.addEventListener("play", () => (this.#wanted ||= performance.now()));
    video.addEventListener("playing", () => this.#onPlaying());
    video.addEventListener("waiting", () => this.#onWaiting());
    video.addEventListener("seeking", () => this.#stand());
    video.addEventListener("pause", () => this.#onStop(false));
    video.addEventListener("ended", () => this.#onStop(true));
    playback.addEventListener("failure", ({ detail }) => this.#count(detail.code));
  }

  /**
   * From now on another lesson plays; what was told of the last one is sent.
   * @param {Page} page
   */
  open(page) {
    this.#leave();
    clearTimeout(this.#again);
    this.#page = page.beats_url ? page : null;
    this.#play = newName();
    this.#opened = performance.now();
    this.#sequence = this.#tries = this.#playing = this.#wanted = this.#stalledAt = 0;
    this.#waiting = [];
    this.#sessions.clear();
    this.#isSent = this.#isSending = false;
    this.#mark = null;
    this.#played = [];
    this.#quality = {};
    this.#bytes = this.#playback.bytes;
    this.#frames = this.#framesNow();
    this.#attention = this.#attentionNow();
    this.#study.open(page, () => this.#beginning());
  }

  /** What a study session begins with: what was played before belongs to none. */
  #beginning() {
    this.#sample();
    this.#cut(false);
    return { play: this.#play, clock: this.#clock(), sequence: this.#sequence };
  }

  /** @param {boolean} inView */
  #look(inView) {
    this.#sample();
    this.#inView = inView;
    this.#sample();
  }

  #onVisibility() {
    this.#sample();
    // A phone may end a page that is hidden without a word.
    if (document.hidden) this.#send();
  }

  #onTime() {
    this.#sample();
    const now = performance.now();
    const play = { sent: this.#isSent, playing: this.#playing, since: now - this.#sentAt, duration: this.#page?.duration ?? null };
    if (!this.#video.paused && isDue(play)) this.#send();
  }

  #onPlaying() {
    const now = performance.now();
    if (this.#wanted && this.#quality.startup_ms === undefined && !this.#playing) this.#quality.startup_ms = Math.round(now - this.#wanted);
    if (this.#stalledAt) this.#quality.stall_ms = (this.#quality.stall_ms ?? 0) + Math.round(now - this.#stalledAt);
    this.#stalledAt = 0;
    this.#sample();
  }

  #onWaiting() {
    this.#sample();
    if (!this.#playing || this.#stalledAt || this.#video.seeking || this.#video.paused) return;
    this.#stalledAt = performance.now();
    this.#quality.stalls = (this.#quality.stalls ?? 0) + 1;
  }

  /** The medium goes on somewhere else. */
  #stand() {
    this.#mark = null;
  }

  /** @param {boolean} ended */
  #onStop(ended) {
    this.#sample();
    this.#stand();
    this.#cut(ended);
    if (this.#isSent || ended || isDue({ sent: false, playing: this.#playing, since: 0, duration: this.#page?.duration ?? null })) this.#send();
  }

  /** @param {string} code */
  #count(code) {
    const errors = (this.#quality.errors ??= {});
    errors[code] = (errors[code] ?? 0) + 1;
    this.#send();
  }

  /** @returns {Attention} */
  #attentionNow() {
    const video = this.#video;
    const elsewhere = document.pictureInPictureElement === video;
    return {
      rate: Math.min(16, Math.max(0.0625, video.playbackRate)),
      // What has no sound nobody hears.
      muted: video.muted || video.volume === 0 || this.#page?.kind === "animation",
      visible: elsewhere || !document.hidden,
      in_view: elsewhere || this.#inView,
    };
  }

  /** Looks at the medium: what was played since the last look belongs to the beat. */
  #sample() {
    if (!this.#page) return;
    const video = this.#video;
    const now = { time: video.currentTime * 1000, at: performance.now() };
    const before = this.#mark;
    const attention = this.#attentionNow();
    const range = before && !video.seeking ? playedBetween(before, now, this.#attention.rate) : null;
    if (range) {
      this.#played = withRange(this.#played, range);
      this.#playing += (range[1] - range[0]) / Math.max(1, this.#attention.rate);
    }
    this.#mark = video.paused || video.seeking ? null : now;
    if (isCut(this.#attention, attention, this.#played)) this.#cut(false);
    this.#attention = attention;
  }

  /** @param {boolean} ended */
  #cut(ended) {
    const quality = this.#qualityNow();
    if (!this.#played.length && !ended && !quality.errors) return;
    const beat = { ...this.#attention, sequence: this.#sequence++, at: this.#clock(), played: this.#played, ended, quality };
    if (this.#study.id) this.#sessions.set(beat.sequence, this.#study.id);
    this.#waiting = queued(this.#waiting, this.#study.dress(beat));
    this.#played = [];
    this.#quality = {};
  }

  /** @returns {Quality} */
  #qualityNow() {
    const level = this.#playback.levels[this.#playback.level];
    const frames = this.#framesNow();
    const bytes = this.#playback.bytes;
    const quality = {
      ...this.#quality,
      ...(level ? { bitrate: Math.round(level.bitrate / 1000), height: level.height } : {}),
      frames: Math.max(0, frames.total - this.#frames.total),
      dropped: Math.max(0, frames.dropped - this.#frames.dropped),
      bytes: Math.max(0, bytes - this.#bytes),
    };
    this.#frames = frames;
    this.#bytes = bytes;
    return quality;
  }

  #framesNow() {
    const told = this.#video.getVideoPlaybackQuality?.();
    return { total: told?.totalVideoFrames ?? 0, dropped: told?.droppedVideoFrames ?? 0 };
  }

  #clock() {
    return Math.round(performance.now() - this.#opened);
  }

  /** @param {{study: string, beats: Beat[]}} batch */
  #text({ study, beats }) {
    return JSON.stringify({ play: this.#play, tab: this.#tab, sent: this.#clock(), beats, ...(study ? { study } : {}) });
  }

  #send() {
    this.#sentAt = performance.now();
    this.#cut(false);
    if (!this.#isSending) void this.#sendWaiting();
  }

  async #sendWaiting() {
    const page = this.#page;
    const play = this.#play;
    if (!page?.beats_url || !this.#waiting.length) return;
    this.#isSending = true;
    clearTimeout(this.#again);
    const sending = batch(this.#waiting, this.#sessions);
    const last = sending.beats[sending.beats.length - 1].sequence;
    const answer = await fetch(this.#token.on(page.beats_url), {
      method: "POST",
      headers: { "Content-Type": "text/plain" },
      body: this.#text(sending),
      keepalive: true,
    }).catch(() => null);
    if (play !== this.#play) return;
    this.#isSending = false;
    const next = afterAnswer(answer?.status ?? 0, this.#tries, answer?.headers.get("Retry-After") ?? null);
    if (next.again) {
      this.#tries++;
      this.#again = setTimeout(() => void this.#sendWaiting(), next.after);
      return;
    }
    this.#tries = 0;
    this.#waiting = this.#waiting.filter(({ sequence }) => sequence > last);
    sending.beats.forEach(({ sequence }) => this.#sessions.delete(sequence));
    if (sending.study && answer?.status === 200) this.#study.hear(sending.study, await answer.json());
    if (answer?.ok && !this.#isSent) setTimeout(() => void this.#askNumber(page), NUMBER_AFTER_MS);
    this.#isSent = true;
    if (this.#waiting.length) await this.#sendWaiting();
  }

  /** The page goes away, or may: what waits is sent by the browser, however long that takes. */
  #leave() {
    const address = this.#page?.beats_url;
    if (!address) return;
    this.#sample();
    this.#cut(false);
    while (this.#waiting.length) {
      const sending = batch(this.#waiting, this.#sessions);
      if (!navigator.sendBeacon(this.#token.on(address), this.#text(sending))) return;
      this.#waiting = this.#waiting.slice(sending.beats.length);
    }
  }

  /** @param {Page} page */
  async #askNumber(page) {
    if (!page.views_url) return;
    const answer = await fetch(this.#token.on(page.views_url), { cache: "no-store" }).catch(() => null);
    if (answer?.ok && page === this.#page) this.#tell((await answer.json()).views);
  }
}
