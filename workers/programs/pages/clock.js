/*
 * A clock that stands still until it is turned: runs in a page before anything of its own. All that tells time, waits or
 * chooses by chance goes by it, so that the same movie gives the same pictures twice.
 */
(() => {
  const MOST_TIMERS = 20_000;
  const EPOCH = Date.UTC(2016, 0, 1);
  const realTimeout = window.setTimeout.bind(window);
  let now = 0;
  let next = 1;
  /** @type {Map<number, {due: number, every: number | null, run: () => void}>} */
  const timers = new Map();
  /** @type {Map<number, FrameRequestCallback>} */
  let frames = new Map();

  const attempt = (/** @type {() => void} */ run) => {
    try {
      run();
    } catch (error) {
      // As a browser does it, so that the page hears of it and what comes next goes on.
      reportError(error);
    }
  };
  const runText = (/** @type {string} */ text) => {
    const script = document.createElement("script");
    script.textContent = text;
    document.head.append(script);
    script.remove();
  };
  const timer = (/** @type {unknown} */ what, /** @type {unknown} */ delay, /** @type {boolean} */ again, /** @type {unknown[]} */ given) => {
    const wait = Math.max(Number(delay) || 0, again ? 1 : 0);
    const run = typeof what === "function" ? () => what(...given) : () => runText(String(what));
    timers.set(next, { due: now + wait, every: again ? wait : null, run });
    return next++;
  };
  const replaced = {
    setTimeout: (/** @type {unknown} */ what, /** @type {unknown} */ delay, /** @type {unknown[]} */ ...given) => timer(what, delay, false, given),
    setInterval: (/** @type {unknown} */ what, /** @type {unknown} */ delay, /** @type {unknown[]} */ ...given) => timer(what, delay, true, given),
    clearTimeout: (/** @type {number} */ id) => void timers.delete(id),
    clearInterval: (/** @type {number} */ id) => void timers.delete(id),
    requestAnimationFrame: (/** @type {FrameRequestCallback} */ call) => {
      frames.set(next, call);
      return next++;
    },
    cancelAnimationFrame: (/** @type {number} */ id) => void frames.delete(id),
    requestIdleCallback: (/** @type {IdleRequestCallback} */ call) =>
      timer(() => call({ didTimeout: false, timeRemaining: () => 10 }), 1, false, []),
    cancelIdleCallback: (/** @type {number} */ id) => void timers.delete(id),
    // What would wait for somebody, or lead elsewhere.
    alert: () => undefined,
    confirm: () => false,
    prompt: () => null,
    print: () => undefined,
    open: () => null,
  };
  Object.assign(window, replaced);

  // Whoever asks for the time without end waits for it to pass, or would give up a script that takes too long.
  const FREE_LOOKS = 1000;
  let looks = 0;
  let seen = 0;
  const look = () => (seen = Math.max(seen, now + Math.max(0, ++looks - FREE_LOOKS)));
  performance.now = look;
  const RealDate = Date;
  // @ts-expect-error: called as a function it gives a string, and is none of TypeScript's classes
  window.Date = new Proxy(RealDate, {
    construct: (target, given) => (given.length ? Reflect.construct(target, given) : new target(EPOCH + look())),
    apply: () => new RealDate(EPOCH + look()).toString(),
    get: (target, name) => (name === "now" ? () => EPOCH + Math.floor(look()) : Reflect.get(target, name)),
  });
  let seed = 0x2545f491;
  Math.random = () => {
    // Mulberry32, in the public domain.
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };

  const runDue = (/** @type {number} */ until) => {
    for (let count = 0; count < MOST_TIMERS; count++) {
      /** @type {[number, {due: number, every: number | null, run: () => void}] | null} */
      let first = null;
      for (const entry of timers) if (entry[1].due <= until && (!first || entry[1].due < first[1].due)) first = entry;
      if (!first) return;
      const [id, what] = first;
      now = Math.max(now, Math.min(what.due, until));
      if (what.every === null) timers.delete(id);
      else what.due += what.every;
      attempt(what.run);
    }
  };
  const runFrames = () => {
    const waiting = frames;
    frames = new Map();
    for (const call of waiting.values()) attempt(() => call(now));
  };

  /** @type {Map<Animation, number>} */
  const begun = new Map();
  const turnStyles = () => {
    for (const animation of document.getAnimations()) {
      let start = begun.get(animation);
      if (start === undefined) {
        animation.pause();
        begun.set(animation, (start = now));
      }
      attempt(() => {
        animation.currentTime = now - /** @type {number} */ (start);
      });
    }
    for (const drawing of document.querySelectorAll("svg"))
      if (!drawing.ownerSVGElement) {
        drawing.pauseAnimations();
        drawing.setCurrentTime(now / 1000);
      }
  };

  // Sound: what is started is mixed here, by the same clock.
  const RATE = 44_100;
  /** @type {{at: number, channels: Float32Array[]}[]} */
  let heard = [];
  /** @type {{end: number, source: Source}[]} */
  let playing = [];
  const node = () => ({ connect: (/** @type {unknown} */ to) => to, disconnect: () => undefined, gain: { value: 1, setValueAtTime: () => undefined } });
  class Source extends EventTarget {
    buffer = /** @type {AudioBuffer | null} */ (null);
    onended = /** @type {((event: Event) => void) | null} */ (null);
    connect(/** @type {unknown} */ to) {
      return to;
    }
    disconnect() {}
    start(/** @type {number} */ when = 0) {
      const buffer = this.buffer;
      if (!buffer) return;
      const at = Math.max(when, now / 1000);
      const channels = Array.from({ length: Math.min(2, buffer.numberOfChannels) }, (_, index) => buffer.getChannelData(index).slice());
      heard.push({ at: Math.round(at * RATE), channels });
      playing.push({ end: at + buffer.duration, source: this });
    }
    stop() {}
  }
  class Sound extends EventTarget {
    sampleRate = RATE;
    state = "running";
    destination = node();
    listener = {};
    onstatechange = null;
    baseLatency = 0;
    get currentTime() {
      return now / 1000;
    }
    createBuffer(/** @type {number} */ numberOfChannels, /** @type {number} */ length, /** @type {number} */ sampleRate) {
      return new AudioBuffer({ numberOfChannels, length, sampleRate });
    }
    createBufferSource() {
      return new Source();
    }
    createGain() {
      return node();
    }
    createAnalyser() {
      return node();
    }
    async resume() {}
    async suspend() {}
    async close() {}
  }
  Object.assign(window, { AudioContext: Sound, webkitAudioContext: Sound });

  const endSounds = () => {
    for (;;) {
      const over = playing.filter((sound) => sound.end <= now / 1000);
      if (!over.length) return;
      playing = playing.filter((sound) => sound.end > now / 1000);
      for (const { source } of over) {
        const event = new Event("ended");
        attempt(() => source.onended?.(event));
        source.dispatchEvent(event);
      }
    }
  };

  const clock = {
    RATE,
    /** Let what is real go on for some milliseconds: promises, what is fetched, compiled and decoded. */
    breathe: (/** @type {number} */ milliseconds) => new Promise((done) => realTimeout(done, milliseconds)),
    /** Let what waits go on without that time passes, while something is being loaded. */
    pump: () => {
      for (const [id, what] of timers)
        // What is to happen later gives up on something that takes too long.
        if (what.due <= now + 1000) {
          if (what.every === null) timers.delete(id);
          attempt(what.run);
        }
      runFrames();
    },
    /** Turn the clock to this moment, in milliseconds since the page began. */
    turn: (/** @type {number} */ moment) => {
      looks = 0;
      // Sounds are handed on in pieces; each must find the clock where it ends.
      for (;;) {
        const end = Math.min(...playing.map((sound) => sound.end * 1000));
        if (end >= moment) break;
        runDue(end);
        now = Math.max(now, end + 1e-6);
        endSounds();
      }
      runDue(moment);
      now = moment;
      endSounds();
      runFrames();
      turnStyles();
    },
    /** Samples from one place to another, 16 bits, left and right in turns, as Base64; none that are heard later. */
    sound: (/** @type {number} */ from, /** @type {number} */ to) => {
      const mixed = new Float32Array(2 * (to - from));
      for (const { at, channels } of heard) {
        const left = /** @type {Float32Array} */ (channels[0]);
        const right = channels[1] ?? left;
        for (let index = Math.max(0, from - at); index < left.length && at + index < to; index++) {
          mixed[2 * (at + index - from)] += left[index] ?? 0;
          mixed[2 * (at + index - from) + 1] += right[index] ?? 0;
        }
      }
      heard = heard.filter(({ at, channels }) => at + (channels[0]?.length ?? 0) > to);
      const bytes = new Uint8Array(4 * (to - from));
      const view = new DataView(bytes.buffer);
      mixed.forEach((value, index) => view.setInt16(2 * index, Math.max(-32768, Math.min(32767, Math.round(value * 32767))), true));
      let text = "";
      for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
      return btoa(text);
    },
    hears: () => heard.length > 0 || playing.length > 0,
  };
  Object.defineProperty(window, "turnedClock", { value: clock });
})();
