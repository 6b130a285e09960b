/**
 * A lesson's page with a script: the player takes the place of its picture, lines of the transcript lead it and follow it, words are
 * found in the transcript without leaving the page, and where somebody left is kept in this browser.
 */
import { after, read, write } from "./kept.js";
/** @import { LessonPlayerElement } from "../../../player_embed/component/types" */

const KEEP_EVERY_MS = 5000;
const place = document.getElementById("player");
/** @type {Promise<LessonPlayerElement | null> | null} */
let loading = null;
/** @type {LessonPlayerElement | null} */
let player = null;

if (place?.dataset.playbackId) begin(place, place.dataset);
search();
share();

/**
 * @param {HTMLElement} box
 * @param {DOMStringMap} data
 */
function begin(box, data) {
  const go = (/** @type {number | null} */ start) => void playAt(box, data, start);
  box.querySelector(".poster")?.addEventListener("click", (event) => {
    event.preventDefault();
    go(data.start ? Number(data.start) : null);
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-t]") : null;
    if (!(link instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(Number(link.dataset.t));
  });
  const now = document.querySelector("#lines .now");
  if (now instanceof HTMLElement) reveal(now);
  // Whoever came for a moment wants to hear it.
  if (data.start) go(Number(data.start));
}

/**
 * @param {HTMLElement} box
 * @param {DOMStringMap} data
 * @param {number | null} start
 */
async function playAt(box, data, start) {
  if (player) {
    if (start !== null) player.currentTime = start;
    await player.play().catch(() => {});
    return;
  }
  loading ??= load(box, data, start);
  player = await loading;
  // The page still has its link to the player alone.
  if (!player) loading = null;
}

/**
 * @param {HTMLElement} box
 * @param {DOMStringMap} data
 * @param {number | null} start
 */
async function load(box, data, start) {
  const script = document.createElement("script");
  script.src = data.script ?? "";
  const ready = new Promise((resolve) => {
    script.addEventListener("load", () => resolve(true));
    script.addEventListener("error", () => resolve(false));
  });
  document.head.append(script);
  const [isReady, token] = await Promise.all([ready, data.token ? issued(data.token) : null]);
  if (!isReady) return null;
  const made = /** @type {LessonPlayerElement} */ (document.createElement("lesson-player"));
  const said = { "playback-id": data.playbackId, token, title: data.title, lang: data.lang, loading: "eager", start };
  for (const [name, value] of Object.entries(said)) if (value !== null && value !== undefined) made.setAttribute(name, String(value));
  made.toggleAttribute("autoplay", true);
  if (data.token) made.renewToken = () => issued(data.token ?? "");
  follow(made, data);
  const poster = box.querySelector(".poster");
  const hadFocus = poster === document.activeElement;
  poster?.replaceWith(made);
  if (hadFocus) made.addEventListener("ready", () => made.shadowRoot?.querySelector("iframe")?.focus(), { once: true });
  return made;
}

/** @param {string} address */
async function issued(address) {
  const answer = await fetch(address).catch(() => null);
  return answer?.ok ? /** @type {string | null} */ ((await answer.json()).token) : null;
}

/**
 * @param {LessonPlayerElement} made
 * @param {DOMStringMap} data
 */
function follow(made, data) {
  const { key = "", lesson = "", title = "", poster = "" } = data;
  let keptAt = 0;
  const keep = () => {
    keptAt = Date.now();
    write(key, after(read(key), { id: lesson, title, poster, time: made.currentTime, duration: made.duration || 0, at: keptAt }));
  };
  made.addEventListener("timeupdate", () => {
    mark(made.currentTime);
    offer(made.currentTime);
    if (Date.now() - keptAt > KEEP_EVERY_MS) keep();
  });
  made.addEventListener("seeked", () => mark(made.currentTime));
  for (const event of ["pause", "ended"]) made.addEventListener(event, keep);
  addEventListener("pagehide", keep);
}

/**
 * Show which line is said at a time.
 * @param {number} time
 */
function mark(time) {
  const links = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#lines a[data-t]")]);
  const link = links.findLast((one) => Number(one.dataset.t) <= time + 0.05);
  const line = link?.parentElement ?? null;
  const before = document.querySelector("#lines .now");
  if (line === before) return;
  before?.classList.remove("now");
  before?.firstElementChild?.removeAttribute("aria-current");
  if (!line) return;
  line.classList.add("now");
  link?.setAttribute("aria-current", "true");
  // Who reads elsewhere in it is let be.
  if (!document.querySelector("#lines:hover, #lines:focus-within")) reveal(line);
}

/**
 * Let the moment that plays be shared.
 * @param {number} time
 */
function offer(time) {
  const [address, moment] = ["share-address", "share-moment"].map((id) => document.getElementById(id));
  if (!(address instanceof HTMLInputElement && moment instanceof HTMLInputElement)) return;
  moment.value = `${address.value}?t=${Math.floor(time)}`;
  if (moment.parentElement) moment.parentElement.hidden = false;
}

/**
 * Bring a line into the view of its list, without moving the page.
 * @param {HTMLElement} line
 */
function reveal(line) {
  const list = line.parentElement;
  if (!list) return;
  list.scrollTop = line.offsetTop - list.clientHeight / 3;
}

/** Words are found in the transcript by the page that the form asks for; of that its transcript is taken. */
function search() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches(".find")) return;
    event.preventDefault();
    const query = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    const address = `${form.action.split("#")[0]}?${query}`;
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) return form.submit();
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["found", "lines", "parts"]) {
      const [old, fresh] = [document.getElementById(id), found.getElementById(id)];
      if (old && fresh) old.replaceChildren(...fresh.childNodes);
    }
    const first = document.querySelector("#lines mark")?.closest("li");
    if (first instanceof HTMLElement) reveal(first);
    const here = new URL(location.href);
    here.searchParams.set("find", query.get("find") ?? "");
    history.replaceState(history.state, "", here);
  });
}

function share() {
  const box = document.getElementById("share");
  const template = box?.querySelector("template");
  if (!box || !template) return;
  for (const input of box.querySelectorAll("input")) {
    input.addEventListener("focus", () => input.select());
    if (!navigator.clipboard) continue;
    const button = /** @type {HTMLElement} */ (template.content.cloneNode(true)).firstElementChild;
    if (!(button instanceof HTMLButtonElement)) continue;
    const label = box.querySelector(`label[for="${input.id}"]`);
    const word = button.textContent ?? "";
    button.setAttribute("aria-label", `${word}: ${label?.textContent ?? ""}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(input.value);
      button.textContent = button.dataset.copied ?? word;
      button.setAttribute("aria-label", button.textContent);
    });
    input.after(button);
  }
}
