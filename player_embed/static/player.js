/** The embed page: reads its data, then shows one of three views: waiting, playing, or a reason why not. */
import { setSpeed } from "./actions.js";
import { Beats } from "./beats.js";
import { Bridge } from "./bridge.js";
import { Controls } from "./controls.js";
import { Course } from "./course.js";
import { dataOf, element } from "./elements.js";
import { Mark } from "./mark.js";
import { showPanel } from "./panel.js";
import { Movie } from "./movie.js";
import { askOrigin } from "./origin.js";
import { Playback } from "./playback.js";
import { Preferences } from "./preferences.js";
import { lessonAddress } from "./pure/addresses.js";
import { behaviour } from "./pure/behaviour.js";
import { classifyError, isFinal, parseProblem } from "./pure/faults.js";
import { fill, pickLanguage, readerLanguages } from "./pure/languages.js";
import { faultThere } from "./pure/origin.js";
import { errorPanel, failedPanel, pendingPanel, steadyEstimate } from "./pure/panels.js";
import { passesEnd } from "./pure/positions.js";
import { isPlayable, isWatched, pollDelay, takesUpgradeAtOnce } from "./pure/states.js";
import { TEXTS } from "./pure/texts.js";
import { formatTime } from "./pure/times.js";
import { keepTime, keptTime } from "./resume.js";
import { Study } from "./study.js";
import { Toast } from "./toast.js";
import { Token } from "./token.js";
/** @import { Failure } from "./pure/faults.js" */
/** @import { Behaviour } from "./pure/behaviour.js" */
/** @import { Lesson, Page, Texts } from "./types" */

/** How long the button to the beginning stays once it plays. */
const RESTART_SHOWN_MS = 6000;

const root = element("player");
const video = element("video");

/** @type {Page} */
let page = dataOf("page-data");
const language = pickLanguage(page.options.lang, navigator.languages);
const texts = TEXTS[language];
const lessMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;

const preferences = new Preferences(page.options.preferences);
const token = new Token();
const toast = new Toast();
const mark = new Mark(video);
const bridge = new Bridge({ video, page, setToken: (value) => token.take(value) });
const course = page.course ? new Course({ video, course: page.course, texts, go: (lesson) => void goTo(lesson) }) : null;

const movie = new Movie({ root, video, token, texts, onOpen: () => course?.stay() });

/** @type {Playback | null} */
let playback = null;
/** @type {Controls | null} */
let controls = null;
/** @type {Study | null} */
let study = null;
/** @type {Beats | null} */
let beats = null;
/**
 * A lesson of the course that was refused, while a page around may bring a token for it.
 * @type {Lesson | null}
 */
let refused = null;
/** Counts lessons: what was asked for an earlier one comes too late. */
let turn = 0;
/** Whether this lesson has begun to play. */
let begun = false;
let pollAttempt = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let pollTimer;
/** @type {number | null} */
let shownEstimate = null;
/** How fast lessons play. */
let speed = preferences.get("speed") ?? page.options.speed ?? 1;
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

/** @type {() => void} */
function playAgain() {
  root.dataset.view = "player";
  bridge.fail(null);
  playback?.reload({ growing: page.state === "playable" });
  video.play().catch(() => {});
}

/**
 * @param {Failure & {status: number}} failure
 * @param {() => void} [again] What leads out of it.
 */
function showError(failure, again = playAgain) {
  const { panel, fault } = errorPanel(failure, language);
  element("notice").hidden = true;
  tryAgain = again;
  root.dataset.view = "error";
  showPanel(panel, failure.retry ? tryAgain : null);
  bridge.fail(fault);
  if (fault.code === "network") addEventListener("online", () => root.dataset.view === "error" && tryAgain(), { once: true });
}

/** What there is to play of another platform's lesson, that one says. */
async function open() {
  if (!page.reference) return start();
  const here = turn;
  const { page: found, failure } = await askOrigin(page, page.reference);
  if (here !== turn || begun) return;
  if (failure) return showError(failure, openAgain);
  page = found;
  start();
}

function openAgain() {
  root.dataset.view = "loading";
  bridge.fail(null);
  void open();
}

/** There is something to play. Only now: before a version is inspected nobody knows whether it is an animation, nor how often it plays. */
function start() {
  begun = true;
  const habits = behaviour(page, lessMotion);
  const resumed = habits.start || habits.whole ? 0 : keptTime(page);
  dress(habits);
  playback ??= preparePlayback();
  playback.open(page.manifest_url, {
    whole: habits.whole,
    start: habits.start || resumed,
    duration: page.duration,
    impatient: Boolean(page.reference),
    languages: [preferences.get("sound") ?? [], ...readerLanguages(page.options.lang, navigator.languages)].flat(),
  });
  controls ??= prepareControls(playback);
  study ??= prepareStudy(playback);
  beats ??= new Beats({ video, playback, token, study, tell: (views) => bridge.tell("viewschange", { views }) });
  beats.open(page);
  mark.open(page);
  movie.take(page);
  controls.open(page, { next: wayTo(course?.next), previous: wayTo(course?.previous) });
  playback.load({ growing: page.state === "playable" });
  element("restart").hidden = true;
  if (resumed) offerStart(resumed);
  if (habits.autoplay) void autoplay();
}

function preparePlayback() {
  const made = new Playback(video, { token, saving: preferences.get("saver") });
  made.addEventListener("failure", ({ detail }) => showError(page.reference ? { ...detail, ...faultThere(detail, page.reference.name) } : detail));
  video.volume = preferences.get("volume") ?? 1;
  keepTime(video, () => page);
  let before = 0;
  video.addEventListener("timeupdate", () => {
    const now = video.currentTime;
    if (!video.paused && passesEnd(before, now, page.options.end)) video.pause();
    before = now;
  });
  return made;
}

/** @param {Playback} playing */
function prepareControls(playing) {
  const made = new Controls({ root, video, playback: playing, preferences, texts, language, toast, speedLimit: () => study?.speedLimit ?? null });
  bridge.attach(made);
  return made;
}

/** @param {Playback} playing */
function prepareStudy(playing) {
  const made = new Study({ video, playback: playing, token, texts, say: (text) => toast.say(text) });
  made.addEventListener("resume", ({ detail }) => offerStart(detail));
  return made;
}

/** @param {Lesson | undefined} lesson */
function wayTo(lesson) {
  return lesson ? () => void goTo(lesson) : null;
}

/**
 * Page and video as the lesson wants them.
 * @param {Behaviour} habits
 */
function dress({ chrome, loop, muted }) {
  const silent = root.dataset.kind === "animation";
  const first = !playback;
  root.dataset.view = "player";
  root.dataset.chrome = chrome;
  root.dataset.kind = page.kind;
  if (page.width && page.height) {
    video.width = page.width;
    video.height = page.height;
  }
  if (page.poster_url) video.poster = page.poster_url;
  else video.removeAttribute("poster");
  video.loop = loop;
  // The sound stays as it is from lesson to lesson; animations have none.
  if (first || silent || page.kind === "animation") video.muted = muted || (preferences.get("muted") ?? false);
  // So does the speed; animations have no menu to change it, and who listens faster does not want them faster.
  if (!first && !silent) speed = video.defaultPlaybackRate;
  setSpeed(video, page.kind === "animation" ? (page.options.speed ?? 1) : speed);
}

/** Where the browser allows only silent players to begin by themselves, a button brings the sound. */
async function autoplay() {
  try {
    await video.play();
  } catch (refusal) {
    if (!(refusal instanceof DOMException) || refusal.name !== "NotAllowedError" || video.muted) return;
    video.muted = true;
    await video.play().then(() => controls?.offerSound(), () => (video.muted = false));
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
  // Another version plays for whoever comes now. Who has begun stays with the one they watch.
  if (begun && next.version_id !== page.version_id) return;
  const before = page.state;
  page = next;
  if (isPlayable(page.state)) {
    if (!begun) void open();
    else if (playback && before === "playable" && page.state === "ready") offerUpgrade(playback);
  } else if (begun) {
    // It plays on with what was published.
  } else if (page.state === "failed") showFailed();
  else showPending();
  if (isWatched(page.state)) schedulePoll();
}

function schedulePoll() {
  clearTimeout(pollTimer);
  pollTimer = setTimeout(poll, pollDelay(pollAttempt++, document.hidden));
}

/** Asks for the state. Offline for a moment: the state shown is still the best known. */
async function poll() {
  const here = turn;
  const answer = await fetch(token.on(page.status_url), { headers: { Accept: "application/json" }, cache: "no-store" }).catch(() => null);
  if (here !== turn) return;
  if (answer?.ok) show({ ...(await answer.json()), options: page.options, course: page.course });
  else if (!answer || !isFinal(answer.status)) schedulePoll();
  else {
    const problem = parseProblem(await answer.text());
    const { status } = answer;
    if (!begun) showError({ ...classifyError({ status, problem }), status });
  }
}

/** A token ends: the page around the player may bring another; else the viewer is told before anything stops. */
function watchToken() {
  token.addEventListener("expiring", ({ detail }) => bridge.tell("tokenexpiring", detail));
  token.addEventListener("expired", () => {
    bridge.tell("tokenexpired");
    element("notice").hidden = root.dataset.view !== "player";
  });
  token.addEventListener("renewed", ({ detail }) => {
    element("notice").hidden = true;
    if (refused) enter(refused, detail);
    else if (playback && root.dataset.view === "error") tryAgain();
  });
}

/**
 * Goes on to another lesson of the course, in this page: full screen, volume, speed and captions stay, and so does the history.
 * @param {Lesson} lesson
 */
async function goTo(lesson) {
  const here = ++turn;
  refused = null;
  movie.close();
  video.pause();
  clearTimeout(pollTimer);
  const answer = await fetch(lesson.status_url, { headers: { Accept: "application/json" }, cache: "no-store" }).catch(() => null);
  if (here !== turn) return;
  if (answer?.ok) return enter(lesson, await answer.json());
  const status = answer?.status ?? 0;
  // The page of a refusal says what to do, and lists the lessons that are free; but a page around may bring a token.
  if (isFinal(status) && !bridge.heard) return location.replace(lessonAddress(lesson.playback_id, location.href));
  const failure = { ...classifyError({ status, problem: answer && parseProblem(await answer.text()) }), status };
  if (isFinal(status)) refused = lesson;
  bridge.change({ ...page, playback_id: lesson.playback_id, title: lesson.title, duration: lesson.duration }, () => {
    token.open(lesson.status_url, null);
    playback?.close();
    nameLesson(lesson);
    showError(failure, () => void goTo(lesson));
  });
}

/**
 * Plays another lesson of the course.
 * @param {Lesson} lesson
 * @param {Page} data
 */
function enter(lesson, data) {
  refused = null;
  begun = false;
  turn++;
  page = { ...data, options: { ...page.options, autoplay: true, start: 0, end: null }, course: page.course };
  bridge.change(page, () => {
    token.open(page.status_url, page.token_expires_in);
    pollAttempt = 0;
    shownEstimate = null;
    for (const id of ["notice", "upgrade"]) element(id).hidden = true;
    nameLesson(lesson);
    show(page);
  });
}

/**
 * The page is that of another lesson.
 * @param {Lesson} lesson
 */
function nameLesson({ playback_id: playbackId, title }) {
  document.title = title;
  for (const node of queryAll("[data-lesson]")) node.textContent = title;
  try {
    history.replaceState(history.state, "", lessonAddress(playbackId, location.href));
  } catch {
    // A sandboxed frame may not: who loads it again is back at the first lesson.
  }
  course?.show(course.indexOf(playbackId));
}

localise();
watchToken();
token.open(page.status_url, page.token_expires_in);
show(page);
