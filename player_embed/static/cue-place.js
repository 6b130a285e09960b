/** Firefox has no pseudo-element that moves captions away from the controls: there the cues are told another line. */
import { linesAbove } from "./pure/tracks.js";

/**
 * Keeps the captions above the controls while these show.
 * @param {{root: HTMLElement, video: HTMLVideoElement, controls: HTMLElement}} player
 */
export function liftCues({ root, video, controls }) {
  if (CSS.supports("selector(video::-webkit-media-text-track-container)")) return;
  /** @type {WeakSet<TextTrackCue>} */
  const lifted = new WeakSet();

  function place() {
    const { idle, chrome, kind, playback } = root.dataset;
    const covered = chrome === "full" && (kind === "audio" || (idle === undefined && playback !== "idle"));
    const showing = [...video.textTracks].find((track) => track.mode === "showing" && track.kind === "captions");
    const letters = parseFloat(getComputedStyle(root).getPropertyValue("--caption-scale")) * parseFloat(getComputedStyle(root).fontSize);
    for (const cue of /** @type {Iterable<VTTCue>} */ (showing?.cues ?? [])) {
      if (cue.line !== "auto" && !lifted.has(cue)) continue; // Its author chose a place.
      const line = covered ? -linesAbove(controls.offsetHeight, letters, cue.text) : "auto";
      if (cue.line === line) continue;
      lifted.add(cue);
      cue.line = line;
    }
  }

  new MutationObserver(place).observe(root, { attributes: true, attributeFilter: ["data-idle", "data-chrome", "data-playback", "data-captions"] });
  video.addEventListener("timeupdate", place);
}
