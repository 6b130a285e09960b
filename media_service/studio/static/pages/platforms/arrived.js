/** What came from the other platform of a link, or could: by name, to be chosen, and to be adopted. */
import { ask, problemOf } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button, ButtonLink } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { PagedList, usePaged } from "../../components/paged.js";
import { Section } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { inLanguage, speaker } from "../../language.js";
import { holds, setsOf, toggled, wishOf } from "../../pure/following.js";
import { LICENCES } from "../../pure/metadata.js";
import { html, useSignal } from "../../vendor/ui.js";
import { FOLLOWING_TEXTS } from "./following-texts.js";
/** @import { Part } from "../../pure/following.js" */
/** @import { FollowedCourse, FollowedLesson, PlatformLink, Subscription } from "./types" */

const tell = speaker(FOLLOWING_TEXTS);
const MOODS = { current: "good", adopted: "good", waiting: "still", copying: "warn", gone: "still", elsewhere: "still", left_out: "still", dropped: "still" };

/** @param {{link: PlatformLink, subscription: Subscription, address: string, again: () => Promise<void>}} props */
export function Arrived({ link, subscription, address, again }) {
  const { only } = subscription;
  const base = `/v1/platform-links/${link.id}`;
  const courses = usePaged(`${base}/courses?limit=50`, "courses");
  const lessons = usePaged(`${base}/lessons?limit=50`, "lessons");
  const asked = useSignal(/** @type {FollowedLesson | null} */ (null));
  const follow = async (/** @type {Part} */ part) => {
    try {
      await ask("PUT", address, { json: wishOf(subscription, { only: toggled(only ?? [], part) }) });
      toast(tell("saved"));
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
    await again();
  };
  const adopt = async () => {
    await ask("POST", `${base}/lessons/${asked.peek()?.id}/adopt`);
    toast(tell("adoptedNow"));
    await lessons.again();
  };
  const name = (/** @type {string} */ title, /** @type {Part} */ part) =>
    only === null
      ? html`<span dir="auto">${title}</span>`
      : html`<label class="choice"><input type="checkbox" checked=${holds(only, part)} onChange=${() => void follow(part)} /><span dir="auto">${title}</span></label>`;
  return html`<${Section} name="arrived" title=${tell("arrived")} hint=${tell(only === null ? "arrivedHint" : "chooseHint")}>
    ${only !== null && html`<${Sets} only=${only} follow=${follow} />`}
    <h3>${tell("courses")}</h3>
    <${PagedList}
      of=${courses}
      empty=${html`<p class="hint">${tell("noCourses")}</p>`}
      row=${(/** @type {FollowedCourse} */ each) => html`<li class="row" key=${each.id}>
        <div class="row-name">${name(each.title || each.origin_id, { course_id: each.origin_id })} <${Mark} of=${each} /></div>
        <p class="row-state">${tell("count", { n: each.lessons })}</p>
        ${each.collection_id && html`<div class="actions"><${ButtonLink} kind="quiet" href=${`/studio/courses/${each.collection_id}`}>${tell("open")}<//></div>`}
      </li>`}
    />
    <h3>${tell("lessons")}</h3>
    <${PagedList}
      of=${lessons}
      empty=${html`<p class="hint">${tell("noLessons")}</p>`}
      row=${(/** @type {FollowedLesson} */ each) => html`<li class="row" key=${each.id}>
        <div class="row-name">${name(each.title || each.origin_id, { lesson_id: each.origin_id })} <${Mark} of=${each} /></div>
        <p class="row-state">
          ${[each.mode && tell(each.mode === "mirror" ? "copy" : "there"), progressOf(each)].filter(Boolean).join(" · ")}
          ${each.failure && html`<span class="wrong">${inLanguage(each.failure.message)} <code>${each.failure.code}</code></span>`}
        </p>
        <div class="actions">
          ${each.asset_id && each.mode && html`<${ButtonLink} kind="quiet" href=${`/studio/lessons/${each.asset_id}`}>${tell("open")}<//>`}
          ${each.mode === "mirror" &&
          each.state === "current" &&
          html`<${Button} kind="quiet" label=${`${tell("adopt")}: ${each.title}`} onClick=${() => (asked.value = each)}>${tell("adopt")}<//>`}
        </div>
      </li>`}
    />
    ${asked.value &&
    html`<${Asking} title=${tell("adoptAsk", { title: asked.value.title })} act=${tell("adopt")} kind="main" onSure=${adopt} onClose=${() => (asked.value = null)}>
      <p>${tell("adoptSure")}</p>
    <//>`}
  <//>`;
}

/**
 * What is followed by what it has in common.
 * @param {{only: readonly Part[], follow: (part: Part) => Promise<void>}} props
 */
function Sets({ only, follow }) {
  const sets = setsOf(only);
  const inWords = (/** @type {Part} */ part) =>
    [part.owner && tell("owner", { name: part.owner }), part.category_code && tell("category", { code: part.category_code }), part.licence]
      .filter(Boolean)
      .join(" · ");
  return html`
    ${sets.length > 0 &&
    html`<fieldset class="choices">
      <legend>${tell("sets")}</legend>
      ${sets.map(
        (each) => html`<label class="choice" key=${inWords(each)}><input type="checkbox" checked onChange=${() => void follow(each)} />${inWords(each)}</label>`,
      )}
    </fieldset>`}
    <${Field}
      name=${tell("licence")}
      onChange=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => {
        const part = { licence: currentTarget.value };
        if (part.licence && !holds(only, part)) void follow(part);
        currentTarget.value = "";
      }}
    >
      <option value="">${tell("noLicence")}</option>
      ${LICENCES.filter((each) => each !== "custom").map((each) => html`<option key=${each} value=${each}>${each}</option>`)}
    <//>
  `;
}

/** @param {{of: FollowedCourse | FollowedLesson}} props */
function Mark({ of: { state, failure } }) {
  return html`<span class="mark" data-mood=${failure ? "bad" : MOODS[state]}>${tell(state === "current" ? "currentMark" : state)}</span>`;
}

/** @param {FollowedLesson} lesson */
function progressOf({ state, bytes_done: done, bytes_total: total }) {
  return state === "copying" && total > 0 ? `${Math.floor((100 * done) / total)} %` : "";
}
