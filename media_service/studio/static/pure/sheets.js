/** Tables that are saved for a spreadsheet: CSV (RFC 4180) with a byte order mark, without which Excel reads no Chinese. */

const MARK = "\uFEFF";

/**
 * @param {readonly (readonly (string | number)[])[]} rows The first one names the columns.
 * @returns {string}
 */
export function csv(rows) {
  return MARK + rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
}

/**
 * Texts that spreadsheets would take for a formula get an apostrophe before them: strangers have written them.
 * @param {string | number} value
 */
function cell(value) {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
