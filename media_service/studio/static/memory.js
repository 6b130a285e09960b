/** What this browser remembers for Studio. Where storage is refused, it forgets, and all else works. */

const PREFIX = "lessonstream.studio.";

/** @param {string} name */
export function recall(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Refused or full: the choice holds until the page is left.
  }
}
