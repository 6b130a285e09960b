/** What was watched here and on platforms that have lessons from here, where any has told something. */
import { count, hours, share } from "../../components/amounts.js";
import { FIGURE_TEXTS } from "../../components/figure-texts.js";
import { Ranking } from "../../components/ranking.js";
import { useResource } from "../../components/resource.js";
import { Section } from "../../components/section.js";
import { speaker } from "../../language.js";
import { reportAddress } from "../../pure/statistics.js";
import { html } from "../../vendor/ui.js";
import { PLATFORM_TEXTS } from "./platform-texts.js";

const name = speaker(FIGURE_TEXTS);
const tell = speaker(PLATFORM_TEXTS);

/** @param {{scope: {from: string, organization: string, partner: string}}} props */
export function Platforms({ scope }) {
  const { now } = useResource(reportAddress("/platforms", { ...scope, partner: "" }));
  const found = now.value;
  if (scope.partner || found.is !== "ready" || found.data.platforms.length < 2) return null;
  const nameOf = (/** @type {any} */ row) => (row.platform_id === null ? tell("here") : row.name);
  return html`<${Section} name="platforms" title=${tell("platforms")} hint=${tell("hint")}>
    <${Ranking}
      title=${tell("platforms")}
      what=${tell("platform")}
      rows=${found.data.platforms}
      keyOf=${(/** @type {any} */ row) => row.platform_id ?? ""}
      nameOf=${nameOf}
      link=${nameOf}
      columns=${[
        { name: name("views"), value: (/** @type {any} */ row) => row.views, format: count },
        { name: name("viewers"), value: (/** @type {any} */ row) => row.viewers, format: count },
        { name: name("watched"), value: (/** @type {any} */ row) => row.watched_seconds, format: hours },
        { name: name("completion"), value: (/** @type {any} */ row) => row.completion, format: share },
        { name: tell("studied"), value: (/** @type {any} */ row) => row.studied_seconds, format: hours },
      ]}
      file="platforms"
    />
  <//>`;
}
