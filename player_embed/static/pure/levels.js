/** Levels: which quality is played first and which never, and what each is called. `levels` ascend. */
import { fill } from "./languages.js";
/** @import { Level, Texts } from "../types" */

/** Bits per second assumed before anything was measured. */
export const DEFAULT_BANDWIDTH = 2_500_000;

/** Part of the bandwidth that the browser tells of which a start may make use. */
const START_SHARE = 0.6;

/** Lines of picture that a reader who saves data gets at most. */
const SAVING_HEIGHT = 360;

/**
 * Bits per second; undefined where the browser does not know: Chromium then says "4g" and some 1.5 Mbit/s, slower ones are "3g".
 * @param {{downlink?: number, effectiveType?: string} | undefined} connection
 */
export function toldBandwidth({ downlink: megabits = 0, effectiveType } = {}) {
  const guessed = effectiveType === "4g" && megabits < 2;
  return megabits && !guessed ? megabits * 1e6 : undefined;
}

/**
 * Index of the first level to load. A loop or animation (`whole`) starts at the top, because hls.js never loads a
 * short clip a second time (its issue 4553). A version still being encoded starts at the bottom, which is the rung that exists
 * first. Otherwise the best level that the connection carries with room to spare and that is not larger than the player; where the
 * browser does not tell the bandwidth, what most connections carry. A reader who saves data starts at half of that.
 * @param {readonly Level[]} levels
 * @param {{whole?: boolean, growing?: boolean, playerHeight: number, bandwidth?: number, saveData?: boolean}} circumstances
 */
export function startLevel(levels, { whole, growing, playerHeight, bandwidth, saveData = false }) {
  if (whole) return levels.length - 1;
  if (growing) return 0;
  const affordable = (bandwidth ? bandwidth * START_SHARE : DEFAULT_BANDWIDTH) / (saveData ? 2 : 1);
  const fitting = (/** @type {Level} */ level) => level.bitrate <= affordable && shortSide(level) <= playerHeight * 1.25;
  return levels.findLastIndex((level, index) => index === 0 || fitting(level));
}

/**
 * Index of the best level for a reader who saves data: 360 lines at most, or the lowest.
 * @param {readonly Level[]} levels
 */
export function savingLevel(levels) {
  return Math.max(0, levels.findLastIndex((level) => shortSide(level) <= SAVING_HEIGHT));
}

/**
 * Indices of the levels that are not to be played: of two codec families one is enough, and hls.js never leaves the one it began
 * with. AV1 takes fewer bytes, but only a browser that decodes its best level with ease gets it.
 * @param {readonly Level[]} levels
 * @param {(query: MediaDecodingConfiguration) => Promise<Omit<MediaCapabilitiesInfo, "keySystemAccess">>} decodingInfo
 */
export async function needlessLevels(levels, decodingInfo) {
  const isAv1 = levels.map(({ videoCodec }) => Boolean(videoCodec?.startsWith("av01")));
  if (new Set(isAv1).size < 2) return [];
  const best = levels[isAv1.lastIndexOf(true)];
  const chosen = await decodesWithEase(best, decodingInfo);
  return levels.map((_, index) => index).filter((index) => isAv1[index] !== chosen);
}

/**
 * @param {Level} level
 * @param {Parameters<typeof needlessLevels>[1]} decodingInfo
 */
async function decodesWithEase({ videoCodec, width, height, bitrate, frameRate }, decodingInfo) {
  try {
    const { supported, smooth, powerEfficient } = await decodingInfo({
      type: "media-source",
      video: {
        contentType: `video/mp4; codecs="${videoCodec}"`,
        width,
        height,
        bitrate,
        framerate: frameRate || 30,
      },
    });
    return supported && smooth && powerEfficient;
  } catch {
    return false; // A browser that cannot tell.
  }
}

/** @param {Pick<Level, "width" | "height">} level */
function shortSide({ width, height }) {
  return Math.min(width || Infinity, height || Infinity);
}

/**
 * "720p": named by the shorter side, so that an upright clip has the same names. Audio only: its bitrate.
 * @param {Level} level
 */
export function levelLabel(level) {
  const side = shortSide(level);
  return Number.isFinite(side) ? `${side}p` : `${Math.round(level.bitrate / 1000)} kbit/s`;
}

/**
 * "720p": the quality on screen, empty if unknown.
 * @param {{levels: readonly Level[], level: number}} playing
 */
export function currentLabel({ levels, level }) {
  return levels[level] ? levelLabel(levels[level]) : "";
}

/**
 * What stands on the button of the settings: sizes of pictures, no bitrates.
 * @param {string} label
 */
export function badgeText(label) {
  return /^\d+p$/.test(label) ? label : "";
}

/**
 * "Auto (720p)": that the bandwidth decides, and what it has decided.
 * @param {string} label
 * @param {Pick<Texts, "auto" | "autoIs">} texts
 */
export function autoLabel(label, texts) {
  return label ? fill(texts.autoIs, { label }) : texts.auto;
}

/**
 * Menu rows, best first; rungs of the same size are told apart by bitrate.
 * @param {readonly Level[]} levels
 */
export function qualityRows(levels) {
  const labels = levels.map(levelLabel);
  return levels
    .map((level, index) => {
      const twin = labels.filter((label) => label === labels[index]).length > 1;
      return { index, label: twin ? `${labels[index]} · ${(level.bitrate / 1e6).toFixed(1)} Mbit/s` : labels[index] };
    })
    .reverse();
}

/**
 * Whether a picture has the shape of its place but for the rounding of its size to even numbers: such a one may be stretched.
 * @param {number} width
 * @param {number} height
 * @param {number} placeWidth
 * @param {number} placeHeight
 */
export function nearlyFills(width, height, placeWidth, placeHeight) {
  return Math.abs((width * placeHeight) / (height * placeWidth) - 1) < 0.01;
}

/**
 * How much of its place is free under a picture, in pixels.
 * @param {number} width
 * @param {number} height
 * @param {number} placeWidth
 * @param {number} placeHeight
 */
export function roomUnder(width, height, placeWidth, placeHeight) {
  return width ? Math.max(0, (placeHeight - (placeWidth * height) / width) / 2) : 0;
}
