/** Files and folders as they are dropped and chosen. */
import { isMissed, isTaken } from "../pure/picked.js";
/** @import { Picked } from "../types" */

/** @typedef {{picked: Picked[], missed: string[]}} Harvest `missed`: names of files that do not look like lessons. */

/**
 * What lies in a drop, folders with all that is in them. Must be called while the event is being handled: its items are gone afterwards.
 * @param {DataTransfer} drop
 * @returns {Promise<Harvest>}
 */
export async function fromDrop(drop) {
  const things = [...drop.items].filter(({ kind }) => kind === "file");
  const opened = things.map((thing) => ({
    entry: thing.webkitGetAsEntry(),
    file: thing.getAsFile(),
    handle: thing.getAsFileSystemHandle?.().catch(() => null) ?? Promise.resolve(null),
  }));
  /** @type {Harvest} */
  const harvest = { picked: [], missed: [] };
  for (const { entry, file, handle } of opened) {
    if (entry?.isDirectory) await walk(/** @type {FileSystemDirectoryEntry} */ (entry), harvest);
    else if (file) sort(harvest, file, "", asFile(await handle));
  }
  return harvest;
}

/** @param {FileSystemHandle | null} handle */
function asFile(handle) {
  return handle?.kind === "file" ? /** @type {FileSystemFileHandle} */ (handle) : null;
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @param {Harvest} harvest
 */
async function walk(folder, harvest) {
  const reader = folder.createReader();
  /** @type {FileSystemEntry[]} */
  const entries = [];
  // A reader gives at most a hundred at a time.
  for (;;) {
    const some = /** @type {FileSystemEntry[]} */ (await new Promise((resolve, reject) => reader.readEntries(resolve, reject)));
    if (some.length === 0) break;
    entries.push(...some);
  }
  entries.sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
  for (const entry of entries) {
    if (entry.isDirectory) await walk(/** @type {FileSystemDirectoryEntry} */ (entry), harvest);
    else {
      const file = /** @type {File} */ (
        await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject))
      );
      sort(harvest, file, entry.fullPath.replace(/^\//, ""), null);
    }
  }
}

/**
 * What was chosen by a field for files or for a folder.
 * @param {FileList} files
 * @returns {Harvest}
 */
export function fromField(files) {
  /** @type {Harvest} */
  const harvest = { picked: [], missed: [] };
  const byPath = (/** @type {File} */ one, /** @type {File} */ other) =>
    one.webkitRelativePath.localeCompare(other.webkitRelativePath, undefined, { numeric: true });
  for (const file of [...files].toSorted(byPath)) sort(harvest, file, file.webkitRelativePath, null);
  return harvest;
}

/**
 * What is chosen in the browser's own dialog that gives handles; null where there is none.
 * @returns {Promise<Harvest | null>}
 */
export async function fromPicker() {
  if (!window.showOpenFilePicker) return null;
  /** @type {Harvest} */
  const harvest = { picked: [], missed: [] };
  const handles = await window.showOpenFilePicker({ multiple: true }).catch(() => []);
  for (const handle of handles) sort(harvest, await handle.getFile(), "", handle);
  return harvest;
}

/**
 * @param {Harvest} harvest
 * @param {File} file
 * @param {string} path
 * @param {FileSystemFileHandle | null} handle
 */
function sort(harvest, file, path, handle) {
  if (isTaken(file.name, file.type, path !== "")) harvest.picked.push({ file, path, handle });
  else if (isMissed(file.name)) harvest.missed.push(file.name);
}
