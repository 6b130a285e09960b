/** What is done with many lessons: asked of the service, told, and taken back. It goes on and can be taken back on any page. */
import { ask, problemOf } from "../../api.js";
import { toast } from "../../components/toast.js";
import { inLanguage, speaker } from "../../language.js";
import { changesOf, tally } from "../../pure/many.js";
import { changes } from "./list.js";
import { TEXTS } from "./texts.js";
/** @import { Edit } from "../../pure/many.js" */
/** @import { Listed, Outcome } from "./types" */

const tell = speaker(TEXTS);
const AT_A_TIME = 4;
const UNDO_MS = 10 * 60_000;

/**
 * Changes lessons in one request. Throws `Refusal`.
 * @param {readonly Listed[]} lessons
 * @param {Edit} edit
 * @returns {Promise<Outcome[]>}
 */
export async function editAll(lessons, edit) {
  const { data } = await ask("POST", "/v1/asset-changes", { json: { changes: changesOf(lessons, edit) } });
  changes.value += 1;
  const { changed } = tally(data.rows);
  const forMs = Date.parse(data.undo_until) - Date.now();
  if (changed > 0)
    toast(tell("changed", { n: changed }), { text: tell("undo"), act: () => void undo(data.id) }, Math.min(UNDO_MS, Math.max(forMs, 0)));
  return data.rows.map((/** @type {any} */ row, /** @type {number} */ at) => ({ ...row, id: row.asset_id, title: lessons[at]?.title ?? "" }));
}

/** @param {string} id */
async function undo(id) {
  try {
    const { data } = await ask("POST", `/v1/asset-changes/${id}/undo`);
    const { changed, refused } = tally(data.rows);
    toast(refused ? tell("undonePartly", { n: changed, kept: refused }) : tell("undone", { n: changed }));
  } catch (error) {
    toast(inLanguage(problemOf(error).message));
  }
  changes.value += 1;
}

/** @param {readonly Listed[]} lessons */
export async function trashAll(lessons) {
  const rows = await each(lessons, ({ id }) => ask("DELETE", `/v1/assets/${id}`));
  const gone = lessons.filter((_, at) => rows[at]?.outcome === "changed");
  if (gone.length > 0)
    toast(tell("trashed", { n: gone.length }), { text: tell("undo"), act: () => void restoreAll(gone) }, UNDO_MS);
  return rows;
}

/** @param {readonly Listed[]} lessons */
export async function restoreAll(lessons) {
  const rows = await each(lessons, ({ id }) => ask("POST", `/v1/assets/${id}/restore`));
  const { changed, refused } = tally(rows);
  if (changed > 0 || refused === 0) toast(tell("restored", { n: changed }));
  if (refused > 0) toast(tell("notRestored", { n: refused }));
  return rows;
}

/** @param {readonly Listed[]} lessons */
export async function removeAll(lessons) {
  const rows = await each(lessons, ({ id }) => ask("DELETE", `/v1/assets/${id}?permanently=true`));
  toast(tell("removed", { n: tally(rows).changed }));
  return rows;
}

/**
 * @param {readonly Listed[]} lessons
 * @param {string} collection
 */
export async function collectAll(lessons, collection) {
  // One after the other, so that they stand there in the order of the list.
  const rows = await each(lessons, ({ id }) => ask("PUT", `/v1/collections/${collection}/items/${id}`), 1);
  toast(tell("collected", { n: tally(rows).changed }));
  return rows;
}

/**
 * Does something with each lesson, and says of each what became of it.
 * @param {readonly Listed[]} lessons
 * @param {(lesson: Listed) => Promise<unknown>} act
 * @returns {Promise<Outcome[]>}
 */
async function each(lessons, act, together = AT_A_TIME) {
  /** @type {Outcome[]} */
  const rows = [];
  const waiting = [...lessons.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [at, lesson] = next;
      const row = { id: lesson.id, title: lesson.title };
      try {
        await act(lesson);
        rows[at] = { ...row, outcome: "changed", message: null };
      } catch (error) {
        const problem = problemOf(error);
        rows[at] = { ...row, outcome: problem.code, message: problem.message };
      }
    }
  };
  await Promise.all(Array.from({ length: together }, work));
  changes.value += 1;
  return rows;
}
