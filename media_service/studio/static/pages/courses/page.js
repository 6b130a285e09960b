/** The courses that one may edit, and the way to a new one. */
import { ask } from "../../api.js";
import { dayName } from "../../components/amounts.js";
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { Field } from "../../components/field.js";
import { Heading } from "../../components/heading.js";
import { Icon } from "../../components/icon.js";
import { PagedList, usePaged } from "../../components/paged.js";
import { EmptyState } from "../../components/states.js";
import { useSettled } from "../../components/timing.js";
import { speaker } from "../../language.js";
import { go } from "../../router.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { ListedCourse } from "./types" */

const tell = speaker(TEXTS);
/** Below it a look finds what one searches for. */
const MANY = 8;

/** @typedef {{currentTarget: HTMLInputElement}} Changed */

export function Page() {
  const typed = useSignal("");
  const sought = useSettled(typed);
  const making = useSignal(false);
  const list = usePaged(`/v1/collections?limit=50${sought.value ? `&q=${encodeURIComponent(sought.value)}` : ""}`, "collections");
  const found = list.pages.value;
  const rows = found.is === "ready" ? found.rows.length : 0;
  const make = html`<${Button} kind="main" icon="plus" onClick=${() => (making.value = true)}>${tell("make")}<//>`;
  return html`
    <div class="head">
      <${Heading} title=${tell("title")} />
      ${(rows > 0 || sought.value) && make}
    </div>
    ${(rows >= MANY || sought.value || typed.value) &&
    html`<${Field}
      name=${tell("search")}
      type="search"
      maxlength="200"
      autocomplete="off"
      value=${typed.value}
      onInput=${(/** @type {Changed} */ { currentTarget }) => (typed.value = currentTarget.value)}
    />`}
    <${PagedList}
      of=${list}
      empty=${sought.value
        ? html`<${EmptyState} icon="search" title=${tell("noHit")} />`
        : html`<${EmptyState} icon="list" title=${tell("none")}><p>${tell("noneAdvice")}</p>${make}<//>`}
      row=${(/** @type {ListedCourse} */ course) => html`<${Row} key=${course.id} course=${course} />`}
    />
    ${making.value && html`<${Making} onClose=${() => (making.value = false)} />`}
  `;
}

/** @param {{course: ListedCourse}} props */
function Row({ course }) {
  const broken = useSignal(false);
  const { id, title, count, poster_url: poster, published_at: from, withdraw_at: until, effective_visibility: visibility } = course;
  const facts = [
    tell("count", { n: count }),
    from && Date.parse(from) > Date.now() && tell("from", { moment: dayName(from.slice(0, 10)) }),
    until && tell("until", { moment: dayName(until.slice(0, 10)) }),
  ];
  return html`<li class="row course-row">
    <span class="course-picture">
      ${poster && !broken.value
        ? html`<img src=${pictureOf(course)} alt="" loading="lazy" width="112" height="63" onError=${() => (broken.value = true)} />`
        : html`<${Icon} name="list" />`}
    </span>
    <div>
      <p class="row-name"><a dir="auto" href=${`/studio/courses/${id}`}>${title}</a> <${Seen} visibility=${visibility} /></p>
      <p class="row-state">${facts.filter(Boolean).join(" · ")}</p>
    </div>
  </li>`;
}

/** Its picture as one sees it who may edit it; another picture has another address. @param {{id: string, updated_at: string}} course */
export function pictureOf({ id, updated_at: changed }) {
  return `/v1/collections/${id}/poster/picture?v=${encodeURIComponent(changed)}`;
}

/** Who may see it. @param {{visibility: ListedCourse["effective_visibility"]}} props */
export function Seen({ visibility }) {
  const mood = visibility === "public" ? "good" : visibility === "private" ? "still" : null;
  return html`<span class="mark" data-mood=${mood}>${tell(`visible_${visibility}`)}</span>`;
}

/** @param {{onClose: () => void}} props */
function Making({ onClose }) {
  const title = useSignal("");
  const make = async () => {
    const { data } = await ask("POST", "/v1/collections", { json: { title: title.peek().trim() } });
    go(`/studio/courses/${data.id}`);
  };
  return html`<${Asking} title=${tell("make")} act=${tell("create")} kind="main" onSure=${make} onClose=${onClose}>
    <p class="hint">${tell("makeHint")}</p>
    <${Field}
      name=${tell("courseTitle")}
      required
      maxlength="255"
      pattern=".*\\S.*"
      dir="auto"
      autocomplete="off"
      value=${title.value}
      onInput=${(/** @type {Changed} */ { currentTarget }) => (title.value = currentTarget.value)}
    />
  <//>`;
}
