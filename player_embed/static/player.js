/** The embed page: reads its data, then shows one of three views: waiting, playing, or a reason why not. */
import { Bridge } from "./bridge.js";
import { Controls } from "./controls.js";
import { Course } from "./course.js";
import { Playback } from "./playback.js";
import {
  behaviour, classifyError, fill, formatTime, isPending, isPlayable, parseProblem, pickLanguage, pollDelay, spellTime, steadyEstimate,
} from "./player-core.js";
import { keepTime, keptTime } from "./resume.js";
import { TEXTS } from "./texts.js";
import { Token, withToken } from "./token.js";

const element = (id) => document.getElementById(id);
const root = element("player");
const video = element("video");

let page = JSON.parse(element("page-data").textContent);
const language = pickLanguage(page.options.lang, navigator.languages);
const texts = TEXTS[language];
const lessMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;

const token = new Token(page);
const bridge = new Bridge({ video, page, setToken: (value) => token.take(value) });

let playback = null;
let pollAttempt = 0;
let shownEstimate = null;
/** Plays again from where an error stopped it. */
let tryAgain = () => {};

function localise() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = texts[node.dataset.text];
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", texts[node.dataset.label]);
  root.setAttribute("aria-label", texts.player);
  element("controls").setAttribute("role", "group");
  element("controls").setAttribute("aria-label", texts.controls);
}

/** Shows the panel over the poster. Empty parts disappear by CSS. */
function showPanel(view, { title, text = "", figures = "", code = "", percent = null, onRetry = null }) {
  root.dataset.view = view;
  element("panel-title").textContent = title;
  element("panel-text").textContent = text;
  element("figures").textContent = figures;
  element("panel-code").textContent = code;
  element("progress").hidden = percent === null;
  if (percent !== null) {
    element("progress").setAttribute("aria-valuenow", String(Math.round(percent)));
    element("progress").style.setProperty("--done", `${percent}%`);
  }
  element("retry").hidden = !onRetry;
  element("retry").onclick = onRetry;
}

function showPending() {
  const { percent = 0, eta_seconds: eta, queue_position: position } = page.progress ?? {};
  const queued = page.state === "queued";
  const figures = [];
  if (queued && Number.isInteger(position)) {
    figures.push(position > 0 ? fill(texts.queuePosition, { n: position }) : texts.queueNext);
  }
  if (!queued) figures.push(`${Math.floor(percent)}%`);
  shownEstimate = steadyEstimate(shownEstimate, eta);
  if (shownEstimate !== null) {
    figures.push(shownEstimate < 3 ? texts.etaSoon : fill(texts.eta, { time: spellTime(shownEstimate, texts) }));
  }
  showPanel("pending", {
    title: texts[`${page.state}Title`],
    text: texts.pendingHint,
    figures: figures.join(" · "),
    percent: queued ? null : percent,
  });
}

function showFailed() {
  showPanel("error", {
    title: texts.failedTitle,
    text: page.failure?.message?.[language] ?? texts.failedUnknown,
    code: page.failure ? `${texts.code} ${page.failure.code}` : "",
  });
  bridge.fail({ code: page.failure?.code ?? "processing_failed", message: page.failure?.message ?? both("failedUnknown") });
}

/** A sentence in both languages, as errors carry it. */
function both(key) {
  return { zh: TEXTS.zh[key], en: TEXTS.en[key] };
}

/** `message` is what the service said in both languages, else the code's own sentence is shown. */
function showError({ code, status, retry, message = both(code) }) {
  element("notice").hidden = true;
  tryAgain = () => {
    root.dataset.view = "player";
    bridge.fail(null);
    playback.reload({ growing: page.state === "playable" });
    video.play().catch(() => {});
  };
  showPanel("error", {
    title: texts[`${code}Title`] ?? texts.failedTitle,
    text: message[language],
    code: `${texts.code} ${code}${status ? ` · ${status}` : ""}`,
    onRetry: retry ? tryAgain : null,
  });
  bridge.fail({ code, message });
  if (code === "network") addEventListener("online", () => root.dataset.view === "error" && tryAgain(), { once: true });
}

async function start() {
  // Only now: before a version is inspected nobody knows whether it is an animation, nor how often it plays.
  const habits = behaviour(page, lessMotion);
  root.dataset.view = "player";
  root.dataset.chrome = habits.chrome;
  root.dataset.kind = page.kind;
  if (page.width && page.height) {
    video.width = page.width;
    video.height = page.height;
  }
  if (page.poster_url) video.poster = page.poster_url;
  video.loop = habits.loop;
  video.muted = habits.muted;
  const resumed = habits.start || habits.whole ? 0 : keptTime(page);
  playback = new Playback(video, page.manifest_url, { ...habits, start: habits.start || resumed, duration: page.duration, token });
  playback.addEventListener("failure", ({ detail }) => showError(detail));
  const controls = new Controls({ root, video, playback, page, texts, language });
  keepTime(video, page);
  bridge.attach(controls);
  playback.load({ growing: page.state === "playable" });
  if (resumed) offerStart(resumed);
  if (!habits.autoplay) return;
  try {
    await video.play();
  } catch (refusal) {
    if (refusal.name !== "NotAllowedError" || video.muted) return;
    video.muted = true;
    await video.play().then(() => controls.offerSound(), () => (video.muted = false));
  }
}

/** It goes on where the viewer left; for a while, or until it plays on, a button leads to the beginning. */
function offerStart(resumed) {
  const button = element("restart");
  button.hidden = false;
  button.firstElementChild.textContent = fill(texts.resumed, { time: formatTime(resumed) });
  const hide = () => (button.hidden = true);
  button.onclick = () => {
    video.currentTime = 0;
    hide();
  };
  video.addEventListener("playing", () => setTimeout(hide, 6000), { once: true });
}

/**
 * The whole ladder exists now: taken over at once while nobody watches, or what is watched only goes round; else offered by a
 * button.
 */
function offerUpgrade() {
  const upgrade = element("upgrade");
  const take = () => {
    upgrade.hidden = true;
    playback.reload({ growing: false });
  };
  if (video.paused || page.kind === "animation") return take();
  upgrade.hidden = false;
  upgrade.onclick = take;
}

function show(next) {
  const before = page.state;
  page = next;
  if (isPlayable(page.state)) {
    if (!playback) start();
    else if (before === "playable" && page.state === "ready") offerUpgrade();
  } else if (page.state === "failed") {
    if (!playback) showFailed();
  } else if (!playback) showPending();
  if (isPending(page.state) || page.state === "playable") schedulePoll();
}

function schedulePoll() {
  setTimeout(poll, pollDelay(pollAttempt++, document.hidden));
}

async function poll() {
  let answer;
  try {
    answer = await fetch(withToken(page.status_url, token.current), { headers: { Accept: "application/json" }, cache: "no-store" });
  } catch {
    return schedulePoll(); // Offline for a moment: the state shown is still the best known.
  }
  if (answer.ok) return show(await answer.json());
  if ([401, 403, 404, 410].includes(answer.status)) {
    const problem = parseProblem(await answer.text());
    if (!playback) showError({ ...classifyError({ status: answer.status, problem }), status: answer.status });
    return undefined;
  }
  return schedulePoll();
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
if (page.course) new Course({ root, video, course: page.course, texts });
show(page);
