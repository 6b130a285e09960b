/** Addresses: of other lessons of a course, and with the token that counts now. */

/**
 * The page of another lesson of a course, which begins at once. Its token, if it needs one, is asked of the page around.
 * @param {string} lesson Its playback ID.
 * @param {string} pageAddress The page of this one.
 */
export function lessonAddress(lesson, pageAddress) {
  const address = new URL(pageAddress);
  for (const name of ["token", "start", "t", "end"]) address.searchParams.delete(name);
  address.searchParams.set("lesson", lesson);
  address.searchParams.set("autoplay", "1");
  return address.href;
}

/** What a multivariant playlist names has the token as a folder. */
const TOKEN_FOLDER = /^(\/v\/[^/]+\/t\/)[^/]+/;

/**
 * The address with the token in place of the one it has.
 * @param {string} url
 * @param {string | null} token
 * @param {string} base
 */
export function withToken(url, token, base) {
  if (!token) return url;
  const address = new URL(url, base);
  if (address.searchParams.has("token")) address.searchParams.set("token", token);
  address.pathname = address.pathname.replace(TOKEN_FOLDER, `$1${token}`);
  return address.href;
}

/**
 * The token of an address.
 * @param {string} url
 */
export function tokenOf(url) {
  return new URL(url).searchParams.get("token");
}

/**
 * Seconds until a new token is asked for: a minute before the end, or when two thirds of a short life are over.
 * @param {number} secondsLeft
 */
export function renewalDelay(secondsLeft) {
  return Math.max(0, secondsLeft - Math.min(60, secondsLeft / 3));
}
