/** The links by which people without an account send lessons. */
import { ButtonLink } from "../../components/button.js";
import { Heading } from "../../components/heading.js";
import { PagedList, usePaged } from "../../components/paged.js";
import { EmptyState } from "../../components/states.js";
import { speaker } from "../../language.js";
import { html } from "../../vendor/ui.js";
import { Standing } from "./standing.js";
import { TEXTS } from "./texts.js";
/** @import { UploadLink } from "./types" */

const tell = speaker(TEXTS);

export function Page() {
  const links = usePaged("/v1/upload-links?limit=50", "upload_links");
  const found = links.pages.value;
  const some = found.is === "ready" && found.rows.length > 0;
  const make = html`<${ButtonLink} kind="main" icon="plus" href="/studio/upload-links/new">${tell("make")}<//>`;
  return html`
    <div class="head">
      <${Heading} title=${tell("title")} />
      ${some && make}
    </div>
    ${some && html`<p>${tell("advice")}</p>`}
    <${PagedList}
      of=${links}
      empty=${html`<${EmptyState} icon="inbox" title=${tell("none")}><p>${tell("advice")}</p><p>${tell("noneAdvice")}</p>${make}<//>`}
      row=${(/** @type {UploadLink} */ link) => html`<li class="row" key=${link.id}>
        <a class="row-name" dir="auto" href=${`/studio/upload-links/${link.id}`}>${link.name}</a>
        <${Standing} link=${link} />
      </li>`}
    />
  `;
}
