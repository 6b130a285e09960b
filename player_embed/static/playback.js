/** The medium behind the controls: hls.js where there is Media Source Extensions, the browser's own HLS elsewhere. */
import Hls from "./hls.js";
import { capLevel, endInTime, loadMoreOncePlayed, uncapLevel } from "./hls-habits.js";
import { classifyError, mediaErrorKind, parseProblem } from "./pure/faults.js";
import { needlessLevels, savingLevel, startLevel, toldBandwidth } from "./pure/levels.js";
import { afterHlsError, hlsConfig } from "./pure/loading.js";
import { soundIn } from "./pure/tracks.js";
/** @import { Failure, FaultKind, Problem } from "./pure/faults.js" */
/** @import { HlsError } from "./pure/loading.js" */
/** @import { Token } from "./token.js" */
/** @import { Level, TargetOf } from "./types" */

/**
 * @typedef {object} PlaybackEvents
 * @property {Event} change Levels, current level or growth are different.
 * @property {CustomEvent<Failure & {status: number}>} failure
 * @property {CustomEvent<Segment>} segment One was loaded; not where the browser plays HLS by itself.
 */

/**
 * Of the picture, or of sound alone. `url` is of its playlist, `number` counts from 0, `start` and `end` are seconds.
 * @typedef {{url: string, number: number, start: number, end: number, data: ArrayBuffer}} Segment
 */

/** How far another try goes on behind media that cannot be decoded: two segments. */
const PASSED_BY_SECONDS = 8;

/** Plays manifests in one video element, one after another. */
export class Playback extends /** @type {TargetOf<PlaybackEvents>} */ (EventTarget) {
  /**
   * In ascending order; empty where the browser plays HLS by itself.
   * @type {Level[]}
   */
  levels = [];
  /** True while the playlist has no end yet; `available` is how many seconds exist. */
  growing = false;
  available = 0;
  /** How many captions the manifest brings among the text tracks: none by hls.js, whose bundle leaves them out. */
  captions = 0;
  /** Bytes of media that were loaded; 0 where the browser plays HLS by itself. */
  bytes = 0;
  token;
  manifestUrl = "";

  /** @type {Hls | null} */
  #hls = null;
  /** Ends the listeners of the manifest that is loaded now. */
  #loaded = new AbortController();
  #recoveries = 0;
  /** Whether it was playing when its media could not be decoded, and where, in seconds. */
  #stumbled = false;
  #reached = 0;
  #saving;
  #video;
  #whole = false;
  #impatient = false;
  #start = 0;
  /** @type {number | null} */
  #duration = null;
  /** @type {readonly string[]} */
  #languages = [];

  /**
   * @param {HTMLVideoElement} video
   * @param {{token: Token, saving: boolean | undefined}} player `saving`: what the viewer chose; else the browser says it.
   */
  constructor(video, { token, saving }) {
    super();
    this.token = token;
    this.#video = video;
    this.#saving = saving ?? Boolean(navigator.connection?.saveData);
  }

  /**
   * Names what `load` plays.
   * @param {string} manifestUrl
   * @param {{whole: boolean, start: number, duration: number | null, impatient: boolean, languages: readonly string[]}} wish `whole`: kept whole, at its
   *   best quality. `impatient`: it is given up on soon. `languages`: those of the sound, the most wanted first.
   */
  open(manifestUrl, { whole, start, duration, impatient, languages }) {
    this.#unload();
    this.manifestUrl = manifestUrl;
    this.#whole = whole;
    this.#impatient = impatient;
    this.#start = start;
    this.#duration = duration;
    this.#languages = languages;
    this.#recoveries = 0;
    this.#reached = start;
    this.levels = [];
    this.available = 0;
  }

  /** Whether the bandwidth decides about the level. */
  get automatic() {
    return this.#hls?.autoLevelEnabled ?? true;
  }

  /** Index of the level that was chosen by hand, -1 if the bandwidth decides. */
  get chosen() {
    return this.#hls?.manualLevel ?? -1;
  }

  /** Index of the level on screen, -1 if unknown. */
  get level() {
    return this.#hls?.currentLevel ?? -1;
  }

  /**
   * Plays a level from the next segment on, in the last one at once; -1 lets the bandwidth decide.
   * @param {number} index
   */
  selectLevel(index) {
    const hls = this.#hls;
    const last = hls?.latestLevelDetails?.fragments.at(-1);
    const video = this.#video;
    if (hls && index >= 0 && index !== hls.currentLevel && last && video.currentTime >= last.start) {
      // Without a seek the browser shows the frames that it has decoded already.
      hls.once(Hls.Events.BUFFER_FLUSHED, () => !video.ended && (video.currentTime = video.currentTime));
      hls.currentLevel = index;
    } else if (hls) hls.nextLevel = index;
    this.#changed();
  }

  /** Names of the sounds to choose from, and the index of the one that is heard; a single one is no choice. */
  get sounds() {
    const native = this.#nativeSounds;
    const tracks = this.#hls ? this.#hls.audioTracks.map(({ name }) => name) : native.map(({ label }) => label);
    if (tracks.length < 2) return { tracks: [], heard: -1 };
    return { tracks, heard: this.#hls ? this.#hls.audioTrack : native.findIndex(({ enabled }) => enabled) };
  }

  /**
   * Answers its language, "" if unknown.
   * @param {number} index
   */
  selectSound(index) {
    const hls = this.#hls;
    if (hls) hls.audioTrack = index;
    else this.#enableSound(index);
    this.#changed();
    return (hls ? hls.audioTracks[index]?.lang : this.#nativeSounds[index]?.language) ?? "";
  }

  /** @param {number} index */
  #enableSound(index) {
    this.#nativeSounds.forEach((track, position) => (track.enabled = position === index));
  }

  /** Among several sounds, the one in the reader's language; where there is none, the first one of the lesson. */
  #preferSound(/** @type {Hls | null} */ hls) {
    const tracks = hls
      ? hls.allAudioTracks.map(({ lang, characteristics }) => ({ language: lang ?? "", characteristics }))
      : this.#nativeSounds;
    const index = tracks.length > 1 ? soundIn(tracks, this.#languages) : -1;
    if (index < 0) return;
    if (hls) hls.config.audioPreference = { lang: hls.allAudioTracks[index].lang, name: hls.allAudioTracks[index].name };
    else this.#enableSound(index);
  }

  get #nativeSounds() {
    return [...(this.#video.audioTracks ?? [])];
  }

  /** Whether the automatic choice stays low, and so costs the reader little. */
  get saving() {
    return this.#saving;
  }

  set saving(saving) {
    this.#saving = saving;
    if (saving) this.#capLevel();
    else if (this.#hls) uncapLevel(this.#hls, { toSize: !this.#whole });
    this.#changed();
  }

  /** From now on the browser plays by itself, which alone can be sent to another screen. */
  playNatively() {
    const { paused } = this.#video;
    this.#start = this.#video.currentTime;
    this.#unload();
    this.#loadNatively();
    if (!paused) this.#video.play().catch(() => {});
  }

  /** Ends what plays. */
  close() {
    this.#unload();
    this.levels = [];
    this.#changed();
  }

  /**
   * Loads the manifest.
   * @param {{growing: boolean}} version `growing`: it is still being encoded.
   */
  load({ growing }) {
    this.#unload();
    this.growing = growing;
    this.captions = 0;
    if (Hls.isSupported()) this.#loadWithHls();
    else if (this.#video.canPlayType("application/vnd.apple.mpegurl")) this.#loadNatively();
    else this.#fail({ kind: "unsupported" });
  }

  /**
   * Loads again from the place that was reached, keeping play or pause.
   * @param {{growing: boolean}} version
   */
  reload({ growing }) {
    const { paused } = this.#video;
    this.#start = this.#video.currentTime || this.#start;
    this.load({ growing });
    if (!paused) this.#video.play().catch(() => {});
  }

  // ---- hls.js ----

  #loadWithHls() {
    const bandwidth = toldBandwidth(navigator.connection);
    const hls = new Hls(hlsConfig({ whole: this.#whole, start: this.#start, bandwidth, impatient: this.#impatient }));
    hls.config.xhrSetup = (request, url) => this.token.current && request.open("GET", this.token.on(url), true);
    this.#hls = hls;
    hls.on(Hls.Events.MANIFEST_PARSED, () => this.#begin(hls, bandwidth));
    hls.on(Hls.Events.MAX_AUTO_LEVEL_UPDATED, () => this.#capLevel());
    this.#followLevels(hls);
    const playing = { hls, video: this.#video, signal: this.#loaded.signal };
    endInTime(playing, this.#duration);
    loadMoreOncePlayed(playing);
    for (const event of /** @type {const} */ ([Hls.Events.AUDIO_TRACKS_UPDATED, Hls.Events.AUDIO_TRACK_SWITCHED])) {
      hls.on(event, () => this.#changed());
    }
    hls.on(Hls.Events.FRAG_LOADED, (_, { frag, payload }) => {
      this.bytes += frag.stats.loaded;
      if (frag.type !== "main" || typeof frag.sn !== "number") return;
      const detail = { url: frag.baseurl, number: frag.sn, start: frag.start, end: frag.start + frag.duration, data: payload };
      this.dispatchEvent(new CustomEvent("segment", { detail }));
    });
    hls.on(Hls.Events.ERROR, (_, error) => this.#onHlsError(hls, error));
    hls.on(Hls.Events.MEDIA_ATTACHED, () => this.#goOn());
    hls.attachMedia(this.#video);
    hls.loadSource(this.manifestUrl);
  }

  /**
   * The levels are known: chooses among them and begins to load.
   * @param {Hls} hls
   * @param {number | undefined} bandwidth
   */
  async #begin(hls, bandwidth) {
    const needless = await needlessLevels(hls.levels, (query) => navigator.mediaCapabilities.decodingInfo(query));
    if (this.#hls !== hls) return;
    for (const index of needless.reverse()) hls.removeLevel(index);
    this.levels = hls.levels;
    hls.startLevel = startLevel(hls.levels, {
      whole: this.#whole,
      growing: this.growing,
      playerHeight: this.#video.clientHeight * devicePixelRatio,
      bandwidth,
      saveData: this.#saving,
    });
    this.#capLevel();
    this.#preferSound(hls);
    hls.startLoad(this.#start);
    this.#changed();
  }

  /** @param {Hls} hls */
  #followLevels(hls) {
    hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
      this.growing = details.live;
      this.available = details.edge;
      this.#changed();
    });
    hls.on(Hls.Events.LEVEL_SWITCHED, () => this.#changed());
    hls.on(Hls.Events.LEVELS_UPDATED, () => {
      this.levels = hls.levels;
      this.#changed();
    });
  }

  #capLevel() {
    if (this.#hls && this.#saving) capLevel(this.#hls, savingLevel(this.levels));
  }

  /**
   * @param {Hls} hls
   * @param {HlsError} error
   */
  #onHlsError(hls, error) {
    if (error.type === "mediaError") this.#stumble();
    const answer = afterHlsError(error, this.#recoveries);
    if (answer === "ignore") return;
    if (answer === "recover") {
      this.#recoveries++;
      hls.recoverMediaError();
      hls.startLoad(this.#reached);
    } else this.#fail(answer);
  }

  /** Media that cannot be decoded are loaded anew by hls.js, level after level and at last without the segment; that stops a player. */
  #stumble() {
    const { paused, currentTime } = this.#video;
    this.#stumbled ||= !paused;
    this.#reached = currentTime || this.#reached;
  }

  #goOn() {
    if (this.#stumbled) this.#video.play().catch(() => {});
    this.#stumbled = false;
  }

  // ---- the browser's own ----

  #loadNatively() {
    const video = this.#video;
    const { signal } = this.#loaded;
    video.addEventListener("error", () => this.#failNatively(mediaErrorKind(video.error?.code)), { once: true, signal });
    video.addEventListener("loadedmetadata", () => this.#beginNatively(), { once: true, signal });
    const onGrowth = () => {
      this.growing = video.duration === Infinity;
      this.available = video.seekable.length ? video.seekable.end(0) : 0;
      this.#changed();
    };
    video.addEventListener("durationchange", onGrowth, { signal });
    video.addEventListener("progress", onGrowth, { signal });
    video.src = this.token.on(this.manifestUrl);
  }

  /** A browser starts a growing playlist at its end; this service's recordings begin at the beginning. */
  #beginNatively() {
    this.#video.currentTime = this.#start;
    this.captions = [...this.#video.textTracks].filter(({ kind }) => kind === "subtitles").length;
    this.#preferSound(null);
    this.#changed();
  }

  /**
   * A media element hides the HTTP status, so the manifest is asked for once more to tell a refusal from a fault.
   * @param {FaultKind} kind
   */
  async #failNatively(kind) {
    const answer = await fetch(this.token.on(this.manifestUrl)).catch(() => null);
    const problem = answer && !answer.ok ? parseProblem(await answer.text()) : null;
    this.#fail({ status: answer && !answer.ok ? answer.status : 0, problem, kind: answer ? kind : "network" });
  }

  #unload() {
    this.#hls?.destroy();
    this.#hls = null;
    this.#loaded.abort();
    this.#loaded = new AbortController();
  }

  /** @param {{status?: number, kind: FaultKind, problem?: Problem | null}} fault */
  #fail({ status = 0, kind, problem = null }) {
    this.#start = this.#video.currentTime || this.#start;
    // Another try goes on behind what has just been tried in vain.
    if (kind === "media") this.#start = this.#reached + PASSED_BY_SECONDS;
    this.#unload();
    const detail = { ...classifyError({ status, kind, problem }), status };
    this.dispatchEvent(new CustomEvent("failure", { detail }));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
