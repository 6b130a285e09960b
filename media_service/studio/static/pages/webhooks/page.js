/** Which programs are told of what happens. */
import { ButtonLink } from "../../components/button.js";
import { Heading } from "../../components/heading.js";
import { PagedList, usePaged } from "../../components/paged.js";
import { Callout } from "../../components/section.js";
import { EmptyState } from "../../components/states.js";
import { speaker } from "../../language.js";
import { standingOf } from "../../pure/webhooks.js";
import { html } from "../../vendor/ui.js";
import { Standing, Told } from "./standing.js";
import { TEXTS } from "./texts.js";
/** @import { Endpoint } from "./types" */

const tell = speaker(TEXTS);

export function Page() {
  const endpoints = usePaged("/v1/webhook-endpoints?limit=50", "webhook_endpoints");
  const found = endpoints.pages.value;
  const rows = /** @type {Endpoint[]} */ (found.is === "ready" ? found.rows : []);
  const troubled = rows.filter((endpoint) => ["failing", "gone"].includes(standingOf(endpoint))).length;
  const make = html`<${ButtonLink} kind="main" icon="plus" href="/studio/webhooks/new">${tell("make")}<//>`;
  return html`
    <div class="head">
      <${Heading} title=${tell("title")} />
      ${rows.length > 0 && make}
    </div>
    ${rows.length > 0 && html`<p>${tell("advice")}</p>`}
    ${troubled > 0 && html`<${Callout} mood="bad" role="status">${tell("someFailing", { n: troubled })}<//>`}
    <${PagedList}
      of=${endpoints}
      empty=${html`<${EmptyState} icon="webhook" title=${tell("none")}><p>${tell("advice")}</p><p>${tell("noneAdvice")}</p>${make}<//>`}
      row=${(/** @type {Endpoint} */ endpoint) => html`<li class="row" key=${endpoint.id}>
        <p class="row-name"><a dir="ltr" href=${`/studio/webhooks/${endpoint.id}`}>${endpoint.url}</a> <${Standing} endpoint=${endpoint} /></p>
        ${endpoint.description && html`<p dir="auto">${endpoint.description}</p>`}
        <p class="row-state"><${Told} endpoint=${endpoint} /></p>
      </li>`}
    />
  `;
}
