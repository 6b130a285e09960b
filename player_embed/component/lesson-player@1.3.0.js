/*!
 * <lesson-player playback-id="…" token="…">: the Lessonstream player as an element, with the properties, methods and events
 * of HTMLMediaElement. It stands over the player's own page in an iframe and talks with it by messages (docs/player.md), so
 * styles and scripts of either side cannot touch the other, the site's permission to embed is checked as for a bare iframe,
 * and improvements of the player arrive without a change here. This file is never changed: a new version gets a new name.
 * Frames are made when they come near the viewport.
 */



(() => {
  "use strict";
  const NAME = "lesson-player";
  // On a server the import does nothing: its pages hold the element, and the browser brings it to life.
  if (typeof customElements === "undefined" || customElements.get(NAME)) return;

  const VERSION = 1;
  // Modules have no `currentScript`, and that of a bundle is a script of the page's own.
  const SCRIPT = `script[src*="/embed/component/${NAME}@"]`;
  const script = document.currentScript?.matches(SCRIPT) ? document.currentScript : document.querySelector(SCRIPT);
  const SERVICE = script instanceof HTMLScriptElement ? new URL(script.src).origin : null;
  const NAMES = ["playback-id", "playbackid", "course", "service"];
  const QUERY = ["lang", "controls", "start", "end", "speed", "captions", "slides", "preferences", "resume"];
  const SETTINGS = { volume: Number, playbackRate: Number, muted: Boolean, loop: Boolean, quality: String, caption: String, language: String };
  const SWITCHES = ["autoplay", "muted", "loop"];
  const BUBBLING = ["ready", "lessonchange", "tokenexpiring", "tokenexpired", "tokenrefused", "settingschange"];
  const ANSWERS_WITHIN_MS = 10_000;
  const NEAR = { rootMargin: "50%", scrollMargin: "50%" };
  const ALLOWED = "autoplay; fullscreen; picture-in-picture; encrypted-media";
  const RENEWED_LATELY_MS = 10_000;
  const UNREACHABLE = {
    code: "player_unreachable",
    message: {
      en: "The player does not answer: the service is out of reach, or does not allow this site to embed it.",
      zh: "播放器没有响应：服务无法访问，或不允许在本网站嵌入。",
    },
  };
  const NOTHING = {
    currentTime: 0, duration: NaN, paused: true, ended: false, seeking: false, muted: false, volume: 1, playbackRate: 1, loop: false,
    readyState: 0, videoWidth: 0, videoHeight: 0, buffered: [], error: null, title: "", kind: null, assetState: null,
    playbackId: null, quality: "auto", qualities: [], caption: "", captions: [], language: "", languages: [],
  };

  const NO_SERVICE =
    'set the attribute "service" to the origin that serves the lessons, such as https://media.example: a script that was ' +
    "bundled or imported does not know it.";

  const nothingBut = (/** @type {LessonPlayerError} */ { code }) => `There is nothing to play: ${code}.`;

  const style = new CSSStyleSheet();
  style.replaceSync(
    ":host{display:block;position:relative;aspect-ratio:16/9;background:#07090d}:host([hidden]){display:none}" +
      "iframe{position:absolute;inset:0;width:100%;height:100%;border:0;border-radius:inherit}",
  );

  class LessonPlayer extends HTMLElement {
    static observedAttributes = [...NAMES, ...QUERY, ...SWITCHES, "token", "title", "loading"];
    static #inPages = new Set();

    #root = this.attachShadow({ mode: "open" });
    #frame = null;
    #near = false;
    #observer = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && this.#come(), NEAR);
    #state = NOTHING;
    #stateAt = 0;
    #ready = false;
    #waiting = [];
    #answers = new Map();
    #nextId = 1;
    #source = "";
    #lesson = "";
    #goesOn = false;
    #resumesAt = null;
    #planned = null;
    #deadline;
    #renewToken = null;
    #renewedAt = -Infinity;
    #renewedFor = null;
    #onMessage = (/** @type {MessageEvent} */ event) => this.#receive(event);

    constructor() {
      super();
      this.#root.adoptedStyleSheets = [style];
      this.#takeOver();
    }

    #takeOver() {
      const early = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (this));
      for (const name of ["playbackId", "course", "token", "service", "renewToken", "autoplay", ...Object.keys(SETTINGS)]) {
        if (!Object.hasOwn(early, name)) continue;
        const value = early[name];
        delete early[name];
        early[name] = value;
      }
    }

    connectedCallback() {
      addEventListener("message", this.#onMessage);
      LessonPlayer.#inPages.add(this);
      this.#plan();
    }

    disconnectedCallback() {
      removeEventListener("message", this.#onMessage);
      LessonPlayer.#inPages.delete(this);
      this.#observer.disconnect();
      clearTimeout(this.#deadline);
      this.#giveUp("AbortError", "The player was removed.");
      if (this.#ready) this.#keep();
      this.#ready = false;
      this.#source = "";
      this.#frame?.remove();
      this.#frame = null;
    }

    connectedMoveCallback() {}

    #keep() {
      const { currentTime, paused } = this.#state;
      this.#resumesAt = currentTime || null;
      this.#goesOn = !paused;
      for (const name of /** @type {(keyof typeof SETTINGS)[]} */ (Object.keys(SETTINGS))) {
        if (this.#state[name] !== NOTHING[name]) this.#waiting.push({ type: "set", name, value: this.#state[name], id: this.#nextId++ });
      }
    }

    attributeChangedCallback(name, before, after) {
      if (before === after) return;
      if (name === "title") this.#frame?.setAttribute("title", after ?? "");
      else if (name === "token") this.#plan({ token: Boolean(after) });
      else if (["muted", "loop"].includes(name) && this.#ready) this.#set(name, after !== null);
      else if (name !== "autoplay") {
        if (NAMES.includes(name)) {
          this.#lesson = "";
          this.#goesOn = false;
          this.#resumesAt = null;
        }
        this.#plan();
      }
    }

    // ---- what HTMLMediaElement has ----

    play() {
      if (!this.isConnected) return Promise.reject(new DOMException("The player is in no page.", "InvalidStateError"));
      this.#come();
      return this.#ask({ type: "play" });
    }

    pause() {
      void this.#ask({ type: "pause" }).catch(() => {});
    }

    load() {
      this.#near = true;
      this.#plan({ again: true });
    }

    get currentTime() {
      const { currentTime, paused, seeking, readyState, playbackRate, duration } = this.#state;
      if (paused || seeking || readyState < 3) return currentTime;
      const passed = ((performance.now() - this.#stateAt) / 1000) * playbackRate;
      return Math.min(currentTime + Math.min(passed, 0.5), duration || Infinity); // Told some four times a second.
    }

    set currentTime(value) {
      const time = Number(value);
      if (!Number.isFinite(time)) throw new TypeError("currentTime must be a finite number.");
      this.#set("currentTime", Math.max(0, Math.min(time, this.#state.duration || Infinity)));
    }

    get buffered() {
      const { buffered } = this.#state;
      return { length: buffered.length, start: (/** @type {number} */ i) => buffered[i][0], end: (/** @type {number} */ i) => buffered[i][1] };
    }

    get playbackId() {
      // React writes `playbackId` as an attribute where the element is not known yet, as on a server; HTML has no capitals.
      return this.getAttribute("playback-id") ?? this.getAttribute("playbackid") ?? "";
    }

    set playbackId(value) {
      this.removeAttribute("playbackid");
      this.#reflect("playback-id", value);
    }

    get lesson() {
      return this.#lesson;
    }

    get course() {
      return this.getAttribute("course") ?? "";
    }

    set course(value) {
      this.#reflect("course", value);
    }

    get token() {
      return this.getAttribute("token") ?? "";
    }

    set token(value) {
      this.#reflect("token", value);
    }

    get service() {
      return this.getAttribute("service") ?? SERVICE ?? "";
    }

    set service(value) {
      this.#reflect("service", value);
    }

    get renewToken() {
      return this.#renewToken;
    }

    set renewToken(value) {
      this.#renewToken = typeof value === "function" ? value : null;
      if (/^token_/.test(this.#state.error?.code ?? "")) void this.#refused();
    }

    get autoplay() {
      return this.hasAttribute("autoplay");
    }

    set autoplay(value) {
      this.toggleAttribute("autoplay", Boolean(value));
    }

    get captions() {
      return this.#state.captions;
    }

    set captions(value) {
      this.#reflect("captions", value);
    }

    // ---- the frame ----

    #reflect(name, value) {
      if (value === null || value === undefined || value === "") this.removeAttribute(name);
      else this.setAttribute(name, String(value));
    }

    #plan(wish = {}) {
      const planned = this.#planned;
      this.#planned = { again: planned?.again || wish.again, token: planned?.token || wish.token };
      if (planned) return;
      queueMicrotask(() => {
        const { again, token } = this.#planned ?? {};
        this.#planned = null;
        if (!this.isConnected || !(this.playbackId || this.course)) return;
        if (!URL.canParse(this.service)) return console.error(`${NAME}: ${NO_SERVICE}`, this);
        if (!this.#near && this.getAttribute("loading") !== "eager") return this.#observer.observe(this);
        const refused = this.#state.error && !this.#ready;
        if (again || refused || this.#address().href !== this.#source) this.#load();
        else if (token) void this.#handIn();
        return undefined;
      });
    }

    #come() {
      this.#observer.disconnect();
      if (this.#near) return;
      this.#near = true;
      this.#plan();
    }

    #address() {
      const address = new URL(`/embed/${this.course ? "courses/" : ""}${encodeURIComponent(this.course || this.playbackId)}`, this.service);
      if (this.course && this.playbackId) address.searchParams.set("lesson", this.playbackId);
      for (const name of QUERY) if (this.hasAttribute(name)) address.searchParams.set(name, this.getAttribute(name) ?? "");
      for (const name of SWITCHES) if (this.hasAttribute(name)) address.searchParams.set(name, "1");
      return address;
    }

    #load() {
      const address = this.#address();
      this.#source = address.href;
      if (this.course && this.#lesson) address.searchParams.set("lesson", this.#lesson);
      if (this.#goesOn) address.searchParams.set("autoplay", "1");
      // The silent may begin by themselves.
      const muted = this.hasAttribute("muted") || this.#waiting.some((order) => order.type === "set" && order.name === "muted" && order.value);
      if (muted) address.searchParams.set("muted", "1");
      if (this.#resumesAt) address.searchParams.set("start", this.#resumesAt.toFixed(2));
      if (this.token) address.searchParams.set("token", this.token);
      this.#ready = false;
      this.#state = { ...NOTHING, muted, loop: this.hasAttribute("loop") };
      clearTimeout(this.#deadline);
      this.#waiting = this.#waiting.filter(({ type }) => type !== "token");
      this.#abandon("AbortError", "The player was loaded anew.");
      this.#replaceFrame(address.href);
    }

    #replaceFrame(address) {
      const frame = document.createElement("iframe");
      frame.allow = ALLOWED;
      frame.title = this.getAttribute("title") ?? "";
      frame.setAttribute("part", "frame");
      frame.addEventListener("load", () => this.#hello());
      frame.src = address;
      this.#frame?.remove();
      this.#frame = frame;
      this.#root.append(frame);
    }

    #hello() {
      if (!this.#source) return;
      this.#ready = false;
      this.#abandon("AbortError", "Another lesson was loaded.");
      this.#post({ type: "hello" });
      clearTimeout(this.#deadline);
      this.#deadline = setTimeout(() => {
        this.#state = { ...this.#state, error: UNREACHABLE };
        this.#fail();
      }, ANSWERS_WITHIN_MS);
    }

    #post(message) {
      // Only to the service: whatever else the frame may show hears nothing, tokens least of all.
      this.#frame?.contentWindow?.postMessage({ lessonstream: VERSION, ...message }, new URL(this.service).origin);
    }

    #ask(message) {
      return new Promise((resolve, reject) => {
        const { error } = this.#state;
        if (error && message.type === "play") return reject(new DOMException(nothingBut(error), "NotSupportedError"));
        const id = this.#nextId++;
        this.#answers.set(id, { resolve, reject });
        if (this.#ready) this.#post({ ...message, id });
        else this.#waiting.push({ ...message, id });
        return undefined;
      });
    }

    #giveUp(name, reason) {
      this.#waiting = this.#waiting.filter(({ type }) => type === "set");
      this.#abandon(name, reason);
    }

    #abandon(name, reason) {
      const waiting = new Set(this.#waiting.map(({ id }) => id));
      for (const [id, { reject }] of this.#answers) {
        if (waiting.has(id)) continue;
        this.#answers.delete(id);
        reject(new DOMException(reason, name));
      }
    }

    #set(name, value) {
      this.#state = { ...this.#state, [name]: value };
      this.#stateAt = performance.now();
      void this.#ask({ type: "set", name, value }).catch(() => {});
    }

    #receive({ source, origin, data }) {
      if (!source || source !== this.#frame?.contentWindow || origin !== new URL(this.service).origin || data?.lessonstream !== VERSION) return;
      if (data.state) {
        this.#state = { ...NOTHING, ...data.state };
        this.#stateAt = performance.now();
      }
      if (data.type === "ready") this.#begin();
      else if (data.type === "result") this.#settle(data);
      else if (data.type === "event") this.#onEvent(data);
      if (this.#ready && this.#resumesAt !== null && this.#state.readyState >= 2) this.#resume(this.#resumesAt);
    }

    #resume(time) {
      this.#resumesAt = null;
      if (Math.abs(this.#state.currentTime - time) > 2) this.currentTime = time;
    }

    #hush() {
      if (!this.#isHeard) return;
      for (const other of LessonPlayer.#inPages) if (other !== this && other.#isHeard) other.pause();
    }

    get #isHeard() {
      const { paused, muted, volume, kind } = this.#state;
      return !paused && !muted && volume > 0 && kind !== "animation" && this.getAttribute("alone") !== "0";
    }

    #begin() {
      clearTimeout(this.#deadline);
      const { playbackId, title, error } = this.#state;
      if (playbackId && playbackId !== this.#lesson) {
        this.#goesOn = this.#lesson !== "";
        this.#lesson = playbackId;
        this.#tell("lessonchange", { playbackId, title });
      }
      if (error) return void this.#refused();
      this.#ready = true;
      this.#goesOn = false;
      this.#tell("ready", { playbackId, title });
      for (const message of this.#waiting.splice(0)) this.#post(message);
      return undefined;
    }

    #settle({ id, error }) {
      const answer = this.#answers.get(id);
      this.#answers.delete(id);
      if (!error) answer?.resolve();
      else answer?.reject(new DOMException(`The player refused: ${error}.`, /Error$/.test(error) ? error : "InvalidStateError"));
    }

    #onEvent({ name, detail }) {
      if (name === "error") return void this.#refused();
      this.#tell(name, detail);
      if (name === "play" || name === "volumechange") this.#hush();
      // Once more when it has ended: the first time there may have been no network.
      if (name === "tokenexpiring" || name === "tokenexpired") void this.#renew(detail?.expiresIn ?? 0).then((token) => token && (this.token = token));
      return undefined;
    }

    async #handIn() {
      try {
        await this.#ask({ type: "token", token: this.token });
      } catch (refusal) {
        if (refusal instanceof DOMException && refusal.name === "AbortError") return;
        this.#tell("tokenrefused");
        if (this.#state.error) this.#fail();
      }
    }

    async #refused() {
      const { error, playbackId } = this.#state;
      if (!error) return undefined;
      if (!/^token_/.test(error.code)) return this.#fail();
      if (this.#waiting.some(({ type }) => type === "token")) return this.#load();
      if (performance.now() - this.#renewedAt < RENEWED_LATELY_MS && playbackId === this.#renewedFor) return this.#fail();
      const before = this.token;
      const token = await this.#renew(0);
      if (this.#state.error !== error) return undefined;
      if (!token || (this.#ready && token === before)) return this.#fail();
      this.token = token;
      // The page of a refusal cannot take it, and a lesson passed by may have had the same one.
      if (!this.#ready) this.#plan({ again: true });
      return undefined;
    }

    #fail() {
      const { error } = this.#state;
      if (!error) return;
      this.#giveUp("NotSupportedError", nothingBut(error));
      this.#tell("error", error);
    }

    async #renew(expiresIn) {
      const { playbackId } = this.#state;
      if (!this.#renewToken) return null;
      this.#renewedAt = performance.now();
      this.#renewedFor = playbackId;
      try {
        return (await this.#renewToken({ expiresIn, playbackId: /** @type {string} */ (playbackId) })) || null;
      } catch (fault) {
        console.warn(`${NAME}: renewToken failed`, fault);
        return null;
      }
    }

    #tell(name, detail = null) {
      const bubbles = BUBBLING.includes(name);
      this.dispatchEvent(new CustomEvent(name, { detail, bubbles, composed: bubbles }));
    }

    static {
      const told = ["duration", "paused", "ended", "seeking", "readyState", "videoWidth", "videoHeight", "error", "kind", "assetState"];
      for (const name of [...told, "qualities", "languages"]) {
        Object.defineProperty(this.prototype, name, { enumerable: true, get() { return this.#state[name]; } });
      }
      for (const [name, kind] of Object.entries(SETTINGS)) {
        Object.defineProperty(this.prototype, name, {
          enumerable: true,
          get() { return this.#state[name]; },
          set(value) { this.#set(name, kind(value)); },
        });
      }
    }
  }

  customElements.define(NAME, LessonPlayer);
})();
