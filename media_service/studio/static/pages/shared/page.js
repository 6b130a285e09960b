/** Lessons that other organizations share with one's own: found, watched, and taken along by their links. */
import { problemOf, Refusal } from "../../api.js";
import { Button } from "../../components/button.js";
import { Copied } from "../../components/copying.js";
import { Field } from "../../components/field.js";
import { Heading } from "../../components/heading.js";
import { PagedList, usePaged } from "../../components/paged.js";
import { EmptyState } from "../../components/states.js";
import { useSettled } from "../../components/timing.js";
import { toast } from "../../components/toast.js";
import { inLanguage, language, speaker } from "../../language.js";
import { issueToken, opened, playedBy } from "../../playing.js";
import { formatTime } from "../../pure/times.js";
import { nameIn } from "../../pure/tongues.js";
import { html, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";

const tell = speaker(TEXTS);

/** @typedef {{id: string, title: string, organization: string, description: string, language: string | null, subject: string | null, duration: number | null, has_captions: boolean, playback_ids: {id: string, policy: string, origins: string, embed_url: string}[]}} Shared */

export function Page() {
  const typed = useSignal("");
  const sought = useSettled(typed);
  const list = usePaged(`/v1/shared-assets${sought.value ? `?q=${encodeURIComponent(sought.value)}` : ""}`, "assets");
  return html`
    <${Heading} title=${tell("title")} />
    <p class="hint">${tell("hint")}</p>
    <${Field}
      name=${tell("search")}
      type="search"
      maxlength=${200}
      autocomplete="off"
      value=${typed.value}
      onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => (typed.value = currentTarget.value)}
    />
    <${PagedList}
      of=${list}
      empty=${html`<${EmptyState} icon="share-2" title=${tell(sought.value ? "noneFound" : "none")}><p>${tell("noneAdvice")}</p><//>`}
      row=${(/** @type {Shared} */ lesson) => html`<${Row} key=${lesson.id} lesson=${lesson} />`}
    />
  `;
}

/** @param {{lesson: Shared}} props */
function Row({ lesson }) {
  const address = useSignal("");
  const id = lesson.playback_ids.find((each) => each.id === playedBy(lesson)?.id) ?? null;
  const watch = async () => {
    if (address.peek() || !id) {
      address.value = "";
      return;
    }
    try {
      address.value = opened(`/embed/${id.id}?lang=${language.peek()}`, await issueToken(id.id));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      toast(`${tell("failed")} ${inLanguage(problemOf(error).message)}`);
    }
  };
  const facts = [
    tell("of", { name: lesson.organization }),
    lesson.duration !== null && formatTime(lesson.duration),
    lesson.language && nameIn(lesson.language, language.value),
    lesson.subject,
    lesson.has_captions && tell("captions"),
  ];
  return html`<li class="row">
    <p class="row-name" dir="auto">${lesson.title}</p>
    <p class="row-state" dir="auto">${facts.filter(Boolean).join(" · ")}</p>
    ${lesson.description && html`<p class="shared-text" dir="auto">${lesson.description}</p>`}
    ${id &&
    html`<div class="actions">
        <${Button} icon=${address.value ? "x" : "play"} aria-expanded=${String(address.value !== "")} onClick=${() => void watch()}
          >${tell(address.value ? "close" : "watch")}<span class="unseen"> ${lesson.title}</span><//
        >
      </div>
      ${address.value && html`<iframe class="shared-player" src=${address.value} title=${tell("player", { name: lesson.title })} allow="fullscreen; picture-in-picture; autoplay"></iframe>`}
      <${Copied} name=${tell("link")} text=${id.embed_url} of=${lesson.title} />`}
  </li>`;
}
