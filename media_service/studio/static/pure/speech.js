/** Where somebody speaks, by how loud a lesson is, and lines of text spread over that. Times in milliseconds. */

/** @typedef {{start: number, end: number}} Span */

const LONGEST_GAP = 250;
const SHORTEST_SPAN = 150;
const LONGEST_CUE = 7000;
const SHORTEST_CUE = 833;
/** A boundary goes to a pause that is this near. */
const NEAR = 900;

/**
 * Stretches that are louder than the room.
 * @param {ArrayLike<number>} peaks A value from 0 to 255 for each moment.
 * @param {number} each Milliseconds of a moment.
 * @returns {Span[]}
 */
export function speechIn(peaks, each) {
  if (peaks.length === 0) return [];
  const ordered = Uint8Array.from(peaks).toSorted();
  const quiet = ordered[Math.floor(ordered.length * 0.1)];
  const loud = ordered[Math.floor(ordered.length * 0.95)];
  if (loud < 4) return [];
  // Music and noise leave no pauses: then all of it counts.
  const threshold = loud - quiet < 8 ? 0 : quiet + (loud - quiet) * 0.15;
  /** @type {Span[]} */
  const spans = [];
  for (let at = 0; at < peaks.length; at += 1) {
    if (peaks[at] <= threshold && threshold > 0) continue;
    const [start, end] = [at * each, (at + 1) * each];
    const last = spans.at(-1);
    if (last && start - last.end <= LONGEST_GAP) last.end = end;
    else spans.push({ start, end });
  }
  return spans.filter(({ start, end }) => end - start >= SHORTEST_SPAN);
}

/**
 * Times for lines that have none: in their order, each as long as its share of the text, where somebody speaks, beginning and ending at
 * pauses that are near.
 * @param {readonly string[]} lines
 * @param {readonly Span[]} spans Where somebody speaks; without any, all of the lesson.
 * @param {number} duration Milliseconds.
 * @returns {{start: number, end: number, text: string}[]}
 */
export function spread(lines, spans, duration) {
  const texts = lines.map((line) => line.trim()).filter(Boolean);
  if (texts.length === 0) return [];
  const speech = spans.length > 0 ? spans : [{ start: 0, end: Math.max(duration, texts.length * SHORTEST_CUE) }];
  if (speech.length === texts.length) return texts.map((text, at) => finished(text, speech[at].start, speech[at].end, speech[at + 1]?.start ?? Infinity));
  const weights = texts.map((text) => Math.max(1, [...text].length));
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const spoken = speech.reduce((sum, { start, end }) => sum + end - start, 0);
  // Boundaries on the line of speech alone, then where that lies in the lesson.
  const edges = edgesOf(speech);
  const length = spoken / texts.length;
  /** @type {number[]} */
  const cuts = [0];
  let sum = 0;
  for (const weight of weights.slice(0, -1)) {
    sum += weight;
    const wanted = (sum / whole) * spoken;
    const nearest = edges.reduce((best, edge) => (Math.abs(edge - wanted) < Math.abs(best - wanted) ? edge : best), -Infinity);
    const before = /** @type {number} */ (cuts.at(-1));
    const cut = Math.abs(nearest - wanted) <= Math.min(NEAR, length / 2) ? nearest : wanted;
    cuts.push(Math.max(cut, before + 1));
  }
  cuts.push(Math.max(spoken, /** @type {number} */ (cuts.at(-1)) + 1));
  return texts.map((text, at) => {
    const next = at + 1 < texts.length ? placed(speech, cuts[at + 1], true) : Infinity;
    return finished(text, placed(speech, cuts[at], true), placed(speech, cuts[at + 1], false), next);
  });
}

/**
 * Ends of the spans on the line of speech.
 * @param {readonly Span[]} speech
 */
function edgesOf(speech) {
  let sum = 0;
  return speech.map(({ start, end }) => (sum += end - start));
}

/**
 * Where a point on the line of speech lies in the lesson; one between two spans begins the later or ends the earlier one.
 * @param {readonly Span[]} speech
 * @param {number} point
 * @param {boolean} begins
 */
function placed(speech, point, begins) {
  let left = point;
  for (const [at, { start, end }] of speech.entries()) {
    const length = end - start;
    if (left < length || (!begins && left <= length) || at === speech.length - 1) return Math.round(start + left);
    left -= length;
  }
  return Math.round(point);
}

/**
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {number} next Where the next one begins.
 */
function finished(text, start, end, next) {
  const longest = Math.min(Math.max(end, start + SHORTEST_CUE), start + LONGEST_CUE);
  return { text, start, end: Math.max(start + 1, Math.min(longest, next)) };
}
