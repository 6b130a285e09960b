/** All of one course: how it plays, its lessons, what is said of it, and what can be done with it. */
import { ask } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button, ButtonLink } from "../../components/button.js";
import { Copied } from "../../components/copying.js";
import { Heading } from "../../components/heading.js";
import { useResource } from "../../components/resource.js";
import { Section } from "../../components/section.js";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.js";
import { toast } from "../../components/toast.js";
import { speaker } from "../../language.js";
import { formatTime } from "../../pure/times.js";
import { go } from "../../router.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";
import { Details } from "../lesson/details.js";
import { About } from "../lesson/metadata/about.js";
import { Opening } from "../lesson/metadata/opening.js";
import { Saved } from "../lesson/saved.js";
import { savingOfCourse } from "../lesson/saving.js";
import { Lessons } from "./lessons.js";
import { Seen } from "./page.js";
import { PosterPart } from "./poster.js";
import { Preview } from "./preview.js";
import { StudyPart } from "./study.js";
import { TEXTS } from "./texts.js";
/** @import { Course } from "./types" */

const tell = speaker(TEXTS);

/** @param {{params: Record<string, string>}} props */
export function Page({ params }) {
  const { now, again } = useResource(`/v1/collections/${encodeURIComponent(params["id"])}`);
  const found = now.value;
  if (found.is === "loading") return html`<${Heading} title=${tell("course")} /><${LoadingState} />`;
  if (found.is === "ready") return html`<${Whole} course=${found.data} etag=${found.etag ?? ""} again=${again} />`;
  const gone = found.problem.status === 404;
  return html`
    <${Heading} title=${tell(gone ? "gone" : "course")} />
    ${gone
      ? html`<${EmptyState} icon="list" title=${tell("goneAdvice")}><${ButtonLink} kind="main" href="/studio/courses">${tell("all")}<//><//>`
      : html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
  `;
}

/** @param {{course: Course, etag: string, again: () => Promise<void>}} props */
function Whole({ course, etag, again }) {
  const saving = savingOfCourse(course.id);
  useEffect(() => saving.hear(/** @type {any} */ (course), etag, saving.sendings), [etag]);
  const base = saving.base.value;
  useEffect(() => {
    // What was saved may open it to others.
    if (saving.touched.peek()) void again();
  }, [base]);
  const title = String(saving.valueOf("title") ?? "").trim() || course.title;
  const length = course.items.reduce((sum, { duration }) => sum + (duration ?? 0), 0);
  const facts = [tell("count", { n: course.count }), length > 0 && formatTime(length)];
  return html`
    <div class="head">
      <${Heading} title=${title} />
      <${ButtonLink} kind="quiet" icon="list" href="/studio/courses">${tell("all")}<//>
      <p class="row-state">${facts.filter(Boolean).join(" · ")} <${Seen} visibility=${course.effective_visibility} /></p>
    </div>
    <${Saved} saving=${saving} />
    <div class="course-page">
      <div class="course-main">
        <${Lessons} course=${course} again=${again} />
        <${Preview} course=${course} />
        <${Details} saving=${saving} />
        <${About} lesson=${course} saving=${saving} />
      </div>
      <div class="course-side">
        <${Opening} lesson=${course} saving=${saving} unsaid="visibleUnsaidCourse" />
        <${PosterPart} course=${course} again=${again} />
        <${StudyPart} course=${course} />
        <${Links} course=${course} />
        <${Removal} course=${course} />
      </div>
    </div>
  `;
}

/** @param {{course: Course}} props */
function Links({ course }) {
  return html`<${Section} name="links" title=${tell("links")} hint=${tell("linksHint")}>
    <${Copied} name=${tell("linkPage")} text=${course.embed_url} />
    <${Copied} name=${tell("linkIframe")} text=${course.snippets.iframe} />
    <${Copied} name=${tell("linkComponent")} text=${course.snippets.component} />
  <//>`;
}

/** @param {{course: Course}} props */
function Removal({ course }) {
  const open = useSignal(false);
  const sure = async () => {
    await ask("DELETE", `/v1/collections/${course.id}`);
    go("/studio/courses", { replace: true });
    toast(tell("removed", { name: course.title }));
  };
  return html`<${Section} name="removal" title=${tell("remove")} hint=${tell("removeHint")}>
    <div class="actions"><${Button} kind="danger" icon="trash-2" onClick=${() => (open.value = true)}>${tell("removeThis")}<//></div>
    ${open.value &&
    html`<${Asking} title=${tell("removeAsk", { name: course.title })} act=${tell("removeThis")} icon="trash-2" onSure=${sure} onClose=${() => (open.value = false)}>
      <p>${tell("removeSure")}</p>
    <//>`}
  <//>`;
}
