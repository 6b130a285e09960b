/** Lessons as a table, on a phone as cards. */
import { Icon } from "../../components/icon.js";
import { Progress } from "../../components/progress.js";
import { ReviewMark } from "../../components/review.js";
import { inLanguage, language, speaker } from "../../language.js";
import { watchAsset } from "../../live.js";
import { opened, playedBy, usePictureToken } from "../../playing.js";
import { formatTime } from "../../pure/times.js";
import { nameIn } from "../../pure/tongues.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Child } from "../../vendor/ui.js" */
/** @import { Asset } from "../../types" */
/** @import { Listed } from "./types" */

const tell = speaker(TEXTS);
const COLUMNS = /** @type {const} */ (["lesson", "by_state", "length", "by_language", "by_captions", "by_owner", "date"]);
const ICONS = { video: "film", animation: "image", audio: "captions" };

/**
 * @param {object} props
 * @param {readonly Listed[]} props.lessons
 * @param {ReadonlySet<string>} props.chosen
 * @param {(id: string, on: boolean, range: boolean) => void} props.pick
 * @param {(on: boolean) => void} props.pickAll
 * @param {(changed: {subject?: string, tag?: string}) => void} props.wish
 */
export function Table({ lessons, chosen, pick, pickAll, wish }) {
  const all = lessons.length > 0 && lessons.every(({ id }) => chosen.has(id));
  // The roles are told because a table that is laid out as cards is none for readers of the screen.
  return html`<table class="lessons" role="table">
    <caption class="unseen">${tell("title")}</caption>
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col" class="listed-pick">
          <label class="pick"
            ><input
              type="checkbox"
              aria-label=${tell("chooseAll")}
              checked=${all}
              indeterminate=${!all && chosen.size > 0}
              onChange=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => pickAll(currentTarget.checked)}
          /><span class="pick-word" aria-hidden="true">${tell("chooseAll")}</span></label>
        </th>
        ${COLUMNS.map((name) => html`<th key=${name} role="columnheader" scope="col">${tell(name)}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${lessons.map((lesson) => html`<${Row} key=${lesson.id} listed=${lesson} isChosen=${chosen.has(lesson.id)} pick=${pick} wish=${wish} />`)}
    </tbody>
  </table>`;
}

/** @param {{listed: Listed, isChosen: boolean, pick: (id: string, on: boolean, range: boolean) => void, wish: (changed: {subject?: string, tag?: string}) => void}} props */
function Row({ listed, isChosen, pick, wish }) {
  const lesson = useLive(listed);
  const { id, title, subject, tags } = lesson;
  const cell = (/** @type {string} */ name, /** @type {Child} */ content) =>
    html`<td role="cell" class=${`listed-${name}`}>${content}</td>`;
  const facts = [lesson.kind && tell(/** @type {"video"} */ (lesson.kind)), lesson.duration !== null && formatTime(lesson.duration)];
  return html`<tr role="row" class="lesson" data-chosen=${isChosen ? "" : null} data-state=${lesson.state}>
    ${cell(
      "pick",
      html`<label class="pick"
        ><input
          type="checkbox"
          aria-label=${tell("choose", { title })}
          checked=${isChosen}
          onClick=${(/** @type {MouseEvent & {currentTarget: HTMLInputElement}} */ event) =>
            pick(id, event.currentTarget.checked, event.shiftKey)}
      /></label>`,
    )}
    <td role="cell" class="listed-main"><div class="listed-title">
      <${Poster} lesson=${lesson} />
      <div>
        <a class="listed-name" dir="auto" href=${`/studio/lessons/${id}`}>${title}</a>
        ${(subject || tags.length > 0) &&
        html`<p class="listed-words">
          ${subject &&
          html`<button class="word word-subject" type="button" dir="auto" title=${tell("onlySubject")} onClick=${() => wish({ subject })}>${subject}</button>`}
          ${tags.map(
            (tag) =>
              html`<button key=${tag} class="word" type="button" dir="auto" title=${tell("onlyTag")} onClick=${() => wish({ tag })}>${tag}</button>`,
          )}
        </p>`}
      </div>
    </div></td>
    ${cell("state", html`<${State} lesson=${lesson} />${lesson.review_state !== "published" && html` <${ReviewMark} state=${lesson.review_state} />`}`)} ${cell("facts", facts.filter(Boolean).join(" · "))}
    ${cell("tongue", lesson.language && nameIn(lesson.language, language.value))}
    ${cell("captions", lesson.has_captions && html`<${Icon} name="captions" /><span>${tell("captions_yes")}</span>`)}
    ${cell("owner", lesson.owner && html`<span dir="auto">${lesson.owner.name}</span>`)}
    ${cell("date", html`<time datetime=${lesson.created_at}>${dayOf(lesson.created_at)}</time>`)}
  </tr>`;
}

/** @param {{lesson: Listed}} props */
function Poster({ lesson }) {
  // The state in which it could not be shown: in the next one there may be a poster.
  const broken = useSignal("");
  const id = playedBy(lesson);
  const token = usePictureToken(id);
  const shows = id && token !== null && (lesson.state === "ready" || lesson.state === "playable") && lesson.kind !== "audio";
  return html`<span class="listed-poster">
    ${shows && broken.value !== lesson.state
      ? html`<img src=${opened(`/v/${id.id}/poster.jpg?width=160`, token)} alt="" loading="lazy" width="96" height="54" onError=${() => (broken.value = lesson.state)} />`
      : html`<${Icon} name=${ICONS[/** @type {"video"} */ (lesson.kind)] ?? "film"} />`}
  </span>`;
}

/** @param {{lesson: Listed}} props */
function State({ lesson }) {
  const { state, failure, progress, title } = lesson;
  const moves = !["ready", "failed", "external"].includes(state);
  return html`<span class="listed-mark" data-mood=${state}>${tell(state)}</span>
    ${moves && progress && html`<${Progress} label=${title} percent=${progress.percent} />`}
    ${failure && html`<span class="listed-why">${inLanguage(failure.message)}</span>`}`;
}

/** The lesson as it is now, as long as something happens to it. @param {Listed} listed @returns {Listed} */
function useLive(listed) {
  const now = useSignal(/** @type {Asset | null} */ (null));
  const moves = !["ready", "failed", "external"].includes(listed.state);
  useEffect(() => {
    if (!moves) return undefined;
    const { asset, leave } = watchAsset(listed.id);
    const stop = asset.subscribe((value) => (now.value = value));
    return () => {
      stop();
      leave();
    };
  }, [listed.id, moves]);
  return moves && now.value ? { ...listed, ...now.value } : listed;
}

/** @param {string} moment */
function dayOf(moment) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium" }).format(new Date(moment));
}
