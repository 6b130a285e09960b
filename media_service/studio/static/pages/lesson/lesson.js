/** The lesson that the page shows, kept up to date. */
import { ask, Refusal } from "../../api.js";
import { watch } from "../../live.js";
import { signal, useEffect, useMemo } from "../../vendor/ui.js";
import { savingOf } from "./saving.js";
/** @import { Signal } from "../../vendor/ui.js" */
/** @import { Problem } from "../../types" */
/** @import { Told } from "../../live.js" */
/** @import { Lesson } from "./types" */

/** @typedef {{is: "loading"} | {is: "ready", lesson: Lesson} | {is: "failed", problem: Problem}} Shown */

/**
 * The lesson, kept up to date as long as the page is shown.
 * @param {string} id
 * @returns {{now: Signal<Shown>, again: () => Promise<void>}}
 */
export function useLesson(id) {
  const now = useMemo(() => signal(/** @type {Shown} */ ({ is: "loading" })), [id]);
  const again = useMemo(() => reading(id, now), [id]);
  useEffect(
    () => watch({ id, look: again, moves: () => moves(now.peek()), stays: true, advance: (told) => advance(now, told) }),
    [id],
  );
  return { now, again };
}

/**
 * What a stream says of the version that is shown.
 * @param {Signal<Shown>} now
 * @param {Told} told
 */
function advance(now, { version_id: version, percent, queue_position: position }) {
  const shown = now.peek();
  if (shown.is !== "ready" || !shown.lesson.progress || shown.lesson.version_id !== version) return;
  const progress = { ...shown.lesson.progress, percent, queue_position: position };
  now.value = { is: "ready", lesson: { ...shown.lesson, progress } };
}

/** @param {Shown} shown */
function moves(shown) {
  if (shown.is !== "ready") return true;
  const { state, pending } = shown.lesson;
  return !["ready", "failed"].includes(state) || (pending !== null && pending.state !== "failed");
}

/**
 * What asks for the lesson, and what is typed hears of it.
 * @param {string} id
 * @param {Signal<Shown>} now
 * @returns {() => Promise<void>}
 */
function reading(id, now) {
  const saving = savingOf(id);
  /** @type {string | null} */
  let known = null;
  return async () => {
    const asked = saving.sendings;
    try {
      const { status, data, etag } = await ask("GET", `/v1/assets/${encodeURIComponent(id)}`, known ? { ifNoneMatch: known } : {});
      if (status === 304) return;
      known = etag;
      now.value = { is: "ready", lesson: data };
      saving.hear(data, etag ?? "", asked);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // What is shown stays while the network is away.
      const gone = error.problem.status === 404;
      if (gone || now.peek().is !== "ready") now.value = { is: "failed", problem: error.problem };
    }
  };
}
