/** Movies that play themselves: how large what they need may be, and what their frame says. */

export const MOST_MOVIE_BYTES = 64 * 1024 * 1024;

/** Of Ruffle's program. */
export const MOST_ENGINE_BYTES = 64 * 1024 * 1024;

const SAID = ["ready", "shown", "failed", "left"];

/**
 * What a message of the frame says; null: nothing that is known. A movie that broke out of Ruffle could say anything.
 * @param {unknown} data
 */
export function messageOf(data) {
  const said = /** @type {{movie?: unknown} | null} */ (data)?.movie;
  return typeof said === "string" && SAID.includes(said) ? said : null;
}
