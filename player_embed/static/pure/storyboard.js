/** The storyboard: which picture of which sprite stands for a time, and where the preview goes. */
/** @import { StoryboardCue } from "../types" */

/** Longest side of a preview in CSS pixels, and the share of the bar it may take in a small frame. */
const PREVIEW_SIDE = 232;
const PREVIEW_SHARE = 0.42;

const CUE = /^([\d:.]+)[ \t]+-->[ \t]+([\d:.]+)[^\n]*\n(\S+)#xywh=(?:pixel:)?(\d+),(\d+),(\d+),(\d+)/gm;

/** @param {string} text */
function parseTimestamp(text) {
  return text.split(":").reduce((total, part) => total * 60 + Number(part), 0);
}

/**
 * Storyboard cues of a WebVTT file whose cues point into sprites by `#xywh=` (W3C Media Fragments).
 * @param {string} text
 * @param {string} baseUrl
 * @returns {StoryboardCue[]}
 */
export function parseStoryboard(text, baseUrl) {
  return [...text.replace(/\r\n?/g, "\n").matchAll(CUE)].map(([, start, end, url, x, y, width, height]) => ({
    start: parseTimestamp(start),
    end: parseTimestamp(end),
    url: new URL(url, baseUrl).href,
    x: Number(x),
    y: Number(y),
    width: Number(width),
    height: Number(height),
  }));
}

/**
 * The cue shown at a time; the last one also stands for a rounded-off end.
 * @template {{start: number, end: number}} Cue
 * @param {Cue[]} cues
 * @param {number} time
 */
export function cueAt(cues, time) {
  return cues.find((cue) => time >= cue.start && time < cue.end) ?? (time > 0 ? cues.at(-1) : cues[0]);
}

/**
 * By what a picture is scaled for a preview over a bar of this width.
 * @param {{width: number, height: number}} picture
 * @param {number} barWidth
 */
export function previewScale({ width, height }, barWidth) {
  return Math.min(PREVIEW_SIDE, barWidth * PREVIEW_SHARE) / Math.max(width, height);
}

/**
 * Where the middle of a preview stands over the bar, so that it stays within it at both ends.
 * @param {number} share
 * @param {{previewWidth: number, barWidth: number}} widths
 */
export function previewPlace(share, { previewWidth, barWidth }) {
  const half = previewWidth / 2;
  return Math.min(Math.max(half, share * barWidth), barWidth - half);
}
