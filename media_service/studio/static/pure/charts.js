/** What a chart looks like: where points, lines and figures of the axes stand, and which point is meant. */

/** The most points that are drawn; a screen shows no more side by side. */
export const MOST_POINTS = 400;

/** About how many there are on an axis. */
const STEPS = 4;

/** Points that a page key moves by. */
const PAGE = 7;

/**
 * The scale of an axis that begins at zero: round figures, the last of which is no less than the largest value.
 * @param {number} largest
 * @param {boolean} [whole] Whether there is nothing between two whole numbers.
 * @returns {{top: number, marks: number[]}}
 */
export function scaleOf(largest, whole = false) {
  if (!(largest > 0)) return { top: 1, marks: [0, 1] };
  const rough = Math.max(largest / STEPS, whole ? 1 : 0);
  const power = 10 ** Math.floor(Math.log10(rough));
  const steps = [1, 2, 2.5, 5, 10].map((factor) => factor * power).filter((each) => !whole || Number.isInteger(each));
  const step = steps.find((each) => each >= rough * (1 - 1e-9)) ?? 10 * power;
  const count = Math.ceil(largest / step - 1e-9);
  // Figures such as 0.30000000000000004 are none that people write.
  const marks = Array.from({ length: count + 1 }, (_, at) => Number((at * step).toPrecision(12)));
  return { top: marks[count], marks };
}

/**
 * Where a value stands of the way from one end to the other.
 * @param {number} at
 * @param {number} count Of points.
 */
export function placeOf(at, count) {
  return count > 1 ? at / (count - 1) : 0.5;
}

/** @param {number} number */
function short(number) {
  return String(Math.round(number * 100) / 100);
}

/**
 * A line through points, as the path of an SVG of this size; where there is no value it has a gap. A point alone has no line: `aloneOf`.
 * @param {readonly (number | null)[]} values
 * @param {{width: number, height: number, top: number}} box
 */
export function lineOf(values, { width, height, top }) {
  let path = "";
  let open = false;
  for (const [at, value] of values.entries()) {
    if (value === null) {
      open = false;
      continue;
    }
    const x = short(width * placeOf(at, values.length));
    const y = short(height * (1 - Math.min(1, value / top)));
    path += open ? `L${x} ${y}` : `M${x} ${y}`;
    open = true;
  }
  return path;
}

/**
 * Points that have no neighbour: no line shows them.
 * @param {readonly (number | null)[]} values
 */
export function aloneOf(values) {
  return values.flatMap((value, at) => (value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null ? [at] : []));
}

/**
 * The ground below such a line.
 * @param {readonly (number | null)[]} values
 * @param {{width: number, height: number, top: number}} box
 */
export function groundOf(values, box) {
  let path = "";
  for (let from = 0; from < values.length; from += 1) {
    if (values[from] === null) continue;
    let to = from;
    while ((values[to + 1] ?? null) !== null) to += 1;
    // Below a point alone there is no ground.
    if (to === from) continue;
    const x = (/** @type {number} */ at) => short(box.width * placeOf(at, values.length));
    const run = values.map((value, at) => (at >= from && at <= to ? value : null));
    path += `${lineOf(run, box)}L${x(to)} ${box.height}L${x(from)} ${box.height}Z`;
    from = to;
  }
  return path;
}

/**
 * Bars side by side.
 * @param {readonly (number | null)[]} values
 * @param {{width: number, height: number, top: number}} box
 * @returns {{x: number, y: number, width: number, height: number}[]}
 */
export function barsOf(values, { width, height, top }) {
  const room = width / Math.max(1, values.length);
  const bar = room * (values.length > 60 ? 1 : 0.7);
  return values.map((value, at) => {
    const tall = height * Math.min(1, (value ?? 0) / top);
    return { x: at * room + (room - bar) / 2, y: height - tall, width: bar, height: tall };
  });
}

/**
 * Where the pointer is, as a point.
 * @param {number} share Of the way from the left end to the right one.
 * @param {number} count
 * @param {"line" | "bars"} kind
 */
export function nearest(share, count, kind) {
  const at = kind === "bars" ? Math.floor(share * count) : Math.round(share * (count - 1));
  return Math.min(count - 1, Math.max(0, at));
}

/**
 * The point that a key leads to, null if it is none for charts.
 * @param {string} key
 * @param {number} at
 * @param {number} count
 */
export function movedTo(key, at, count) {
  /** @type {Record<string, number>} */
  const ways = {
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    PageUp: at + PAGE,
    PageDown: at - PAGE,
    Home: 0,
    End: count - 1,
  };
  return key in ways ? Math.min(count - 1, Math.max(0, ways[key])) : null;
}

/**
 * Points whose names stand below the axis: evenly spread, the first and the last among them.
 * @param {number} count
 * @param {number} room For so many names.
 */
export function named(count, room) {
  const names = Math.max(1, Math.min(count, room));
  if (names === 1) return [0];
  return [...new Set(Array.from({ length: names }, (_, at) => Math.round((at * (count - 1)) / (names - 1))))];
}

/**
 * No more points than are drawn: neighbours are put together evenly.
 * @template Point
 * @param {readonly Point[]} points
 * @param {(some: readonly Point[]) => Point} join
 * @param {number} [most]
 * @returns {Point[]}
 */
export function thinned(points, join, most = MOST_POINTS) {
  if (points.length <= most) return [...points];
  const each = Math.ceil(points.length / most);
  return Array.from({ length: Math.ceil(points.length / each) }, (_, at) => join(points.slice(at * each, (at + 1) * each)));
}
