/** What people write into the fields on how a course is studied. */

/**
 * The number that a text says: null where nothing is written, undefined where it is none, or out of these bounds.
 * @param {string} text
 * @param {{least: number, most: number}} bounds
 */
export function numberWithin(text, { least, most }) {
  const written = text.normalize("NFKC").trim().replace(/%$/, "").trim().replace(",", ".");
  if (written === "") return null;
  const number = /^\d{1,7}(\.\d{1,4})?$/.test(written) ? Number(written) : NaN;
  return number >= least && number <= most ? number : undefined;
}
