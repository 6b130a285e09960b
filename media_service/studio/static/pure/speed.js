/** How fast bytes go, from when how many had gone. */

/** Seconds of the past that count. */
const WINDOW = 8;

/** @typedef {{at: number, bytes: number}} Sample `at` in seconds. */

/**
 * The samples with one more, without those that no longer count. After a step back (bytes that must be sent again) counting begins anew.
 * @param {readonly Sample[]} samples
 * @param {Sample} sample
 * @returns {Sample[]}
 */
export function withSample(samples, sample) {
  const last = samples.at(-1);
  if (last && sample.bytes < last.bytes) return [sample];
  return [...samples.filter(({ at }) => at >= sample.at - WINDOW), sample];
}

/**
 * Bytes per second; null until there is enough to say it by.
 * @param {readonly Sample[]} samples
 */
export function speedOf(samples) {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.at - first.at < 0.5 || last.bytes <= first.bytes) return null;
  return (last.bytes - first.bytes) / (last.at - first.at);
}
