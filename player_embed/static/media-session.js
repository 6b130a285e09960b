/** What the system shows of the lesson on its lock screen and media keys, and what they do (Media Session). */

/**
 * @typedef {object} Acts
 * @property {() => void} play
 * @property {() => void} pause
 * @property {(seconds: number) => void} seekBy
 * @property {(time: number) => void} seek
 * @property {(() => void) | null} next Of a course; null: there is none.
 * @property {(() => void) | null} previous
 */

const SEEK_SECONDS = 10;

/**
 * Tells the system of a lesson. A picture that moves by itself is none.
 * @param {{title: string, kind: string, poster_url: string | null, course?: {title: string} | null}} page
 * @param {Acts} acts
 */
export function tellSystem({ title, kind, poster_url: poster, course }, acts) {
  const session = navigator.mediaSession;
  if (!session || kind === "animation") return;
  session.metadata = new MediaMetadata({ title, artist: course?.title ?? "", artwork: poster ? [{ src: new URL(poster, location.href).href }] : [] });
  /** @type {[MediaSessionAction, MediaSessionActionHandler | null][]} */
  const handlers = [
    ["play", acts.play],
    ["pause", acts.pause],
    ["seekbackward", ({ seekOffset }) => acts.seekBy(-(seekOffset ?? SEEK_SECONDS))],
    ["seekforward", ({ seekOffset }) => acts.seekBy(seekOffset ?? SEEK_SECONDS)],
    ["seekto", ({ seekTime }) => acts.seek(seekTime ?? 0)],
    ["nexttrack", acts.next],
    ["previoustrack", acts.previous],
  ];
  for (const [action, handler] of handlers) {
    try {
      session.setActionHandler(action, handler);
    } catch {
      // A browser that does not know this one.
    }
  }
}

/**
 * Keeps the system's own seek bar right.
 * @param {HTMLVideoElement} video
 * @param {() => number} duration
 */
export function keepSystemPosition(video, duration) {
  const session = navigator.mediaSession;
  if (!session?.setPositionState) return;
  const tell = () => {
    const whole = duration();
    if (whole > 0) session.setPositionState({ duration: whole, position: Math.min(video.currentTime, whole), playbackRate: video.playbackRate });
  };
  for (const name of ["loadedmetadata", "durationchange", "seeked", "ratechange", "play", "pause"]) video.addEventListener(name, tell);
}
