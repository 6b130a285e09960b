/** Handles of files, kept in this browser (Chromium): an upload that was begun goes on by one click, without choosing the file again. */
import { pathOf } from "./open.js";

const [NAME, STORE] = ["lessonstream.studio", "handles"];

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** @returns {Promise<IDBDatabase>} */
function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE));
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
  return opened;
}

/**
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} act
 * @returns {Promise<T | null>} Null where the browser refuses to keep things.
 */
async function within(mode, act) {
  try {
    const store = (await database()).transaction(STORE, mode).objectStore(STORE);
    const request = act(store);
    return await new Promise((resolve, reject) => {
      request.addEventListener("success", () => resolve(request.result));
      request.addEventListener("error", () => reject(request.error));
    });
  } catch {
    return null;
  }
}

/**
 * @param {string} address Of the upload.
 * @param {FileSystemFileHandle} handle
 */
export async function keep(address, handle) {
  await within("readwrite", (store) => store.put(handle, pathOf(address)));
}

/** @param {string} address */
export async function forget(address) {
  await within("readwrite", (store) => store.delete(pathOf(address)));
}

/** Addresses of the uploads whose file this browser can open again. @returns {Promise<ReadonlySet<string>>} */
export async function keptAddresses() {
  return new Set(/** @type {string[] | null} */ (await within("readonly", (store) => store.getAllKeys())) ?? []);
}

/**
 * The file of an upload, after its reader has allowed it; null if that is not possible any more.
 * @param {string} address
 * @returns {Promise<{file: File, handle: FileSystemFileHandle} | null>}
 */
export async function reopen(address) {
  const handle = /** @type {FileSystemFileHandle | null} */ (await within("readonly", (store) => store.get(pathOf(address))));
  if (!handle) return null;
  try {
    if (handle.requestPermission && (await handle.requestPermission({ mode: "read" })) !== "granted") return null;
    return { file: await handle.getFile(), handle };
  } catch {
    return null;
  }
}
