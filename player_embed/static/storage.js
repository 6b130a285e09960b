/** What is kept in this browser alone. Storage may be full, forbidden or cut off in a frame of another site: then nothing is kept. */

/**
 * @template Result
 * @param {() => Result} act
 */
function quietly(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

/**
 * What was kept under a name, as it was then; null if there is nothing.
 * @param {string} name
 * @returns {unknown}
 */
export function kept(name) {
  return quietly(() => JSON.parse(localStorage.getItem(`lessonstream:${name}`) ?? "null"));
}

/**
 * @param {string} name
 * @param {unknown} value
 */
export function keep(name, value) {
  quietly(() => localStorage.setItem(`lessonstream:${name}`, JSON.stringify(value)));
}

/** @param {string} name */
export function forget(name) {
  quietly(() => localStorage.removeItem(`lessonstream:${name}`));
}
