/** Which page stands at an address. */

/**
 * The first of the patterns that an address fits, with the values of its named parts; null if there is none.
 * @param {readonly string[]} patterns Such as `/studio/lessons/:id`.
 * @param {string} path
 * @returns {{index: number, params: Record<string, string>} | null}
 */
export function matchRoute(patterns, path) {
  const parts = segments(path);
  for (const [index, pattern] of patterns.entries()) {
    const wanted = segments(pattern);
    if (wanted.length !== parts.length) continue;
    /** @type {Record<string, string>} */
    const params = {};
    const fits = wanted.every((word, at) => {
      if (!word.startsWith(":")) return word === parts[at];
      params[word.slice(1)] = parts[at];
      return true;
    });
    if (fits) return { index, params };
  }
  return null;
}

/** @param {string} path */
function segments(path) {
  return path.split("/").filter(Boolean).map(decoded);
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
