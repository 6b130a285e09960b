/** Lessons on their way to viewers: those that wait for a reviewer first. An author sees their own, an administrator those of the organization. */
import { ButtonLink } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { Heading } from "../../components/heading.js";
import { PagedList, usePaged } from "../../components/paged.js";
import { ReviewActions, ReviewMark } from "../../components/review.js";
import { EmptyState } from "../../components/states.js";
import { formatMoment, speaker } from "../../language.js";
import { actionsOf } from "../../pure/reviews.js";
import { formatTime } from "../../pure/times.js";
import { session } from "../../session.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Asset } from "../../types" */

const tell = speaker(TEXTS);
const KINDS = /** @type {const} */ ({ submitted: "waits", accepted: "accepted", returned: "returned", draft: "drafts" });

export function Page() {
  const state = useSignal(/** @type {keyof typeof KINDS} */ ("submitted"));
  const isAdmin = session.value.is === "in" && session.value.person.role === "admin";
  const list = usePaged(`/v1/assets?review=${state.value}&sort=created_at`, "assets");
  return html`
    <${Heading} title=${tell("title")} />
    <div class="reviews-asked">
      <${Field}
        name=${tell("which")}
        value=${state.value}
        onChange=${(/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget }) =>
          (state.value = /** @type {keyof typeof KINDS} */ (currentTarget.value))}
      >
        ${Object.entries(KINDS).map(([value, word]) => html`<option key=${value} value=${value} selected=${value === state.value}>${tell(word)}</option>`)}
      <//>
    </div>
    <${PagedList}
      of=${list}
      empty=${html`<${EmptyState} icon="clipboard-check" title=${tell("none")}><p>${tell("noneAdvice")}</p><//>`}
      row=${(/** @type {Asset & {owner: {name: string} | null}} */ lesson) => html`<li class="row" key=${lesson.id}>
        <p class="row-name"><a href=${`/studio/lessons/${lesson.id}`} dir="auto">${lesson.title}</a> <${ReviewMark} state=${lesson.review_state} /></p>
        <p class="row-state">
          ${[
            lesson.owner && tell("by", { name: lesson.owner.name }),
            lesson.duration !== null && formatTime(lesson.duration),
            tell("uploaded", { moment: formatMoment(lesson.created_at) }),
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
        <div class="reviews-steps">
          <${ReviewActions}
            lesson=${lesson}
            actions=${actionsOf(lesson.review_state, { isReviewed: true, isAdmin }).filter((action) => action !== "publish" || lesson.review_state === "accepted")}
            onDone=${list.again}
          />
          <${ButtonLink} kind="quiet" icon="play" href=${`/studio/lessons/${lesson.id}`}>${tell("open")}<span class="unseen"> ${lesson.title}</span><//>
        </div>
      </li>`}
    />
  `;
}
