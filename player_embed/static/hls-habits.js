/** What hls.js does not do by itself: to end in time, to load little until it is played, to keep below a level. */
import Hls from "./hls.js";
import { BUFFER_AHEAD } from "./pure/loading.js";
import { isAtEnd } from "./pure/positions.js";

/** @typedef {{hls: Hls, video: HTMLVideoElement, signal: AbortSignal}} Playing `signal`: another manifest takes its place. */

/**
 * A growing playlist may hold everything and not know yet that it does. Who has only jumped to the end still waits for it, and
 * may stand a millionth of a second behind the last picture then.
 * @param {Playing} playing
 * @param {number | null} duration The planned one.
 */
export function endInTime({ hls, video, signal }, duration) {
  let isTold = false;
  const again = () => {
    isTold = false;
    hls.stopLoad();
    hls.startLoad(video.currentTime);
  };
  const end = () => {
    const { buffered } = video;
    const loaded = buffered.length ? buffered.end(buffered.length - 1) : 0;
    if (isTold || !isAtEnd(video.currentTime, duration) || !isAtEnd(loaded, duration)) return;
    isTold = true;
    hls.trigger(Hls.Events.BUFFER_EOS, {});
    video.addEventListener("seeking", again, { once: true, signal });
  };
  for (const event of ["waiting", "progress"]) video.addEventListener(event, end, { signal });
}

/** @param {Playing} playing */
export function loadMoreOncePlayed({ hls, video, signal }) {
  const more = () => (hls.config.maxMaxBufferLength = BUFFER_AHEAD.played);
  if (video.paused) video.addEventListener("play", more, { once: true, signal });
  else more();
}

/**
 * hls.js sets its one cap anew whenever the size of the player changes: the lower of the two shall hold.
 * @param {Hls} hls
 * @param {number} most Index of a level.
 */
export function capLevel(hls, most) {
  if (hls.autoLevelCapping === -1 || hls.autoLevelCapping > most) hls.autoLevelCapping = most;
}

/**
 * @param {Hls} hls
 * @param {{toSize: boolean}} cap Whether the size of the player goes on being one.
 */
export function uncapLevel(hls, { toSize }) {
  hls.autoLevelCapping = -1;
  if (!toSize) return;
  hls.capLevelToPlayerSize = false;
  hls.capLevelToPlayerSize = true;
}
