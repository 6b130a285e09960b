/** Whether a file is one whose upload was begun before. */
/** @import { OpenUpload } from "../types" */

/**
 * The unfinished uploads that a file may belong to, by its name.
 * @param {{name: string, size: number}} file
 * @param {readonly OpenUpload[]} open
 */
export function namesakes(file, open) {
  const name = file.name.normalize("NFC");
  return open.filter((upload) => upload.name.normalize("NFC") === name);
}

/**
 * The upload that a file goes on with, if its bytes are the ones that were begun; else null. `differs`: something else of this name
 * was begun, which must not be mixed with it.
 * @param {{size: number}} file
 * @param {string} digest Of its first and last MiB.
 * @param {readonly OpenUpload[]} named Those of its name.
 * @returns {{upload: OpenUpload | null, differs: boolean}}
 */
export function continuation(file, digest, named) {
  const upload = named.find(({ size, digest: begun }) => size === file.size && begun === digest) ?? null;
  return { upload, differs: upload === null && named.length > 0 };
}
