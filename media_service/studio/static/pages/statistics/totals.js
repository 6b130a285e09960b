/** The sums of a stretch of days, their curve, and how well it played. */
import { bitrate, bytes, change, count, decimal, hours, seconds, share } from "../../components/amounts.js";
import { DaysChart } from "../../components/days-chart.js";
import { FIGURE_TEXTS } from "../../components/figure-texts.js";
import { useResource } from "../../components/resource.js";
import { Section } from "../../components/section.js";
import { ErrorState, LoadingState } from "../../components/states.js";
import { Tiles } from "../../components/tiles.js";
import { speaker } from "../../language.js";
import { before, growth, qualityOf, reportAddress } from "../../pure/statistics.js";
import { html } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Range, Sums } from "../../pure/statistics.js" */
/** @import { Bucket } from "../../components/days-chart.js" */

const tell = speaker(TEXTS);
const name = speaker(FIGURE_TEXTS);

/** @typedef {{first: string, last: string, total: Sums, days: Bucket[], all_time: {total: number, counted: number, imported: number}, storage_bytes: number | null}} Report */

/** @param {{address: string, range: Range, scope: {from: string, organization: string, partner: string}}} props */
export function Totals({ address, scope }) {
  const { now, again } = useResource(address);
  const earlier = useResource(reportAddress("", { ...scope, ...before(scope.from, new Date()) })).now.value;
  const found = now.value;
  if (found.is === "loading") return html`<${LoadingState} />`;
  if (found.is === "failed") return html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`;
  const report = /** @type {Report} */ (found.data);
  const { total, all_time: ever, days } = report;
  const compare = (/** @type {number} */ value, /** @type {number} */ old) => {
    const grown = growth(value, old);
    return grown === null ? {} : { note: name("compared", { change: change(grown) }) };
  };
  const old = earlier.is === "ready" ? /** @type {Report} */ (earlier.data).total : null;
  return html`
    <${Section} name="totals" title=${tell("totals")} hint=${total.plays > 0 ? undefined : tell("empty")}>
      <${Tiles}
        tiles=${[
          { name: name("views"), value: count(total.views), ...(old && compare(total.views, old.views)) },
          {
            name: name("ever"),
            value: count(ever.total),
            note: ever.imported ? name("everNote", { counted: count(ever.counted), imported: count(ever.imported) }) : undefined,
          },
          { name: name("viewers"), value: count(total.viewers), note: name("viewersNote") },
          { name: name("watched"), value: hours(total.watched_seconds), ...(old && compare(total.watched_seconds, old.watched_seconds)) },
          { name: name("completion"), value: total.completion === null ? "–" : share(total.completion) },
          { name: name("traffic"), value: bytes(total.traffic_bytes) },
        ]}
      />
      <${DaysChart} title=${tell("curve")} days=${days} measures=${["views", "viewers", "watched", "completion", "traffic"]} file="days" />
      <p class="hint">${tell("viewersHint")}</p>
    <//>
    <${Section} name="quality" title=${tell("quality")}>
      <${Quality} total=${total} />
      <${DaysChart} title=${tell("curve")} days=${days} measures=${["startup", "stalls", "errors", "bitrate"]} file="quality" />
    <//>
  `;
}

/** @param {{total: Sums}} props */
export function Quality({ total }) {
  const { startup, stallsPerHour, stalledShare, errorsPerThousand, bitrate: rate } = qualityOf(total);
  const shown = (/** @type {number | null} */ value, /** @type {(value: number) => string} */ format) => (value === null ? "–" : format(value));
  return html`<${Tiles}
    tiles=${[
      { name: name("startup"), value: shown(startup, seconds) },
      { name: name("stalls"), value: shown(stallsPerHour, decimal) },
      { name: name("stalled"), value: shown(stalledShare, share) },
      { name: name("errorsPerThousand"), value: shown(errorsPerThousand, decimal) },
      { name: name("bitrate"), value: shown(rate, bitrate) },
    ]}
  />`;
}
