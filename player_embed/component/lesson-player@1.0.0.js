/*!
 * <lesson-player playback-id="…" token="…">: the Lessonstream player as an element, with the properties, methods and events
 * of HTMLMediaElement. It stands over the player's own page in an iframe and talks with it by messages (docs/player.md), so
 * styles and scripts of either side cannot touch the other, the site's permission to embed is checked as for a bare iframe,
 * and improvements of the player arrive without a change here. This file is never changed: a new version gets a new name.
 */
(() => {
  "use strict";
  const NAME = "lesson-player";
  if (customElements.get(NAME)) return;

  const VERSION = 1;
  const SERVICE = document.currentScript ? new URL(document.currentScript.src).origin : null;
  const LOADS = ["playback-id", "course", "service", "lang", "controls", "start", "resume"];
  const SWITCHES = ["autoplay", "muted", "loop"];
  const BUBBLING = ["ready", "tokenexpiring", "tokenexpired", "settingschange"];
  const NOTHING = {
    currentTime: 0, duration: NaN, paused: true, ended: false, seeking: false, muted: false, volume: 1, playbackRate: 1, loop: false,
    readyState: 0, videoWidth: 0, videoHeight: 0, buffered: [], error: null, title: "", kind: null, assetState: null,
    playbackId: null, quality: "auto", qualities: [], caption: "", captions: [], language: "", languages: [],
  };

  const style = new CSSStyleSheet();
  style.replaceSync(
    ":host{display:block;position:relative;aspect-ratio:16/9;background:#07090d}:host([hidden]){display:none}" +
      "iframe{position:absolute;inset:0;width:100%;height:100%;border:0;border-radius:inherit}",
  );

  class LessonPlayer extends HTMLElement {
    static observedAttributes = [...LOADS, ...SWITCHES, "token", "title"];

    #frame = document.createElement("iframe");
    #state = NOTHING;
    #stateAt = 0;
    #ready = false;
    #waiting = [];
    #answers = new Map();
    #nextId = 1;
    #address = "";
    #planned = false;
    #again = false;
    #renewToken = null;
    #renewedAt = -Infinity;
    #renewedFor = null;
    #onMessage = (event) => this.#receive(event);

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [style];
      this.#frame.allow = "autoplay; fullscreen; picture-in-picture; encrypted-media";
      this.#frame.allowFullscreen = true;
      this.#frame.setAttribute("part", "frame");
      this.#frame.addEventListener("load", () => this.#hello());
      root.append(this.#frame);
      // A framework may have set properties before the script came.
      for (const name of ["playbackId", "course", "token", "service", "renewToken", ...SWITCHES]) {
        if (!Object.hasOwn(this, name)) continue;
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
    }

    connectedCallback() {
      addEventListener("message", this.#onMessage);
      this.#plan();
    }

    disconnectedCallback() {
      removeEventListener("message", this.#onMessage);
      this.#ready = false;
      this.#address = "";
      for (const { reject } of this.#answers.values()) reject(new DOMException("The player was removed.", "AbortError"));
      this.#answers.clear();
    }

    attributeChangedCallback(name, before, after) {
      if (before === after) return;
      if (name === "token" && this.#ready && after && !this.#state.error) void this.#ask({ type: "token", token: after }).catch(() => {});
      else if (name === "title") this.#frame.title = after ?? "";
      else if (["muted", "loop"].includes(name) && this.#ready) this.#set(name, after !== null);
      else if (name !== "autoplay") this.#plan();
    }

    // ---- what HTMLMediaElement has ----

    play() {
      return this.#ask({ type: "play" });
    }

    pause() {
      void this.#ask({ type: "pause" }).catch(() => {});
    }

    get currentTime() {
      const { currentTime, paused, seeking, readyState, playbackRate, duration } = this.#state;
      if (paused || seeking || readyState < 3) return currentTime;
      const passed = ((performance.now() - this.#stateAt) / 1000) * playbackRate;
      return Math.min(currentTime + Math.min(passed, 0.5), duration || Infinity); // Told some four times a second.
    }

    set currentTime(value) {
      this.#set("currentTime", Number(value));
    }

    get buffered() {
      const { buffered } = this.#state;
      return { length: buffered.length, start: (i) => buffered[i][0], end: (i) => buffered[i][1] };
    }

    get playbackId() {
      return this.getAttribute("playback-id") ?? "";
    }

    set playbackId(value) {
      this.#reflect("playback-id", value);
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

    /** `async ({expiresIn, playbackId}) => token`: called shortly before the token ends, or when it was refused. */
    get renewToken() {
      return this.#renewToken;
    }

    set renewToken(value) {
      this.#renewToken = typeof value === "function" ? value : null;
    }

    get autoplay() {
      return this.hasAttribute("autoplay");
    }

    set autoplay(value) {
      this.toggleAttribute("autoplay", Boolean(value));
    }

    // ---- the frame ----

    #reflect(name, value) {
      if (value === null || value === undefined || value === "") this.removeAttribute(name);
      else this.setAttribute(name, String(value));
    }

    /** Attributes come one by one; the frame is loaded once. `again` loads it even where nothing but the token is new. */
    #plan(again = false) {
      this.#again ||= again;
      if (this.#planned) return;
      this.#planned = true;
      queueMicrotask(() => {
        const wanted = this.#again;
        this.#planned = this.#again = false;
        if (this.isConnected) this.#load(wanted);
      });
    }

    #load(again = false) {
      if (!(this.playbackId || this.course) || !this.service) return;
      const address = new URL(`/embed/${this.course ? "courses/" : ""}${encodeURIComponent(this.course || this.playbackId)}`, this.service);
      // In a course the viewer may have gone on to another lesson since.
      const lesson = this.course && ((again && this.#state.playbackId) || this.playbackId);
      if (lesson) address.searchParams.set("lesson", lesson);
      for (const name of LOADS.slice(3)) if (this.hasAttribute(name)) address.searchParams.set(name, this.getAttribute(name));
      for (const name of SWITCHES) if (this.hasAttribute(name)) address.searchParams.set(name, "1");
      const without = address.href;
      if (without === this.#address && this.#ready && !again) return;
      if (this.token) address.searchParams.set("token", this.token);
      this.#address = without;
      this.#ready = false;
      this.#state = { ...NOTHING, muted: this.hasAttribute("muted"), loop: this.hasAttribute("loop") };
      if (this.#frame.src !== address.href || again) this.#frame.src = address.href;
    }

    #hello() {
      if (!this.#address) return;
      this.#ready = false;
      this.#post({ type: "hello" });
    }

    #post(message) {
      // Only to the service: whatever else the frame may show hears nothing, tokens least of all.
      this.#frame.contentWindow?.postMessage({ lessonstream: VERSION, ...message }, new URL(this.service).origin);
    }

    #ask(message) {
      return new Promise((resolve, reject) => {
        const id = this.#nextId++;
        this.#answers.set(id, { resolve, reject });
        if (this.#ready) this.#post({ ...message, id });
        else this.#waiting.push({ ...message, id });
      });
    }

    #set(name, value) {
      this.#state = { ...this.#state, [name]: value };
      this.#stateAt = performance.now();
      void this.#ask({ type: "set", name, value }).catch(() => {});
    }

    #receive({ source, origin, data }) {
      if (source !== this.#frame.contentWindow || origin !== new URL(this.service).origin || data?.lessonstream !== VERSION) return;
      if (data.state) {
        this.#state = { ...NOTHING, ...data.state };
        this.#stateAt = performance.now();
      }
      if (data.type === "ready") this.#begin();
      else if (data.type === "result") this.#settle(data);
      else if (data.type === "event") this.#onEvent(data);
    }

    #begin() {
      if (this.#state.error) return void this.#refused();
      this.#ready = true;
      this.#tell("ready");
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
      if (name === "tokenexpiring") void this.#renew({ ...detail, playbackId: this.#state.playbackId }).then((token) => token && (this.token = token));
      return undefined;
    }

    /** A refused token is worth one try with another one. */
    async #refused() {
      const { error } = this.#state;
      if (/^token_/.test(error.code) && (performance.now() - this.#renewedAt > 10_000 || this.#state.playbackId !== this.#renewedFor)) {
        const token = await this.#renew({ expiresIn: 0, playbackId: this.#state.playbackId });
        if (token) {
          this.token = token;
          return this.#plan(true);
        }
      }
      return this.#tell("error", error);
    }

    async #renew(detail) {
      this.#renewedAt = performance.now();
      this.#renewedFor = this.#state.playbackId;
      try {
        return (await this.#renewToken?.(detail)) || null;
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
      for (const name of [...told, "qualities", "captions", "languages"]) {
        Object.defineProperty(this.prototype, name, { enumerable: true, get() { return this.#state[name]; } });
      }
      const kinds = { volume: Number, playbackRate: Number, muted: Boolean, loop: Boolean, quality: String, caption: String, language: String };
      for (const [name, kind] of Object.entries(kinds)) {
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
