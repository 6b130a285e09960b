/**
 * Where the viewer left, kept in this browser alone: a time and a date under the playback ID, nothing that tells who or what else was
 * seen, forgotten at the end of the lesson and after a month. Whether it is kept at all, pure/positions.js says.
 */
import { keepsPosition, resumeTime } from "./pure/positions.js";
import { forget, keep, kept } from "./storage.js";
/** @import { Page } from "./types" */

const EVERY_MS = 5000;
const name = (/** @type {Page} */ page) => `position:${page.playback_id}`;
const wanted = (/** @type {Page} */ page) => keepsPosition(page, navigator.globalPrivacyControl);

/**
 * Where to begin, in seconds; 0 is the beginning. A page that is told not to keep anything also forgets.
 * @param {Page} page
 */
export function keptTime(page) {
  if (page.options.resume === false) forget(name(page));
  return wanted(page) ? resumeTime(kept(name(page)), page.duration, Date.now()) : 0;
}

/**
 * Keeps the time of a video from now on.
 * @param {HTMLVideoElement} video
 * @param {() => Page} page The page as it is: a course goes on to other lessons.
 */
export function keepTime(video, page) {
  let last = 0;
  const keepNow = () => {
    if (video.ended || !(video.currentTime > 0) || !wanted(page())) return;
    last = Date.now();
    keep(name(page()), { time: Math.floor(video.currentTime), at: last });
  };
  video.addEventListener("timeupdate", () => Date.now() - last > EVERY_MS && keepNow());
  for (const event of ["pause", "seeked"]) video.addEventListener(event, keepNow);
  addEventListener("pagehide", keepNow);
  video.addEventListener("ended", () => forget(name(page())));
}
