/** The page that says why there is nothing to play: tells it to the page around it, which may have another token. */
import { dataOf } from "./elements.js";
import { Parent } from "./protocol.js";
/** @import { Fault } from "./types" */

/** @type {{playback_id: string | null, error: Fault}} */
const { playback_id: playbackId, error } = dataOf("refusal");
new Parent({ greet: () => ({ playbackId, error }) });
