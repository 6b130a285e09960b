/** Undo and redo over values that never change. */

const MOST = 300;
/** Milliseconds in which what belongs together counts as one step. */
const TOGETHER = 1500;

/**
 * @template T
 * @typedef {{readonly past: readonly T[], readonly present: T, readonly future: readonly T[], readonly about: string, readonly at: number}} History
 */

/** @template T @param {T} present @returns {History<T>} */
export function begin(present) {
  return { past: [], present, future: [], about: "", at: 0 };
}

/**
 * @template T
 * @param {History<T>} history
 * @param {T} next
 * @param {string} about What is done; the same within a moment is one step, but not "".
 * @param {number} now Milliseconds.
 * @returns {History<T>}
 */
export function record(history, next, about, now) {
  if (next === history.present) return history;
  const together = about !== "" && about === history.about && now - history.at < TOGETHER;
  const past = together ? history.past : [...history.past.slice(1 - MOST), history.present];
  return { past, present: next, future: [], about, at: now };
}

/** @template T @param {History<T>} history @returns {History<T>} */
export function undo(history) {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return { past: history.past.slice(0, -1), present: before, future: [history.present, ...history.future], about: "", at: 0 };
}

/** @template T @param {History<T>} history @returns {History<T>} */
export function redo(history) {
  const [next, ...rest] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.present], present: next, future: rest, about: "", at: 0 };
}
