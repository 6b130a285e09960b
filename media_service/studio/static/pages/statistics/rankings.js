/** Lessons, organizations and partners side by side. */
import { bytes, count, hours, share } from "../../components/amounts.js";
import { FIGURE_TEXTS } from "../../components/figure-texts.js";
import { Ranking } from "../../components/ranking.js";
import { useResource } from "../../components/resource.js";
import { Section } from "../../components/section.js";
import { ErrorState, LoadingState } from "../../components/states.js";
import { speaker } from "../../language.js";
import { reportAddress } from "../../pure/statistics.js";
import { html, useId, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Asked } from "../../pure/statistics.js" */

const tell = speaker(TEXTS);
const name = speaker(FIGURE_TEXTS);
const ORDERS = /** @type {const} */ ({ views: "views", watched_seconds: "watched", traffic_bytes: "traffic" });

/** @typedef {import("../../components/ranking.js").Column} Column */

/** @returns {Record<"views" | "viewers" | "watched_seconds" | "completion" | "traffic_bytes" | "imported" | "storage_bytes", Column>} */
function columns() {
  return {
    views: { name: name("views"), value: ({ views }) => views, format: count },
    viewers: { name: name("viewers"), value: ({ viewers }) => viewers, format: count },
    watched_seconds: { name: name("watched"), value: ({ watched_seconds: watched }) => watched, format: hours },
    completion: { name: name("completion"), value: ({ completion }) => completion, format: share },
    traffic_bytes: { name: name("traffic"), value: ({ traffic_bytes: traffic }) => traffic, format: bytes },
    imported: { name: name("earlier"), value: ({ imported }) => imported, format: count },
    storage_bytes: { name: name("storage"), value: ({ storage_bytes: stored }) => stored, format: bytes },
  };
}

/** @param {{scope: {from: string, organization: string, partner: string}}} props */
export function TopLessons({ scope }) {
  const sort = useSignal(/** @type {keyof typeof ORDERS} */ ("views"));
  const id = useId();
  const { now, again } = useResource(reportAddress("/assets", { ...scope, sort: sort.value }));
  const found = now.value;
  const { views, viewers, watched_seconds: watched, completion, traffic_bytes: traffic, imported } = columns();
  const first = columns()[sort.value];
  return html`<${Section} name="lessons" title=${tell("top")}>
    ${found.is === "loading" && html`<${LoadingState} />`}
    ${found.is === "failed" && html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
    ${found.is === "ready" &&
    html`<${Ranking}
      title=${tell("top")}
      what=${name("lesson")}
      rows=${found.data.assets}
      keyOf=${(/** @type {any} */ row) => row.asset_id}
      nameOf=${(/** @type {any} */ row) => row.title ?? name("goneLesson")}
      link=${(/** @type {any} */ row) =>
        row.title === null ? name("goneLesson") : html`<a href=${`/studio/lessons/${row.asset_id}`}>${row.title}</a>`}
      columns=${[first, ...[views, viewers, watched, completion, traffic, imported].filter((each) => each.name !== first.name)]}
      file="lessons"
      aside=${html`<label class="unseen" for=${id}>${tell("topBy")}</label
        ><select
          id=${id}
          class="input chart-choice"
          onChange=${(/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget }) =>
            (sort.value = /** @type {keyof typeof ORDERS} */ (currentTarget.value))}
        >
          ${Object.entries(ORDERS).map(
            ([value, word]) => html`<option key=${value} value=${value} selected=${value === sort.value}>${name(word)}</option>`,
          )}
        </select>`}
    />`}
  <//>`;
}

/** @param {{rows: any[], enter: (changed: Partial<Asked>) => void}} props */
export function Organizations({ rows, enter }) {
  const { views, viewers, watched_seconds: watched, traffic_bytes: traffic, imported, storage_bytes: stored } = columns();
  if (rows.length < 2) return null;
  const nameOf = (/** @type {any} */ row) => (row.alone ? tell("itself", { name: row.name }) : row.name);
  return html`<${Section} name="organizations" title=${tell("organizations")}>
    <${Ranking}
      title=${tell("organizations")}
      what=${name("organization")}
      rows=${rows}
      keyOf=${(/** @type {any} */ row) => row.organization_id}
      nameOf=${nameOf}
      link=${(/** @type {any} */ row) =>
        row.alone
          ? nameOf(row)
          : html`<button class="link" type="button" title=${tell("below", { name: row.name })} onClick=${() => enter({ organization: row.organization_id })}>
              ${row.name}
            </button>`}
      columns=${[views, viewers, watched, traffic, imported, stored]}
      file="organizations"
    />
  <//>`;
}

/** @param {{found: ReturnType<typeof useResource>, wish: (changed: Partial<Asked>) => void}} props */
export function Partners({ found: { now, again }, wish }) {
  const found = now.value;
  const { views, viewers, watched_seconds: watched, completion, traffic_bytes: traffic } = columns();
  const nameOf = (/** @type {any} */ row) => (row.partner_id === null ? name("noPartner") : (row.name ?? name("gonePartner")));
  if (found.is === "loading") return html`<${LoadingState} />`;
  if (found.is === "failed") return html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`;
  return html`<${Section} name="partners" title=${tell("partners")}>
    <${Ranking}
      title=${tell("partners")}
      what=${name("partner")}
      rows=${found.data.partners}
      keyOf=${(/** @type {any} */ row) => row.partner_id ?? ""}
      nameOf=${nameOf}
      link=${(/** @type {any} */ row) =>
        row.name === null
          ? nameOf(row)
          : html`<button class="link" type="button" title=${tell("onlyThis", { name: row.name })} onClick=${() => wish({ partner: row.partner_id })}>
              ${row.name}
            </button>`}
      columns=${[views, viewers, watched, completion, traffic]}
      file="partners"
    />
  <//>`;
}
