/** The page that says why there is nothing to play: tells it to the page around it, which may have another token. */
import { Parent } from "./protocol.js";

const { playback_id: playbackId, error } = JSON.parse(document.getElementById("refusal").textContent);
new Parent({ greet: () => ({ playbackId, error }) });
