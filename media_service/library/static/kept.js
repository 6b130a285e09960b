/**
 * What somebody has begun to watch in a library, kept in this browser alone: no more of it than a list needs to show, forgotten at the
 * end of a lesson, after a month, and where the browser asks sites for privacy (Global Privacy Control). Pure but for `read` and `write`.
 */

/** @typedef {{id: string, title: string, poster: string, time: number, duration: number, at: number}} Begun Seconds, and a date in milliseconds. */

const MOST = 8;
const KEPT_FOR_MS = 30 * 24 * 3600 * 1000;
/** The first and the last seconds are not worth coming back to. */
const MARGIN = 10;

/**
 * The list as it was kept, but for what is too old or no such thing.
 * @param {unknown} kept
 * @param {number} now
 * @returns {Begun[]}
 */
export function begunOf(kept, now) {
  if (!Array.isArray(kept)) return [];
  return kept.filter((one) => isBegun(one) && now - one.at < KEPT_FOR_MS).slice(0, MOST);
}

/**
 * The list after somebody was at this place of a lesson: it comes first, or goes where it is (nearly) at an end.
 * @param {Begun[]} list
 * @param {Begun} one
 */
export function after(list, one) {
  const others = list.filter(({ id }) => id !== one.id);
  const margin = Math.min(MARGIN, one.duration / 10);
  if (!(one.time >= margin)) return list;
  return one.time < one.duration - margin ? [one, ...others].slice(0, MOST) : others;
}

/** @param {any} one */
function isBegun(one) {
  return (
    typeof one === "object" && one !== null && ["id", "title", "poster"].every((name) => typeof one[name] === "string") &&
    ["time", "duration", "at"].every((name) => Number.isFinite(one[name])) && /^[0-9a-z]{20,32}$/.test(one.id) && one.poster.startsWith("/library/")
  );
}

const name = (/** @type {string} */ key) => `lessonstream:library:${key}`;

/**
 * @param {string} key The library's.
 * @returns {Begun[]}
 */
export function read(key) {
  try {
    return begunOf(JSON.parse(localStorage.getItem(name(key)) ?? "[]"), Date.now());
  } catch {
    return [];
  }
}

/**
 * Storage may be full or forbidden: then nothing is kept.
 * @param {string} key
 * @param {Begun[]} list
 */
export function write(key, list) {
  try {
    if (list.length === 0 || navigator.globalPrivacyControl) localStorage.removeItem(name(key));
    else localStorage.setItem(name(key), JSON.stringify(list));
  } catch {
    // nothing
  }
}
