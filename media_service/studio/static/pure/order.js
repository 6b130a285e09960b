/** Things that people put into an order of their own. */

/**
 * The list with one thing at another place.
 * @template Thing
 * @param {readonly Thing[]} list
 * @param {number} from
 * @param {number} to Place that it has afterwards.
 * @returns {Thing[]}
 */
export function moved(list, from, to) {
  const rest = list.toSpliced(from, 1);
  return rest.toSpliced(to, 0, list[from]);
}

/**
 * The place that a key leads to, null if it is none for lists.
 * @param {string} key
 * @param {number} at
 * @param {number} count
 */
export function placeAfter(key, at, count) {
  /** @type {Record<string, number>} */
  const ways = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: count - 1 };
  if (!(key in ways)) return null;
  return Math.min(count - 1, Math.max(0, ways[key]));
}

/**
 * The place of what is dragged, by where the middles of all rows are.
 * @param {readonly number[]} middles From the top on, that of the dragged one where it began.
 * @param {number} from
 * @param {number} y Where the middle of the dragged one is now.
 */
export function placeAt(middles, from, y) {
  let to = from;
  while (to + 1 < middles.length && y > middles[to + 1]) to += 1;
  while (to > 0 && y < middles[to - 1]) to -= 1;
  return to;
}
