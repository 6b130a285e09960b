/**
 * What the player decides: pure functions over plain values, without DOM, clock or network.
 * player.js, controls.js and playback.js act on the answers.
 */

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

/** Distance in seconds that counts as "at the end of what exists so far" of a growing playlist. */
const EDGE_MARGIN = 0.5;

/** Distance in seconds from the known length that counts as the end if nothing more comes. */
const END_MARGIN = 0.1;

/** Seconds loaded ahead: little on a page that nobody has played yet, because a course page may hold many players. */
export const BUFFER_AHEAD = { idle: 6, played: 60 };

/** Bits per second assumed before anything was measured. */
const DEFAULT_BANDWIDTH = 2_500_000;

/** Part of the bandwidth that the browser tells of which a start may make use. */
const START_SHARE = 0.6;

/** Lines of picture that a reader who saves data gets at most. */
const SAVING_HEIGHT = 360;

/** "zh" or "en": what the page was asked for, else the first supported language of the browser, else English. */
export function pickLanguage(requested, browserLanguages) {
  const known = [requested, ...browserLanguages]
    .map((tag) => String(tag ?? "").toLowerCase().split("-")[0])
    .find((base) => base === "zh" || base === "en");
  return known ?? "en";
}

/** Replaces each `{name}` of a sentence by its value. */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** 75 -> "1:15", 3675 -> "1:01:15". */
export function formatTime(seconds) {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = String(rest).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** The two largest units in words, for screen readers and estimates: "1 h 5 min", "12 分钟". */
export function spellTime(seconds, texts) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(whole / 3600), texts.hours],
    [Math.floor(whole / 60) % 60, texts.minutes],
    [whole % 60, texts.seconds],
  ].filter(([n]) => n > 0);
  return parts.length
    ? parts.slice(0, 2).map(([n, text]) => fill(text, { n })).join(" ")
    : fill(texts.seconds, { n: 0 });
}

/** Whether a state of an asset can be played. */
export function isPlayable(state) {
  return state === "playable" || state === "ready";
}

/** Whether waiting helps. */
export function isPending(state) {
  return state === "uploading" || state === "queued" || state === "processing";
}

/**
 * How this page behaves, from the page data and the reader's wish for less motion.
 * `whole`: short enough to be kept whole, at its best quality. `chrome`: "full", "minimal" (pause and full screen only, for animations) or "none".
 * Animations play muted by themselves, again and again if their file says so; a reader who asked for less motion starts
 * them by hand.
 */
export function behaviour(page, reducedMotion) {
  const { options } = page;
  const animation = page.kind === "animation";
  const loop = Boolean(page.loop || options.loop);
  return {
    loop,
    whole: loop || animation,
    autoplay: (Boolean(options.autoplay) || animation) && !((loop || animation) && reducedMotion),
    muted: Boolean(options.muted) || animation,
    chrome: options.controls === false ? "none" : animation ? "minimal" : "full",
    start: Math.max(0, Number(options.start) || 0),
  };
}

/**
 * Index of the first level to load; `levels` ascend. A loop or animation (`whole`) starts at the top, because hls.js never loads a
 * short clip a second time (its issue 4553). A version still being encoded starts at the bottom, which is the rung that exists
 * first. Otherwise the best level that the connection carries with room to spare and that is not larger than the player; where the
 * browser does not tell the bandwidth, what most connections carry. A reader who saves data starts at half of that.
 */
export function startLevel(levels, { whole, growing, playerHeight, bandwidth, saveData = false }) {
  if (whole) return levels.length - 1;
  if (growing) return 0;
  const affordable = (bandwidth ? bandwidth * START_SHARE : DEFAULT_BANDWIDTH) / (saveData ? 2 : 1);
  const fitting = levels.filter(
    (level, index) => index === 0 || (level.bitrate <= affordable && shortSide(level) <= playerHeight * 1.25),
  );
  return levels.indexOf(fitting.at(-1));
}

/** hls.js settings. A version still being encoded has an EVENT playlist: it starts at the beginning, not at its growing end. */
export function hlsConfig({ whole, start, bandwidth = DEFAULT_BANDWIDTH }) {
  return {
    startPosition: start,
    autoStartLoad: false, // Loading starts once the start level is chosen, so no request is wasted on another.
    capLevelToPlayerSize: !whole,
    abrEwmaDefaultEstimate: bandwidth,
    testBandwidth: false,
    startFragPrefetch: true,
    maxMaxBufferLength: BUFFER_AHEAD.idle,
    lowLatencyMode: false,
    backBufferLength: whole ? Infinity : 60,
    enableWorker: false, // Our fMP4 needs no transmuxing, and a blob worker would need a hole in the page's CSP.
    manifestLoadPolicy: {
      default: {
        maxTimeToFirstByteMs: 10_000,
        maxLoadTimeMs: 20_000,
        timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
        errorRetry: { maxNumRetry: 2, retryDelayMs: 500, maxRetryDelayMs: 4000 },
      },
    },
  };
}

/**
 * Indices of the levels that are not to be played: of two codec families one is enough, and hls.js never leaves the one it began
 * with. AV1 takes fewer bytes, but only a browser that decodes its best level with ease gets it.
 */
export async function needlessLevels(levels, decodingInfo) {
  const isAv1 = levels.map(({ videoCodec }) => Boolean(videoCodec?.startsWith("av01")));
  if (new Set(isAv1).size < 2) return [];
  const best = levels[isAv1.lastIndexOf(true)];
  const chosen = await decodesWithEase(best, decodingInfo);
  return levels.map((_, index) => index).filter((index) => isAv1[index] !== chosen);
}

async function decodesWithEase({ videoCodec, width, height, bitrate, frameRate }, decodingInfo) {
  try {
    const { supported, smooth, powerEfficient } = await decodingInfo({
      type: "media-source",
      video: {
        contentType: `video/mp4; codecs="${videoCodec}"`,
        width,
        height,
        bitrate,
        framerate: frameRate || 30,
      },
    });
    return supported && smooth && powerEfficient;
  } catch {
    return false; // A browser that cannot tell.
  }
}

function shortSide(level) {
  return Math.min(level.width || Infinity, level.height || Infinity);
}

/** "720p": named by the shorter side, so that an upright clip has the same names. Audio only: its bitrate. */
export function levelLabel(level) {
  const side = shortSide(level);
  return Number.isFinite(side) ? `${side}p` : `${Math.round(level.bitrate / 1000)} kbit/s`;
}

/** Menu rows, best first: `[{index, label}]`; rungs of the same size are told apart by bitrate. */
export function qualityRows(levels) {
  const labels = levels.map(levelLabel);
  return levels
    .map((level, index) => {
      const twin = labels.filter((label) => label === labels[index]).length > 1;
      return { index, label: twin ? `${labels[index]} · ${(level.bitrate / 1e6).toFixed(1)} Mbit/s` : labels[index] };
    })
    .reverse();
}

/** Length shown on the bar, in seconds: the known final one while the playlist grows, else what the medium says. */
export function shownDuration(pageDuration, mediaDuration, growing) {
  const real = Number.isFinite(mediaDuration) ? mediaDuration : 0;
  if (!growing && real) return real;
  return Math.max(Number(pageDuration) || 0, real);
}

/** Where a wish to seek may go: never beyond what exists so far. */
export function seekTarget(wish, duration, available, growing) {
  const end = growing ? Math.max(0, available - EDGE_MARGIN) : duration;
  return Math.min(Math.max(0, wish), end);
}

/** Whether a picture has the shape of its place but for the rounding of its size to even numbers: such a one may be stretched. */
export function nearlyFills(width, height, placeWidth, placeHeight) {
  return Math.abs((width * placeHeight) / (height * placeWidth) - 1) < 0.01;
}

/**
 * What is said of the rest of the work: a later estimate may only lower it, unless it is far off (a half more), because a
 * figure that climbs while work goes on is read as a fault. Seconds; null while nothing is known.
 */
export function steadyEstimate(shown, estimate) {
  if (!Number.isFinite(estimate)) return null;
  return Number.isFinite(shown) && estimate > shown && estimate < shown * 1.5 ? shown : estimate;
}

/** Whether a medium that waits here has nothing more to show: the last frame may end a little before the planned length. */
export function isAtEnd(time, pageDuration) {
  return pageDuration > 0 && time >= pageDuration - END_MARGIN;
}

/** What a service says of a refusal (RFC 9457): `{code, message: {zh, en}}`; null where the body is something else. */
export function parseProblem(body) {
  try {
    const { code, message } = JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(body));
    return typeof code === "string" && message?.zh && message?.en ? { code, message } : null;
  } catch {
    return null;
  }
}

/** Whether it is no use to ask again at once. Who asks too often may ask a little later. */
export function isRefused(status, problem) {
  return status === 401 || status === 403 || (status === 429 && problem !== null && problem.code !== "rate_limited");
}

/**
 * Error code for what went wrong: an HTTP status (0 if none), what the service said, and whether the medium itself was at
 * fault. Codes are keys of texts.js unless they come with a `message`. `retry` says whether a button to try again makes sense.
 */
export function classifyError({ status = 0, kind = "network", problem = null }) {
  if (problem && [401, 403, 429].includes(status) && problem.code !== "token_expired") return { ...problem, retry: status === 429 };
  if (status === 401 || status === 403 || status === 410) return { code: "token_expired", retry: false };
  if (status === 404) return { code: "not_found", retry: false };
  if (status === 429) return { code: "rate_limited", retry: true };
  if (status === 409 || status === 425) return { code: "not_ready", retry: true };
  if (kind === "unsupported") return { code: "unsupported", retry: false };
  if (kind === "media") return { code: "media", retry: true };
  return { code: "network", retry: true };
}

/** Milliseconds until the next question about the state: quick at first, easing off, slow for a page nobody looks at. */
export function pollDelay(attempt, hidden) {
  return hidden ? 15_000 : Math.min(1000 + 250 * attempt, 5000);
}

function parseTimestamp(text) {
  return text.split(":").reduce((total, part) => total * 60 + Number(part), 0);
}

/** Storyboard cues of a WebVTT file whose cues point into sprites by `#xywh=` (W3C Media Fragments). */
export function parseStoryboard(text, baseUrl) {
  const cues = [];
  const pattern = /^([\d:.]+)[ \t]+-->[ \t]+([\d:.]+)[^\n]*\n(\S+)#xywh=(?:pixel:)?(\d+),(\d+),(\d+),(\d+)/gm;
  for (const [, start, end, url, x, y, width, height] of text.replace(/\r\n?/g, "\n").matchAll(pattern)) {
    cues.push({
      start: parseTimestamp(start),
      end: parseTimestamp(end),
      url: new URL(url, baseUrl).href,
      x: Number(x),
      y: Number(y),
      width: Number(width),
      height: Number(height),
    });
  }
  return cues;
}

/** The cue shown at a time; the last one also stands for a rounded-off end. */
export function cueAt(cues, time) {
  return cues.find((cue) => time >= cue.start && time < cue.end) ?? (time > 0 ? cues.at(-1) : cues[0]);
}

/** The chapter that a time belongs to: the last one begun, unless it has ended. */
export function chapterAt(chapters, time) {
  return chapters.findLast(({ start, end }) => time >= start && time < end);
}

/** Index of the track in the reader's language ("zh" or "en"), else of the first. */
export function trackFor(tracks, language) {
  return Math.max(0, tracks.findIndex((track) => track.language.toLowerCase().split("-")[0] === language));
}

/** Seconds until a new token is asked for: a minute before the end, or when two thirds of a short life are over. */
export function renewalDelay(secondsLeft) {
  return Math.max(0, secondsLeft - Math.min(60, secondsLeft / 3));
}

/** Index of the best level for a reader who saves data: 360 lines at most, or the lowest. `levels` ascend. */
export function savingLevel(levels) {
  return Math.max(0, levels.findLastIndex((level) => shortSide(level) <= SAVING_HEIGHT));
}

/**
 * Where a viewer goes on, in seconds, 0 for the beginning. `kept` is `{time, at}` with `at` in milliseconds. The first and the last
 * seconds are not worth it, and after a month it is another course.
 */
export function resumeTime(kept, duration, now) {
  const { time, at } = kept ?? {};
  const fresh = now - at < 30 * 24 * 3600 * 1000;
  const margin = Math.min(10, duration / 10);
  return fresh && time >= margin && time < duration - margin ? time : 0;
}

/** Keys and what they do, as the help sheet lists them: the name of a sentence of texts.js for each. */
export const KEYS = [
  ["Space K", "keyPlay"], ["← →", "keySeek5"], ["J L", "keySeek10"], ["0 – 9", "keyFraction"], ["↑ ↓", "volume"], ["M", "mute"],
  ["C", "captions"], ["< >", "speed"], ["F", "enterFullscreen"], ["I", "enterPictureInPicture"], ["?", "keyHelp"],
];

/** What a key press means: `{name, value}`, or null. Chords belong to the browser. */
export function keyAction({ key, ctrlKey, metaKey, altKey }) {
  if (ctrlKey || metaKey || altKey) return null;
  if (/^[0-9]$/.test(key)) return { name: "seekToFraction", value: Number(key) / 10 };
  const actions = {
    "?": { name: "toggleHelp" },
    " ": { name: "togglePlay" },
    k: { name: "togglePlay" },
    m: { name: "toggleMute" },
    f: { name: "toggleFullscreen" },
    c: { name: "toggleCaptions" },
    i: { name: "togglePictureInPicture" },
    j: { name: "seekBy", value: -10 },
    l: { name: "seekBy", value: 10 },
    arrowleft: { name: "seekBy", value: -5 },
    arrowright: { name: "seekBy", value: 5 },
    arrowup: { name: "volumeBy", value: 0.05 },
    arrowdown: { name: "volumeBy", value: -0.05 },
    home: { name: "seekToFraction", value: 0 },
    end: { name: "seekToFraction", value: 1 },
    "<": { name: "speedBy", value: -1 },
    ">": { name: "speedBy", value: 1 },
  };
  return actions[key.toLowerCase()] ?? null;
}

/** The neighbouring speed, `step` places up or down the list. */
export function nextSpeed(speed, step) {
  const index = SPEEDS.indexOf(speed);
  return SPEEDS[Math.min(Math.max(0, (index < 0 ? SPEEDS.indexOf(1) : index) + step), SPEEDS.length - 1)];
}
