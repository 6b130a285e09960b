/** The embed page: reads its data, then shows one of three views: waiting, playing, or a reason why not. */
import { Bridge } from "./bridge.js";
import { Controls } from "./controls.js";
import { Course } from "./course.js";
import { dataOf, element } from "./elements.js";
import { showPanel } from "./panel.js";
import { Playback } from "./playback.js";
import { behaviour } from "./pure/behaviour.js";
import { classifyError, isFinal, parseProblem } from "./pure/faults.js";
import { fill, pickLanguage } from "./pure/languages.js";
import { errorPanel, failedPanel, pendingPanel, steadyEstimate } from "./pure/panels.js";
import { isPlayable, isWatched, pollDelay, takesUpgradeAtOnce } from "./pure/states.js";
import { TEXTS } from "./pure/texts.js";
import { formatTime } from "./pure/times.js";
import { keepTime, keptTime } from "./resume.js";
import { Token } from "./token.js";
/** @import { Failure } from "./pure/faults.js" */
/** @import { Behaviour } from "./pure/behaviour.js" */
/** @import { Page, Texts } from "./types" */

/** How long the button to the beginning stays once it plays. */
const RESTART_SHOWN_MS = 6000;

const root = element("player");
const video = element("video");

/** @type {Page} */
let page = dataOf("page-data");
const language = pickLanguage(page.options.lang, navigator.languages);
const texts = TEXTS[language];
const lessMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;

const token = new Token(page);
const bridge = new Bridge({ video, page, setToken: (value) => token.take(value) });

/** @type {Playback | null} */
let playback = null;
let pollAttempt = 0;
/** @type {number | null} */
let shownEstimate = null;
/** Plays again from where an error stopped it. */
let tryAgain = () => {};

function localise() {
  const sentence = (/** @type {string | undefined} */ name) => texts[/** @type {keyof Texts} */ (name)];
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of queryAll("[data-text]")) node.textContent = sentence(node.dataset.text);
  for (const node of queryAll("[data-label]")) node.setAttribute("aria-label", sentence(node.dataset.label));
  root.setAttribute("aria-label", texts.player);
  element("controls").setAttribute("role", "group");
  element("controls").setAttribute("aria-label", texts.controls);
}

/**
 * @param {string} selector
 * @returns {NodeListOf<HTMLElement>}
 */
function queryAll(selector) {
  return document.querySelectorAll(selector);
}

function showPending() {
  shownEstimate = steadyEstimate(shownEstimate, page.progress?.eta_seconds);
  root.dataset.view = "pending";
  showPanel(pendingPanel(page, shownEstimate, texts));
}

function showFailed() {
  const { panel, fault } = failedPanel(page.failure, language);
  root.dataset.view = "error";
  showPanel(panel);
  bridge.fail(fault);
}

/** @param {Failure & {status: number}} failure */
function showError(failure) {
  const { panel, fault } = errorPanel(failure, language);
  element("notice").hidden = true;
  tryAgain = () => {
    root.dataset.view = "player";
    bridge.fail(null);
    playback?.reload({ growing: page.state === "playable" });
    video.play().catch(() => {});
  };
  root.dataset.view = "error";
  showPanel(panel, failure.retry ? tryAgain : null);
  bridge.fail(fault);
  if (fault.code === "network") addEventListener("online", () => root.dataset.view === "error" && tryAgain(), { once: true });
}

/** There is something to play. Only now: before a version is inspected nobody knows whether it is an animation, nor how often it plays. */
function start() {
  const habits = behaviour(page, lessMotion);
  const resumed = habits.start || habits.whole ? 0 : keptTime(page);
  dress(habits);
  playback = new Playback(video, page.manifest_url, {
    whole: habits.whole,
    start: habits.start || resumed,
    duration: page.duration,
    token,
  });
  playback.addEventListener("failure", ({ detail }) => showError(detail));
  const controls = new Controls({ root, video, playback, page, texts, language });
  keepTime(video, page);
  bridge.attach(controls);
  playback.load({ growing: page.state === "playable" });
  if (resumed) offerStart(resumed);
  if (habits.autoplay) void autoplay(controls);
}

/**
 * Page and video as the lesson wants them.
 * @param {Behaviour} habits
 */
function dress({ chrome, loop, muted }) {
  root.dataset.view = "player";
  root.dataset.chrome = chrome;
  root.dataset.kind = page.kind;
  if (page.width && page.height) {
    video.width = page.width;
    video.height = page.height;
  }
  if (page.poster_url) video.poster = page.poster_url;
  video.loop = loop;
  video.muted = muted;
}

/**
 * Where the browser allows only silent players to begin by themselves, a button brings the sound.
 * @param {Controls} controls
 */
async function autoplay(controls) {
  try {
    await video.play();
  } catch (refusal) {
    if (!(refusal instanceof DOMException) || refusal.name !== "NotAllowedError" || video.muted) return;
    video.muted = true;
    await video.play().then(() => controls.offerSound(), () => (video.muted = false));
  }
}

/**
 * It goes on where the viewer left; for a while, or until it plays on, a button leads to the beginning.
 * @param {number} resumed
 */
function offerStart(resumed) {
  const button = element("restart");
  const hide = () => (button.hidden = true);
  button.hidden = false;
  /** @type {HTMLElement} */ (button.firstElementChild).textContent = fill(texts.resumed, { time: formatTime(resumed) });
  button.onclick = () => {
    video.currentTime = 0;
    hide();
  };
  video.addEventListener("playing", () => setTimeout(hide, RESTART_SHOWN_MS), { once: true });
}

/**
 * The whole ladder exists now: taken over at once, or offered by a button.
 * @param {Playback} playing
 */
function offerUpgrade(playing) {
  const upgrade = element("upgrade");
  const take = () => {
    upgrade.hidden = true;
    playing.reload({ growing: false });
  };
  if (takesUpgradeAtOnce({ paused: video.paused, kind: page.kind })) return take();
  upgrade.hidden = false;
  upgrade.onclick = take;
}

/** @param {Page} next */
function show(next) {
  const before = page.state;
  page = next;
  if (isPlayable(page.state)) {
    if (!playback) start();
    else if (before === "playable" && page.state === "ready") offerUpgrade(playback);
  } else if (playback) {
    // It plays on with what was published.
  } else if (page.state === "failed") showFailed();
  else showPending();
  if (isWatched(page.state)) schedulePoll();
}

function schedulePoll() {
  setTimeout(poll, pollDelay(pollAttempt++, document.hidden));
}

/** Asks for the state. Offline for a moment: the state shown is still the best known. */
async function poll() {
  const answer = await fetch(token.on(page.status_url), { headers: { Accept: "application/json" }, cache: "no-store" }).catch(() => null);
  if (answer?.ok) show(await answer.json());
  else if (!answer || !isFinal(answer.status)) schedulePoll();
  else {
    const problem = parseProblem(await answer.text());
    const { status } = answer;
    if (!playback) showError({ ...classifyError({ status, problem }), status });
  }
}

/** A token ends: the page around the player may bring another; else the viewer is told before anything stops. */
function watchToken() {
  token.addEventListener("expiring", ({ detail }) => bridge.tell("tokenexpiring", detail));
  token.addEventListener("expired", () => {
    bridge.tell("tokenexpired");
    element("notice").hidden = root.dataset.view !== "player";
  });
  token.addEventListener("renewed", () => {
    element("notice").hidden = true;
    if (playback && root.dataset.view === "error") tryAgain();
  });
}

localise();
watchToken();
if (page.course) new Course({ video, course: page.course, texts });
show(page);
