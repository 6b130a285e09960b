/** Captions or chapters of a lesson in one language: everything that is needed to work on them, and the editor once it is there. */
import { ask, Refusal } from "../../api.js";
import { ButtonLink } from "../../components/button.js";
import { Heading } from "../../components/heading.js";
import { ErrorState, LoadingState } from "../../components/states.js";
import { language, speaker } from "../../language.js";
import { nameIn } from "../../pure/tongues.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";
import { look } from "./draft.js";
import { Editor } from "./editor.js";
import { TEXTS } from "./texts.js";
/** @import { Problem } from "../../types" */
/** @import { Loaded } from "./types" */

const tell = speaker(TEXTS);

/** @typedef {{is: "loading"} | {is: "ready", loaded: Loaded} | {is: "failed", problem: Problem}} Shown */

/** @param {{params: Record<string, string>}} props */
export function Page({ params }) {
  const { id = "", kind = "", language: tongue = "" } = params;
  const now = useSignal(/** @type {Shown} */ ({ is: "loading" }));
  const load = async () => {
    now.value = { is: "loading" };
    try {
      now.value = { is: "ready", loaded: await loadAll(id, kind, tongue) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      now.value = { is: "failed", problem: error.problem };
    }
  };
  useEffect(() => {
    void load();
  }, []);
  const shown = now.value;
  const title = tell(kind === "chapters" ? "chaptersIn" : "captionsIn", { language: tongue === "und" ? tell("unknown") : nameIn(tongue, language.value) });
  if (shown.is === "ready") return html`<${Editor} loaded=${shown.loaded} kind=${kind} tongue=${tongue} title=${title} />`;
  return html`
    <${Heading} title=${title} />
    ${shown.is === "loading"
      ? html`<${LoadingState} />`
      : html`<${ErrorState} problem=${shown.problem} onRetry=${() => void load()} />
          <p class="more"><${ButtonLink} href=${`/studio/lessons/${id}`}>${tell("toLesson")}<//></p>`}
  `;
}

/**
 * @param {string} id
 * @param {string} kind
 * @param {string} tongue
 * @returns {Promise<Loaded>}
 */
async function loadAll(id, kind, tongue) {
  const [lesson, source, draft] = await Promise.all([
    ask("GET", `/v1/assets/${id}`),
    look(`/v1/assets/${id}/tracks/${kind}/${tongue}/source`),
    look(`/v1/assets/${id}/drafts/${kind}/${tongue}`),
  ]);
  return { lesson: lesson.data, source: source?.data ?? null, draft: draft?.data ?? null, trackEtag: source?.etag ?? null };
}
