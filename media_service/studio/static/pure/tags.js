/** Words that a lesson is found by, as they are typed. */

export const MOST_TAGS = 20;
export const LONGEST_TAG = 50;

/** What stands between two words where several are pasted: commas and the like of both languages, and ends of lines. */
const BETWEEN = /[,;，；、\n\r]+/;

/**
 * Whether what was typed ends a word.
 * @param {string} text
 */
export function endsTag(text) {
  return BETWEEN.test(text);
}

/**
 * The tags with what was typed added, each once: of two that differ in case or width alone the first stays, as the service has it.
 * @param {readonly string[]} tags
 * @param {string} text One word or several.
 * @returns {string[]}
 */
export function withTags(tags, text) {
  const typed = text
    .split(BETWEEN)
    .map((word) => word.trim().replace(/\s+/g, " ").slice(0, LONGEST_TAG))
    .filter(Boolean);
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const tag of [...tags, ...typed]) {
    const folded = tag.normalize("NFKC").toLowerCase();
    if (!found.has(folded)) found.set(folded, tag);
  }
  return [...found.values()].slice(0, MOST_TAGS);
}
