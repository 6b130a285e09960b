/** How far a lesson is in its review, what can be done next, and what was done. */
import { useResource } from "../../components/resource.js";
import { ReviewActions, ReviewMark } from "../../components/review.js";
import { Section } from "../../components/section.js";
import { formatMoment, speaker } from "../../language.js";
import { actionsOf } from "../../pure/reviews.js";
import { session } from "../../session.js";
import { html, useEffect } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Action, ReviewState } from "../../pure/reviews.js" */
/** @import { Lesson } from "./types" */

const tell = speaker(TEXTS);

/** @typedef {{id: string, action: Action, note: string, made_by: string, at: string}} Done */

/** @param {{lesson: Lesson, again: () => Promise<void>}} props */
export function Review({ lesson, again }) {
  const resource = useResource(`/v1/assets/${lesson.id}/reviews`);
  useEffect(() => {
    void resource.again();
  }, [lesson.review_state]);
  const found = resource.now.value;
  if (found.is !== "ready") return null;
  const { review_state: state, is_reviewed: isReviewed, reviews } = /** @type {{review_state: ReviewState, is_reviewed: boolean, reviews: Done[]}} */ (found.data);
  // Where nobody reviews and nobody did, there is nothing to tell.
  if (!isReviewed && state === "published" && reviews.length === 0) return null;
  const isAdmin = session.value.is === "in" && session.value.person.role === "admin";
  const note = reviews.findLast(({ action }) => action === "return");
  const done = async () => {
    await Promise.all([resource.again(), again()]);
  };
  return html`<${Section} name="review" title=${tell("review")} aside=${html`<${ReviewMark} state=${state} />`} hint=${tell(`review_${state}`)}>
    ${state === "returned" && note && html`<blockquote class="note" dir="auto">${note.note}</blockquote>`}
    <${ReviewActions} lesson=${lesson} actions=${actionsOf(state, { isReviewed, isAdmin })} onDone=${done} main />
    ${reviews.length > 0 &&
    html`<details class="rest">
      <summary>${tell("reviewHistory")}</summary>
      <ol class="lines">
        ${reviews.toReversed().map(
          ({ id, action, note: words, made_by: by, at }) => html`<li class="line" key=${id}>
            <div class="line-text">
              <p class="line-name">${tell(`reviewed_${action}`)}</p>
              <p class="hint"><span dir="auto">${by}</span> · ${formatMoment(at)}</p>
              ${words && html`<p class="note" dir="auto">${words}</p>`}
            </div>
          </li>`,
        )}
      </ol>
    </details>`}
  <//>`;
}
