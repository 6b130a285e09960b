/** What a file is recognized by: a hash of its first and its last MiB. */
import { hexadecimal, sha256 } from "../pure/sha256.js";

const MIB = 1024 * 1024;

/**
 * SHA-256 over the first MiB followed by the last MiB, in hexadecimal; of a file of up to two MiB over all of it (docs/api.md).
 * @param {Blob} file
 */
export async function digestOf(file) {
  const ends = file.size <= 2 * MIB ? file : new Blob([file.slice(0, MIB), file.slice(file.size - MIB)]);
  const bytes = new Uint8Array(await ends.arrayBuffer());
  // Browsers have it in secure contexts only.
  return hexadecimal(crypto.subtle ? new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)) : sha256(bytes));
}
