/** The page of a judge: entries by their numbers, played blindly, each with a sheet that is saved as it is filled in. */
import { ask, language, part, secret, sentence, show, speakTimes, write } from "./beside.js";

const SAVE_AFTER = 600;
const RETRY_AFTER = 3000;

/** @typedef {{name: string, label: string, greatest: number}} Criterion */
/** @typedef {{number: number, state: string, scores: Record<string, number>, comment: string, is_complete: boolean}} Sheet */

/** @type {readonly Criterion[]} */
let criteria = [];
/** @type {ReadonlyMap<number, Sheet>} */
let sheets = new Map();
/** Numbers of the sheets that were changed since they were saved. @type {Set<number>} */
const unsaved = new Set();
/** Which entry is shown. */
let current = 0;
let isSaving = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** A text of the page with values in it. @param {string} name @param {Record<string, string | number>} [values] */
function text(name, values = {}) {
  const found = part("texts")?.dataset[name] ?? "";
  return found.replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
}

/** @param {Sheet} sheet */
const isTakenDown = ({ state }) => state === "taken_down";

/** @param {string} name */
const say = (name) => write("saved", name && text(name));

function drawProgress() {
  const judgeable = [...sheets.values()].filter((sheet) => !isTakenDown(sheet));
  const judged = judgeable.filter(({ is_complete: done }) => done).length;
  write("count", text("count", { judged, all: judgeable.length }));
  part("done")?.setAttribute("max", String(judgeable.length || 1));
  part("done")?.setAttribute("value", String(judged));
  for (const link of document.querySelectorAll("#entries a")) {
    const number = Number(link.textContent);
    const sheet = sheets.get(number);
    const done = sheet?.is_complete ?? false;
    const isGone = sheet !== undefined && isTakenDown(sheet);
    link.classList.toggle("judged", done);
    link.classList.toggle("gone", isGone);
    link.setAttribute("aria-label", text(isGone ? "takenDownEntry" : done ? "judgedEntry" : "entry", { number }));
    if (number === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/** Sends what was changed, one sheet after the other, until all is there. */
async function save() {
  clearTimeout(timer);
  const [number] = unsaved;
  const sheet = number === undefined ? undefined : sheets.get(number);
  if (isSaving || number === undefined || !sheet) return;
  isSaving = true;
  unsaved.delete(number);
  let wait = 0;
  try {
    const { ok, status, data } = await ask("PUT", `/v1/judges/current/entries/${number}`, secret, {
      scores: sheet.scores,
      comment: sheet.comment,
    });
    if (!ok && (status >= 500 || status === 429)) throw new Error(data.code);
    if (ok) sheet.is_complete = data.is_complete;
    else if (data.code === "entry_taken_down") takeDown(sheet);
    else refuse(data);
    if (ok && unsaved.size === 0) say("allSaved");
  } catch {
    unsaved.add(number);
    wait = RETRY_AFTER;
    say("waiting");
  }
  isSaving = false;
  drawProgress();
  if (unsaved.size > 0) timer = setTimeout(() => void save(), wait);
}

/** @param {any} problem */
function refuse(problem) {
  write("problem", sentence(problem));
  show("problem", true);
  say("");
  part("fields")?.setAttribute("disabled", "");
}

/** @param {Sheet} sheet */
function takeDown(sheet) {
  Object.assign(sheet, { state: "taken_down", is_complete: false });
  say("");
  if (sheet.number === current) open(false);
}

/** @param {Sheet} sheet */
function changed(sheet) {
  unsaved.add(sheet.number);
  say("saving");
  clearTimeout(timer);
  timer = setTimeout(() => void save(), SAVE_AFTER);
}

/** A label and a field for a criterion. @param {Sheet} sheet @param {Criterion} criterion @param {number} at */
function field(sheet, { name, label, greatest }, at) {
  const row = document.createElement("div");
  const caption = document.createElement("label");
  const input = document.createElement("input");
  const range = document.createElement("span");
  row.className = "criterion";
  caption.htmlFor = input.id = `criterion-${at}`;
  caption.textContent = label;
  range.id = `range-${at}`;
  range.className = "note";
  range.textContent = text("range", { greatest });
  Object.assign(input, { type: "number", min: "0", max: String(greatest), step: "1", inputMode: "numeric", value: sheet.scores[name] ?? "" });
  input.setAttribute("aria-describedby", range.id);
  input.addEventListener("input", () => {
    const isWrong = !input.checkValidity();
    input.setAttribute("aria-invalid", String(isWrong));
    if (isWrong || input.value === "") delete sheet.scores[name];
    else sheet.scores[name] = Number(input.value);
    changed(sheet);
  });
  row.append(caption, input, range);
  return row;
}

/** @param {number} number */
async function play(number) {
  const player = part("player");
  if (!(player instanceof HTMLIFrameElement)) return;
  player.hidden = true;
  player.removeAttribute("src");
  const { ok, data } = await ask("GET", `/v1/judges/current/entries/${number}/playback`, secret);
  if (number !== current) return;
  show("unplayable", !ok);
  if (!ok) return;
  const { pathname, search } = new URL(data.embed_url);
  player.title = text("entry", { number });
  player.src = `${pathname}${search}&lang=${language.slice(0, 2)}`;
  player.hidden = false;
}

/** Shows the entry that the address names. @param {boolean} isAsked Whether somebody went there just now. */
function open(isAsked) {
  const number = Number(location.hash.slice(1));
  const sheet = sheets.get(number);
  void save();
  show("entry", sheet !== undefined);
  current = sheet ? number : 0;
  drawProgress();
  if (!sheet) return;
  write("title", text("entry", { number }));
  const isGone = isTakenDown(sheet);
  const isLost = isGone || sheet.state === "failed" || sheet.state === "awaited";
  show("taken-down", isGone);
  show("work", !isGone);
  show("unplayable", isLost);
  part("criteria")?.replaceChildren(...criteria.map((criterion, at) => field(sheet, criterion, at)));
  const comment = part("comment");
  if (comment instanceof HTMLTextAreaElement) {
    comment.value = sheet.comment;
    comment.oninput = () => {
      sheet.comment = comment.value;
      changed(sheet);
    };
  }
  const numbers = [...sheets.keys()];
  for (const [id, other] of [["before", numbers[numbers.indexOf(number) - 1]], ["after", numbers[numbers.indexOf(number) + 1]]]) {
    show(String(id), other !== undefined);
    part(String(id))?.setAttribute("href", `#${other}`);
  }
  if (unsaved.size === 0) say("");
  if (isAsked) part("title")?.focus();
  if (isLost) show("player", false);
  else play(number).catch(() => show("unplayable", true));
}

async function begin() {
  const { ok, data } = await ask("GET", "/v1/judges/current", secret);
  if (!ok) return refuse(data);
  ({ criteria } = data);
  sheets = new Map(data.entries.map((/** @type {Sheet} */ sheet) => [sheet.number, sheet]));
  part("entries")?.replaceChildren(
    ...[...sheets.keys()].map((number) => {
      const row = document.createElement("li");
      const link = document.createElement("a");
      link.href = `#${number}`;
      link.textContent = String(number);
      row.append(link);
      return row;
    }),
  );
  if (data.state === "closed") part("fields")?.setAttribute("disabled", "");
  show("nothing", data.state !== "waiting" && sheets.size === 0);
  show("desk", sheets.size > 0);
  open(false);
  return undefined;
}

speakTimes();
window.addEventListener("hashchange", () => open(true));
window.addEventListener("online", () => void save());
document.addEventListener("visibilitychange", () => void save());
window.addEventListener("beforeunload", (event) => {
  if (unsaved.size > 0 || isSaving) event.preventDefault();
});
part("sheet")?.addEventListener("submit", (event) => {
  event.preventDefault();
  void save();
});
if (part("desk")) begin().catch(() => setTimeout(() => void begin().catch(() => say("waiting")), RETRY_AFTER));
