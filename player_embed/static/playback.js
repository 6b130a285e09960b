/** The medium behind the controls: hls.js where there is Media Source Extensions, the browser's own HLS elsewhere. */
import Hls from "./hls.js";
import {
  BUFFER_AHEAD, classifyError, hlsConfig, isAtEnd, isRefused, needlessLevels, parseProblem, savingLevel, startLevel,
} from "./player-core.js";
import { withToken } from "./token.js";

const MEDIA_RECOVERIES = 2;

/** Bits per second; undefined where the browser does not know: Chromium then says "4g" and some 1.5 Mbit/s, slower ones are "3g". */
function measuredBandwidth() {
  const { downlink: megabits, effectiveType } = navigator.connection ?? {};
  const guessed = effectiveType === "4g" && megabits < 2;
  return megabits && !guessed ? megabits * 1e6 : undefined;
}

/**
 * Plays one manifest in one video element.
 * Events: "change" (levels, current level or growth are different), "failure" (`detail`: see classifyError, with `status`).
 */
export class Playback extends EventTarget {
  /** Levels in ascending order; empty where the browser plays HLS by itself. */
  levels = [];
  /** True while the playlist has no end yet; `available` is how many seconds exist. */
  growing = false;
  available = 0;
  /** How many captions the manifest brings among the text tracks: none by hls.js, whose bundle leaves them out. */
  captions = 0;

  #hls = null;
  /** Ends the listeners of the manifest that is loaded now. */
  #loaded = new AbortController();
  #recoveries = 0;
  #saving = Boolean(navigator.connection?.saveData);

  /** `token`: see token.js. */
  constructor(video, manifestUrl, { whole, start, duration, token }) {
    super();
    this.token = token;
    this.video = video;
    this.manifestUrl = manifestUrl;
    this.whole = whole;
    this.start = start;
    this.duration = duration;
  }

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

  /** Plays a level from the next segment on, in the last one at once; -1 lets the bandwidth decide. */
  selectLevel(index) {
    const hls = this.#hls;
    const last = hls?.latestLevelDetails?.fragments.at(-1);
    if (index >= 0 && index !== hls?.currentLevel && last && this.video.currentTime >= last.start) {
      // Without a seek the browser shows the frames that it has decoded already.
      hls.once(Hls.Events.BUFFER_FLUSHED, () => !this.video.ended && (this.video.currentTime = this.video.currentTime));
      hls.currentLevel = index;
    } else if (hls) hls.nextLevel = index;
    this.#changed();
  }

  /** Names of the sounds to choose from, and the index of the one that is heard; a single one is no choice. */
  get sounds() {
    const tracks = this.#hls ? this.#hls.audioTracks.map(({ name }) => name) : [...(this.video.audioTracks ?? [])].map(({ label }) => label);
    if (tracks.length < 2) return { tracks: [], heard: -1 };
    const heard = this.#hls ? this.#hls.audioTrack : [...(this.video.audioTracks ?? [])].findIndex(({ enabled }) => enabled);
    return { tracks, heard };
  }

  selectSound(index) {
    if (this.#hls) this.#hls.audioTrack = index;
    else [...this.video.audioTracks].forEach((track, position) => (track.enabled = position === index));
    this.#changed();
  }

  /** Whether the automatic choice stays low, and so costs the reader little. */
  get saving() {
    return this.#saving;
  }

  set saving(saving) {
    this.#saving = saving;
    if (saving) this.#capLevel();
    else this.#uncapLevel();
    this.#changed();
  }

  /** hls.js sets its one cap anew whenever the size of the player changes: the lower of size and saving shall hold. */
  #capLevel() {
    const hls = this.#hls;
    if (!hls || !this.#saving) return;
    const most = savingLevel(this.levels);
    if (hls.autoLevelCapping === -1 || hls.autoLevelCapping > most) hls.autoLevelCapping = most;
  }

  #uncapLevel() {
    const hls = this.#hls;
    if (!hls) return;
    hls.autoLevelCapping = -1;
    if (this.whole) return;
    hls.capLevelToPlayerSize = false;
    hls.capLevelToPlayerSize = true;
  }

  /** From now on the browser plays by itself, which alone can be sent to another screen. */
  playNatively() {
    const paused = this.video.paused;
    this.start = this.video.currentTime;
    this.#unload();
    this.#loadNatively();
    if (!paused) this.video.play().catch(() => {});
  }

  /** Loads the manifest. `growing`: the version is still being encoded. */
  load({ growing }) {
    this.#unload();
    this.growing = growing;
    this.captions = 0;
    if (Hls.isSupported()) this.#loadWithHls();
    else if (this.video.canPlayType("application/vnd.apple.mpegurl")) this.#loadNatively();
    else this.#fail({ kind: "unsupported" });
  }

  /** Loads again from the place that was reached, keeping play or pause. */
  reload({ growing }) {
    const paused = this.video.paused;
    this.start = this.video.currentTime || this.start;
    this.load({ growing });
    if (!paused) this.video.play().catch(() => {});
  }

  #loadWithHls() {
    const bandwidth = measuredBandwidth();
    const hls = new Hls(hlsConfig({ whole: this.whole, start: this.start, bandwidth }));
    hls.config.xhrSetup = (xhr, url) => this.token.current && xhr.open("GET", withToken(url, this.token.current), true);
    this.#hls = hls;
    hls.on(Hls.Events.MANIFEST_PARSED, async () => {
      const needless = await needlessLevels(hls.levels, (query) => navigator.mediaCapabilities.decodingInfo(query));
      if (this.#hls !== hls) return;
      for (const index of needless.reverse()) hls.removeLevel(index);
      this.levels = hls.levels;
      hls.startLevel = startLevel(hls.levels, {
        whole: this.whole,
        growing: this.growing,
        playerHeight: this.video.clientHeight * devicePixelRatio,
        bandwidth,
        saveData: this.#saving,
      });
      this.#capLevel();
      hls.startLoad(this.start);
      this.#changed();
    });
    hls.on(Hls.Events.MAX_AUTO_LEVEL_UPDATED, () => this.#capLevel());
    hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
      this.growing = details.live;
      this.available = details.edge;
      this.#changed();
    });
    // A growing playlist may hold everything and not know yet that it does.
    const { signal } = this.#loaded;
    const end = () => {
      if (!isAtEnd(this.video.currentTime, this.duration)) return;
      hls.trigger(Hls.Events.BUFFER_EOS, {});
      const again = () => {
        hls.stopLoad();
        hls.startLoad(this.video.currentTime);
      };
      this.video.addEventListener("seeking", again, { once: true, signal });
    };
    this.video.addEventListener("waiting", end, { signal });
    const buffer = () => (hls.config.maxMaxBufferLength = BUFFER_AHEAD.played);
    if (this.video.paused) this.video.addEventListener("play", buffer, { once: true, signal: this.#loaded.signal });
    else buffer();
    for (const event of [Hls.Events.AUDIO_TRACKS_UPDATED, Hls.Events.AUDIO_TRACK_SWITCHED]) hls.on(event, () => this.#changed());
    hls.on(Hls.Events.LEVEL_SWITCHED, () => this.#changed());
    hls.on(Hls.Events.LEVELS_UPDATED, () => {
      this.levels = hls.levels;
      this.#changed();
    });
    hls.on(Hls.Events.ERROR, (_, error) => this.#onHlsError(error));
    hls.attachMedia(this.video);
    hls.loadSource(this.manifestUrl);
  }

  #onHlsError({ fatal, type, details, response, networkDetails }) {
    const status = response?.code ?? 0;
    const problem = status >= 400 ? parseProblem(networkDetails?.response) : null;
    // hls.js would first try all other levels, which are refused as well.
    if (!fatal && !isRefused(status, problem)) return;
    const mediaFault = type === Hls.ErrorTypes.MEDIA_ERROR;
    const unsupported = details === Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR;
    if (mediaFault && !unsupported && this.#recoveries++ < MEDIA_RECOVERIES) {
      this.#hls.recoverMediaError();
      return;
    }
    const parsing = details === Hls.ErrorDetails.MANIFEST_PARSING_ERROR;
    this.#fail({
      status,
      problem,
      kind: unsupported ? "unsupported" : mediaFault || parsing ? "media" : "network",
    });
  }

  #loadNatively() {
    const { video } = this;
    const { signal } = this.#loaded;
    video.addEventListener(
      "error",
      () => {
        const kinds = { 2: "network", 3: "media", 4: "unsupported" };
        this.#failNatively(kinds[video.error?.code]);
      },
      { once: true, signal },
    );
    // A browser starts a growing playlist at its end; this service's recordings begin at the beginning.
    const onMetadata = () => {
      video.currentTime = this.start;
      this.captions = [...video.textTracks].filter(({ kind }) => kind === "subtitles").length;
      this.#changed();
    };
    video.addEventListener("loadedmetadata", onMetadata, { once: true, signal });
    const onGrowth = () => {
      this.growing = video.duration === Infinity;
      this.available = video.seekable.length ? video.seekable.end(0) : 0;
      this.#changed();
    };
    video.addEventListener("durationchange", onGrowth, { signal });
    video.addEventListener("progress", onGrowth, { signal });
    video.src = withToken(this.manifestUrl, this.token.current);
  }

  /** A media element hides the HTTP status, so the manifest is asked for once more to tell a refusal from a fault. */
  async #failNatively(kind) {
    const answer = await fetch(withToken(this.manifestUrl, this.token.current)).catch(() => null);
    const problem = answer && !answer.ok ? parseProblem(await answer.text()) : null;
    this.#fail({ status: answer && !answer.ok ? answer.status : 0, problem, kind: answer ? kind : "network" });
  }

  #unload() {
    this.#hls?.destroy();
    this.#hls = null;
    this.#loaded.abort();
    this.#loaded = new AbortController();
  }

  #fail({ status = 0, kind, problem = null }) {
    this.start = this.video.currentTime || this.start;
    this.#unload();
    const detail = { ...classifyError({ status, kind, problem }), status };
    this.dispatchEvent(new CustomEvent("failure", { detail }));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
