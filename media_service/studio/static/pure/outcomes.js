/** What plays are by the rule of views. */

export const OUTCOMES = /** @type {const} */ ([
  "counted",
  "too_short",
  "repeated",
  "muted_off_screen",
  "crawler",
  "prefetch",
  "limited",
  "forged",
  "no_play",
]);
/** @typedef {(typeof OUTCOMES)[number]} Outcome */

/**
 * What was refused, the most frequent reason first.
 * @param {Readonly<Record<string, number>>} refused
 * @returns {{outcome: string, n: number}[]}
 */
export function refusedOf(refused) {
  return Object.entries(refused)
    .filter(([, n]) => n > 0)
    .map(([outcome, n]) => ({ outcome, n }))
    .toSorted((one, other) => other.n - one.n || (one.outcome < other.outcome ? -1 : 1));
}
