/** The keyboard: which key does what, in the player and in its menu. */
/** @import { Texts } from "../types" */

/** @typedef {{name: "togglePlay" | "toggleMute" | "toggleFullscreen" | "toggleCaptions" | "togglePictureInPicture" | "toggleTranscript"
 *   | "toggleHelp"}
 *   | {name: "seekBy" | "seekToFraction" | "volumeBy" | "speedBy", value: number}} Action Names are methods of Controls. */

/**
 * Keys and what they do, as the help sheet lists them: the name of a sentence of texts.js for each.
 * @type {[keys: string, text: keyof Texts][]}
 */
export const KEYS = [
  ["Space K", "keyPlay"], ["← →", "keySeek5"], ["J L", "keySeek10"], ["0 – 9", "keyFraction"], ["↑ ↓", "volume"], ["M", "mute"],
  ["C", "captions"], ["< >", "speed"], ["F", "enterFullscreen"], ["I", "enterPictureInPicture"], ["T", "transcript"], ["?", "keyHelp"],
];

/** @type {Record<string, Action>} */
const ACTIONS = {
  "?": { name: "toggleHelp" },
  " ": { name: "togglePlay" },
  k: { name: "togglePlay" },
  m: { name: "toggleMute" },
  f: { name: "toggleFullscreen" },
  c: { name: "toggleCaptions" },
  i: { name: "togglePictureInPicture" },
  t: { name: "toggleTranscript" },
  j: { name: "seekBy", value: -10 },
  l: { name: "seekBy", value: 10 },
  arrowleft: { name: "seekBy", value: -5 },
  arrowright: { name: "seekBy", value: 5 },
  arrowup: { name: "volumeBy", value: 0.05 },
  arrowdown: { name: "volumeBy", value: -0.05 },
  home: { name: "seekToFraction", value: 0 },
  end: { name: "seekToFraction", value: 1 },
  "<": { name: "speedBy", value: -1 },
  ">": { name: "speedBy", value: 1 },
};

/**
 * What a key press means, or null. Chords belong to the browser, the space bar to the button that has the focus, arrows, Home
 * and End to the slider of the volume.
 * @param {{key: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean}} press
 * @param {{onButton?: boolean, onVolume?: boolean}} [focus]
 * @returns {Action | null}
 */
export function keyAction({ key, ctrlKey, metaKey, altKey }, { onButton, onVolume } = {}) {
  if (ctrlKey || metaKey || altKey) return null;
  if ((onButton && key === " ") || (onVolume && /^(Arrow|Home|End)/.test(key))) return null;
  if (/^[0-9]$/.test(key)) return { name: "seekToFraction", value: Number(key) / 10 };
  const name = key.toLowerCase();
  return Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : null;
}

/**
 * What a key does in a menu of `length` rows, the one with the focus being `index` (-1: none): another row's index, or a verb; null
 * is nothing. `entered`: a list below the first one is shown. `leads`: the row leads to such a list.
 * @param {string} key
 * @param {{index: number, length: number, entered: boolean, leads: boolean}} menu
 * @returns {number | "enter" | "leave" | "close" | "nothing" | null} "nothing": the key is the menu's, but there is nothing to do.
 */
export function menuKey(key, { index, length, entered, leads }) {
  switch (key) {
    case "ArrowDown":
      return (index + 1) % length;
    case "ArrowUp":
      return (index - 1 + length) % length;
    case "Home":
      return 0;
    case "End":
      return length - 1;
    case "ArrowRight":
      return leads ? "enter" : "nothing";
    case "ArrowLeft":
      return entered ? "leave" : "nothing";
    case "Escape":
      return entered ? "leave" : "close";
    case "Tab":
      return "close";
    default:
      return null;
  }
}
