/** Moving along a lesson by keys, finely and coarsely. */

/**
 * Where a key leads from a time: arrows by a frame, with Shift by a second, the pages by a tenth; null for every other key.
 * @param {string} key
 * @param {boolean} coarse
 * @param {number} time Seconds.
 * @param {{duration: number, rate: number}} lesson
 */
export function stepped(key, coarse, time, { duration, rate }) {
  const step = coarse ? 1 : 1 / rate;
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return time - step;
    case "ArrowRight":
    case "ArrowUp":
      return time + step;
    case "PageDown":
      return time - duration / 10;
    case "PageUp":
      return time + duration / 10;
    case "Home":
      return 0;
    case "End":
      return duration;
    default:
      return null;
  }
}
