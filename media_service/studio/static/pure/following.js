/** What is followed of another platform, as it is sent: everything that is not changed stays as it was. */

/** @typedef {{lesson_id?: string | null, course_id?: string | null, owner?: string | null, category_code?: string | null, licence?: string | null}} Part */

const KEPT = /** @type {const} */ (["visibility", "mode", "keep_copies", "only", "most_bytes", "with_source", "bytes_per_second", "window_from", "window_until"]);

/**
 * @param {Record<string, any> | null} known What is followed now, if anything is.
 * @param {Record<string, any>} changes
 */
export function wishOf(known, changes) {
  const kept = known ? Object.fromEntries(KEPT.map((name) => [name, known[name]])) : {};
  const wish = { ...kept, ...changes };
  return wish.only ? { ...wish, only: wish.only.map(withoutNulls) } : wish;
}

/**
 * The parts with one more, or without it if it is there.
 * @param {readonly Part[]} parts
 * @param {Part} part
 */
export function toggled(parts, part) {
  const others = parts.filter((each) => !isSame(each, part));
  return others.length < parts.length ? others : [...parts, part];
}

/**
 * @param {readonly Part[]} parts
 * @param {Part} part
 */
export function holds(parts, part) {
  return parts.some((each) => isSame(each, part));
}

/**
 * Parts that are no single lesson and no single course.
 * @param {readonly Part[]} parts
 */
export function setsOf(parts) {
  return parts.filter((each) => !each.lesson_id && !each.course_id);
}

/**
 * @param {Part} one
 * @param {Part} other
 */
function isSame(one, other) {
  const said = Object.entries(withoutNulls(one));
  const others = withoutNulls(other);
  return said.length === Object.keys(others).length && said.every(([name, value]) => others[name] === value);
}

/** @param {Record<string, any>} part */
function withoutNulls(part) {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== null && value !== undefined));
}
