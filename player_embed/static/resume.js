/**
 * Where the viewer left, kept in this browser alone: a time and a date under the playback ID, nothing that tells who or what else was
 * seen, forgotten at the end of the lesson and after a month. Whether it is kept at all, pure/positions.js says.
 */
import { keepsPosition, resumeTime } from "./pure/positions.js";
/** @import { Page } from "./types" */

const EVERY_MS = 5000;
const key = (/** @type {Page} */ page) => `lessonstream:position:${page.playback_id}`;
const wanted = (/** @type {Page} */ page) => keepsPosition(page, navigator.globalPrivacyControl);

/**
 * Storage may be full, forbidden or cut off in a frame of another site: then there is nothing to go on from.
 * @template Result
 * @param {() => Result} act
 */
function quietly(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

/**
 * Where to begin, in seconds; 0 is the beginning. A page that is told not to keep anything also forgets.
 * @param {Page} page
 */
export function keptTime(page) {
  if (page.options.resume === false) quietly(() => localStorage.removeItem(key(page)));
  if (!wanted(page)) return 0;
  return resumeTime(quietly(() => JSON.parse(localStorage.getItem(key(page)) ?? "null")), page.duration, Date.now());
}

/**
 * Keeps the time of a video from now on.
 * @param {HTMLVideoElement} video
 * @param {Page} page
 */
export function keepTime(video, page) {
  if (!wanted(page)) return;
  let last = 0;
  const keep = () => {
    if (video.ended || !(video.currentTime > 0)) return;
    last = Date.now();
    quietly(() => localStorage.setItem(key(page), JSON.stringify({ time: Math.floor(video.currentTime), at: last })));
  };
  video.addEventListener("timeupdate", () => Date.now() - last > EVERY_MS && keep());
  for (const name of ["pause", "seeked"]) video.addEventListener(name, keep);
  addEventListener("pagehide", keep);
  video.addEventListener("ended", () => quietly(() => localStorage.removeItem(key(page))));
}
