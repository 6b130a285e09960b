/** Other screens: AirPlay (Safari) and Cast (Remote Playback API), where the browser has one and knows a device. */
/** @import { Playback } from "./playback.js" */

/**
 * Shows `button` while there is a screen to play on. What hls.js feeds cannot leave the page, so the browser takes over first.
 * @param {{video: HTMLVideoElement, playback: Playback, button: HTMLElement}} player
 */
export function offerRemote({ video, playback, button }) {
  if (!video.canPlayType("application/vnd.apple.mpegurl")) return;
  const show = (/** @type {boolean} */ available) => (button.hidden = !available);
  if (window.WebKitPlaybackTargetAvailabilityEvent) {
    video.addEventListener("webkitplaybacktargetavailabilitychanged", ({ availability }) => show(availability === "available"));
    button.addEventListener("click", () => {
      playback.playNatively();
      video.webkitShowPlaybackTargetPicker?.();
    });
  } else if (video.remote) {
    // An element that loads nothing: what hls.js feeds is never "available".
    const probe = Object.assign(document.createElement("video"), { preload: "none", src: playback.manifestUrl });
    probe.remote.watchAvailability(show).catch(() => {});
    button.addEventListener("click", () => {
      playback.playNatively();
      video.remote.prompt().catch(() => {});
    });
  }
}
