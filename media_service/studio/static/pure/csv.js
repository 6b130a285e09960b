/** Tables as spreadsheets read them: CSV (RFC 4180), known for UTF-8, with texts that they do not carry out. */

const MARK = "\ufeff";

/** How cells begin that spreadsheets carry out; full-width signs count in Chinese ones, too. */
const FORMULA = /^ *[=+\-@\t\r\n＝＋－＠]/;

/**
 * @param {readonly string[]} columns
 * @param {readonly (readonly (string | number | null)[])[]} rows
 */
export function toCsv(columns, rows) {
  return MARK + [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** @param {string | number | null} value */
function cell(value) {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
