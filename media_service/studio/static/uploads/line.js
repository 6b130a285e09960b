/** The line of uploads. It lives as long as the page of the browser, whatever page of Studio is shown. */
import { ask, problemOf } from "../api.js";
import { isLost, nextInLine, retryDelay, verdictOn } from "../pure/line.js";
import { unreachable } from "../pure/problems.js";
import { speedOf, withSample } from "../pure/speed.js";
import { continuation, namesakes } from "../pure/unfinished.js";
import { recognize, session } from "../session.js";
import { batch, effect, signal } from "../vendor/ui.js";
import { digestOf } from "./digest.js";
import { forget, keep } from "./handles.js";
import { items, moving, newId, newItem } from "./items.js";
import { claim, claimed, openUploads, refreshOpen, release } from "./open.js";
import { transfer } from "./transfer.js";
/** @import { Sample } from "../pure/speed.js" */
/** @import { Item, Picked, Problem } from "../types" */

/** Whether the browser thinks that it has a network. */
export const online = signal(navigator.onLine);

/**
 * What works on an item at the moment.
 * @typedef {object} Work
 * @property {() => void} stop
 * @property {readonly Sample[]} samples
 * @property {number} heard Seconds when the last byte left.
 * @property {number} attempts Failed ones in a row.
 * @property {ReturnType<typeof setTimeout> | undefined} timer
 */

/** @type {Map<Item, Work>} */
const works = new Map();

/**
 * Puts files at the end of the line.
 * @param {readonly Picked[]} picked
 */
export function add(picked) {
  items.value = [...items.value, ...picked.map(newItem)];
  advance();
}

/** Stops an upload at once, until it is told to go on. @param {Item} item */
export function pause(item) {
  halt(item);
  item.phase.value = "paused";
  advance();
}

/** Lets a paused or failed upload take its place in the line again. @param {Item} item */
export function resume(item) {
  item.problem.value = null;
  item.phase.value = "waiting";
  advance();
}

/** Takes a file out of the line. What the service has of it goes too, unless all is there. @param {Item} item */
export async function remove(item) {
  const sent = item.phase.peek() === "sent";
  halt(item);
  items.value = items.value.filter((other) => other !== item);
  advance();
  if (item.address && !sent) await discard(item.address);
}

/**
 * Ends an unfinished upload on the service.
 * @param {string} address
 */
export async function discard(address) {
  release(address);
  void forget(address);
  try {
    await ask("DELETE", address, { headers: { "Tus-Resumable": "1.0.0" } });
  } catch (error) {
    // Gone already, or out of reach: then it expires by itself.
    problemOf(error);
  }
  await refreshOpen();
}

/** Pauses whatever moves or waits. */
export function pauseAll() {
  batch(() => {
    for (const item of items.value) if (["waiting", "checking", "sending", "retrying"].includes(item.phase.peek())) {
      halt(item);
      item.phase.value = "paused";
    }
  });
}

/** Lets all that is paused go on. */
export function resumeAll() {
  batch(() => {
    for (const item of items.value) if (item.phase.peek() === "paused") item.phase.value = "waiting";
  });
  advance();
}

/** Takes what is done from the list. */
export function clearSent() {
  items.value = items.value.filter(({ phase }) => phase.peek() !== "sent");
}

/** Begins with those whose turn it is. */
function advance() {
  if (session.peek().is !== "in") return;
  const line = items.peek();
  for (const index of nextInLine(line.map(({ phase }) => phase.peek()))) void begin(line[index]);
}

/** Forgets what works on an item, and stops it. @param {Item} item */
function halt(item) {
  const work = works.get(item);
  works.delete(item);
  clearTimeout(work?.timer);
  work?.stop();
  item.speed.value = null;
}

/** @param {Item} item */
async function begin(item) {
  /** @type {Work} */
  const work = { stop: () => undefined, samples: [], heard: now(), attempts: works.get(item)?.attempts ?? 0, timer: undefined };
  works.set(item, work);
  item.phase.value = "checking";
  const digest = await prepared(item).catch(() => null);
  if (works.get(item) !== work) return;
  if (digest === null) {
    fail(item, UNREADABLE);
    return;
  }
  const path = item.path && { relative_path: item.path };
  const { assetId: replaced, ...why } = item.replaces ?? {};
  const ready = transfer(
    {
      file: item.file,
      address: item.address,
      metadata: { filename: item.file.name, filetype: item.file.type, head_tail_sha256: digest, ...path, ...(item.visibility && { visibility: item.visibility }), ...(replaced && { replaces: replaced, ...why }) },
      attemptKey: item.attemptKey,
    },
    {
      onBegun: (address, assetId) => {
        item.address = address;
        item.assetId.value = assetId ?? item.assetId.peek();
        claim(address);
        if (item.handle) void keep(address, item.handle);
      },
      onProgress: (sent) => progress(item, work, sent),
      onDone: () => done(item),
      onProblem: (problem) => trouble(item, problem),
    },
  );
  // What sends could not be fetched: the network went away, or the service was upgraded since Studio was opened.
  const running = await ready.catch(() => null);
  if (running === null) {
    if (works.get(item) === work) trouble(item, unreachable());
    return;
  }
  if (works.get(item) === work) work.stop = running.stop;
  else running.stop();
  if (works.get(item) === work && item.phase.peek() === "checking") item.phase.value = "sending";
}

/** @type {Problem} */
const UNREADABLE = {
  status: 400,
  code: "file_unreadable",
  message: {
    en: "This file can no longer be read. It may have been moved or changed: please choose it again.",
    zh: "无法读取该文件，可能已被移动或修改，请重新选择。",
  },
  detail: null,
  errors: [],
  retryAfter: null,
};

/** @type {WeakMap<Item, string>} */
const digests = new WeakMap();

/**
 * The hash of a file's ends; and where it goes on, if it was begun before.
 * @param {Item} item
 */
async function prepared(item) {
  const known = digests.get(item);
  const digest = known ?? (await digestOf(item.file));
  if (known !== undefined) return digest;
  digests.set(item, digest);
  // What replaces a lesson goes on with nothing but a file for this lesson.
  const own = item.replaces?.assetId;
  const open = openUploads.peek().filter(({ address, assetId }) => !claimed(address) && (!own || assetId === own));
  const { upload, differs } = continuation(item.file, digest, namesakes(item.file, open));
  if (upload) {
    claim(upload.address);
    item.address = upload.address;
    item.assetId.value = upload.assetId;
    item.sent.value = upload.received;
    item.note.value = "continued";
  } else if (differs) item.note.value = "differs";
  return digest;
}

/**
 * @param {Item} item
 * @param {Work} work
 * @param {number} sent
 */
function progress(item, work, sent) {
  if (sent > item.sent.peek()) {
    work.heard = now();
    work.attempts = 0;
    refused.delete(item);
  }
  work.samples = withSample(work.samples, { at: now(), bytes: sent });
  batch(() => {
    item.phase.value = "sending";
    item.sent.value = sent;
    item.speed.value = speedOf(work.samples);
  });
}

/** @param {Item} item */
function done(item) {
  halt(item);
  if (item.address) void forget(item.address);
  batch(() => {
    item.sent.value = item.file.size;
    item.phase.value = "sent";
  });
  advance();
}

/** Those that were refused for want of a sign-in since their last byte. @type {WeakSet<Item>} */
const refused = new WeakSet();

/**
 * @param {Item} item
 * @param {Problem} problem
 */
function trouble(item, problem) {
  const attempts = (works.get(item)?.attempts ?? 0) + 1;
  halt(item);
  const verdict = verdictOn(problem, item.address !== null);
  if (verdict === "fail") return fail(item, problem);
  // Who is signed in and refused all the same asks less and less often.
  if (verdict === "sign_in" && !refused.has(item)) {
    refused.add(item);
    item.phase.value = "waiting";
    // It may only be the token against forgery that was renewed: then all goes on by itself.
    return void recognize();
  }
  if (verdict === "restart") {
    release(item.address);
    item.address = null;
    item.attemptKey = newId();
    item.sent.value = 0;
    item.note.value = "restarted";
  }
  /** @type {Work} */
  const work = { stop: () => undefined, samples: [], heard: now(), attempts, timer: undefined };
  works.set(item, work);
  batch(() => {
    item.problem.value = problem;
    item.phase.value = "retrying";
  });
  work.timer = setTimeout(() => again(item), retryDelay(attempts, problem.retryAfter) * 1000);
  return undefined;
}

/** @param {Item} item */
function again(item) {
  clearTimeout(works.get(item)?.timer);
  item.problem.value = null;
  void begin(item);
}

/**
 * @param {Item} item
 * @param {Problem} problem
 */
function fail(item, problem) {
  halt(item);
  batch(() => {
    item.problem.value = problem;
    item.phase.value = "failed";
  });
  advance();
}

function now() {
  return performance.now() / 1000;
}

function retryNow() {
  for (const item of items.peek()) if (item.phase.peek() === "retrying") again(item);
}

/** Requests that fell asleep with the machine, or whose connection died without a word, are given up and asked for again. */
function wakeSilent() {
  for (const [item, work] of works) {
    if (item.phase.peek() !== "sending") continue;
    if (!isLost(now() - work.heard, item.sent.peek() >= item.file.size)) continue;
    halt(item);
    works.set(item, { ...work, stop: () => undefined });
    again(item);
  }
}

/** Begins to watch the network, the session and the end of the page. */
export function watch() {
  window.addEventListener("online", () => {
    online.value = true;
    retryNow();
  });
  window.addEventListener("offline", () => {
    online.value = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (moving.peek()) event.preventDefault();
  });
  setInterval(wakeSilent, 5000);
  effect(() => {
    if (session.value.is !== "in") return;
    // The list of what is unfinished comes first: what is chosen then goes on where it was.
    void refreshOpen().then(advance);
  });
}
