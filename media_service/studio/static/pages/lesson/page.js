/** All of one lesson: how it plays, what is said of it, and what can be done with it. */
import { ButtonLink } from "../../components/button.js";
import { Heading } from "../../components/heading.js";
import { SameFile } from "../../components/same-file.js";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.js";
import { formatMoment, speaker } from "../../language.js";
import { formatTime } from "../../pure/times.js";
import { html } from "../../vendor/ui.js";
import { Details } from "./details.js";
import { useLesson } from "./lesson.js";
import { Links } from "./links.js";
import { About } from "./metadata/about.js";
import { Opening } from "./metadata/opening.js";
import { Offers } from "./offers.js";
import { Player } from "./player.js";
import { PosterPart } from "./poster.js";
import { Removal } from "./removal.js";
import { Review } from "./review.js";
import { savingOf } from "./saving.js";
import { Saved } from "./saved.js";
import { TEXTS } from "./texts.js";
import { useToken } from "../../playing.js";
import { Tracks } from "./tracks.js";
import { Versions } from "./versions.js";
import { Watching } from "./watching.js";
/** @import { Lesson } from "./types" */

const tell = speaker(TEXTS);

/** @param {{params: Record<string, string>}} props */
export function Page({ params }) {
  const { now, again } = useLesson(params["id"]);
  const shown = now.value;
  if (shown.is === "loading") return html`<${Heading} title=${tell("lesson")} /><${LoadingState} />`;
  if (shown.is === "ready") return html`<${Whole} lesson=${shown.lesson} again=${again} />`;
  const gone = shown.problem.status === 404;
  return html`
    <${Heading} title=${tell(gone ? "gone" : "lesson")} />
    ${gone
      ? html`<${EmptyState} icon="film" title=${tell("goneAdvice")}>
          <div class="actions">
            <${ButtonLink} kind="main" href="/studio/lessons">${tell("allLessons")}<//>
            <${ButtonLink} icon="trash-2" href="/studio/trash">${tell("trash")}<//>
          </div>
        <//>`
      : html`<${ErrorState} problem=${shown.problem} onRetry=${() => void again()} />`}
  `;
}

/** @param {{lesson: Lesson, again: () => Promise<void>}} props */
function Whole({ lesson, again }) {
  const saving = savingOf(lesson.id);
  const token = useToken(lesson);
  const title = String(saving.valueOf("title") ?? "").trim() || lesson.title || lesson.source.file_name || tell("lesson");
  const facts = [tell(lesson.state), lesson.duration !== null && formatTime(lesson.duration), formatMoment(lesson.created_at)];
  return html`
    <div class="lesson-head">
      <${Heading} title=${title} />
      <p class="lesson-facts">${facts.filter(Boolean).join(" · ")}</p>
      <${SameFile} asset=${lesson} />
    </div>
    <${Saved} saving=${saving} />
    <div class="lesson-page">
      <div class="lesson-main">
        <${Player} lesson=${lesson} token=${token} again=${again} />
        ${!lesson.external && html`<${Watching} lesson=${lesson} />`}
        <${Details} saving=${saving} />
        <${About} lesson=${lesson} saving=${saving} />
        ${!lesson.external &&
        html`<${Tracks} lesson=${lesson} token=${token} again=${again} />
          <${Versions} lesson=${lesson} again=${again} />`}
      </div>
      <div class="lesson-side">
        <${Review} lesson=${lesson} again=${again} />
        <${Opening} lesson=${lesson} saving=${saving} />
        ${!lesson.external &&
        html`<${PosterPart} lesson=${lesson} token=${token} />
          <${Links} lesson=${lesson} token=${token} again=${again} />
          <${Offers} lesson=${lesson} />`}
        <${Removal} lesson=${lesson} />
      </div>
    </div>
  `;
}
