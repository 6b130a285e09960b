/** What of a waveform and of a long list is seen. */

/**
 * How loud each column of a picture is: the loudest moment that it covers, from 0 to 1.
 * @param {ArrayLike<number>} peaks
 * @param {number} each Milliseconds of a value.
 * @param {number} from Milliseconds at the left edge.
 * @param {number} to Milliseconds at the right edge.
 * @param {number} columns
 * @returns {number[]}
 */
export function columnsOf(peaks, each, from, to, columns) {
  const step = (to - from) / columns / each;
  return Array.from({ length: columns }, (_, column) => {
    const first = Math.floor(from / each + column * step);
    const last = Math.max(first + 1, Math.floor(from / each + (column + 1) * step));
    let loudest = 0;
    for (let at = Math.max(0, first); at < Math.min(peaks.length, last); at += 1) loudest = Math.max(loudest, peaks[at]);
    return loudest / 255;
  });
}

/**
 * The stretch that is shown: it follows the moment in pages, so that the picture stands still to be looked at.
 * @param {number} from Milliseconds at the left edge by now.
 * @param {number} span Milliseconds that are seen.
 * @param {number} now Milliseconds.
 * @param {number} duration Milliseconds.
 */
export function follow(from, span, now, duration) {
  const last = Math.max(0, duration - span);
  if (now >= from && now <= from + span * 0.92) return Math.min(from, last);
  return Math.max(0, Math.min(last, now - span * 0.1));
}

/**
 * Rows of a long list that are drawn: those that are seen and some around them.
 * @param {number} top Pixels above what is seen.
 * @param {number} height Pixels that are seen.
 * @param {number} row Pixels of a row.
 * @param {number} count
 */
export function rowsSeen(top, height, row, count) {
  const around = 6;
  const first = Math.max(0, Math.min(count, Math.floor(top / row) - around));
  return { first, last: Math.min(count, Math.ceil((top + height) / row) + around) };
}

/** @typedef {"start" | "end"} Edge */

/**
 * The edge of a cue at a moment, the nearer one if both are; null if none is.
 * @param {{start: number, end: number}} cue
 * @param {number} time
 * @param {number} reach How far an edge may be away, in the unit of the times.
 * @param {boolean} hasEnd Whether its end is its own, and not the start of the next one.
 * @returns {Edge | null}
 */
export function edgeNear({ start, end }, time, reach, hasEnd) {
  const [toStart, toEnd] = [Math.abs(time - start), hasEnd ? Math.abs(time - end) : Infinity];
  if (Math.min(toStart, toEnd) > reach) return null;
  return toStart < toEnd || (toStart === toEnd && time < start) ? "start" : "end";
}
