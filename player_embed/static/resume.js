/**
 * Where the viewer left, kept in this browser alone: a time and a date under the playback ID, nothing that tells who or what else was
 * seen, forgotten at the end of the lesson and after a month. Not kept for animations, for pages that say `resume=0`, or where the
 * browser asks sites for privacy (Global Privacy Control) and the page does not say `resume=1`.
 */
import { resumeTime } from "./player-core.js";

const EVERY_MS = 5000;
const key = (page) => `lessonstream:position:${page.playback_id}`;

function wanted({ kind, options }) {
  return kind !== "animation" && !options.loop && (options.resume ?? !navigator.globalPrivacyControl);
}

/** Storage may be full, forbidden or cut off in a frame of another site: then there is nothing to go on from. */
function quietly(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

/** Where to begin, in seconds; 0 is the beginning. A page that is told not to keep anything also forgets. */
export function keptTime(page) {
  if (page.options.resume === false) quietly(() => localStorage.removeItem(key(page)));
  if (!wanted(page)) return 0;
  return resumeTime(quietly(() => JSON.parse(localStorage.getItem(key(page)))), page.duration, Date.now());
}

/** Keeps the time of a video from now on. */
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
