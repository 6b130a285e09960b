/** How a lesson is watched: its sums, how far people get, and day by day. */
import { bytes, count, hours, share } from "../../components/amounts.js";
import { Chart } from "../../components/chart.js";
import { DaysChart } from "../../components/days-chart.js";
import { FIGURE_TEXTS } from "../../components/figure-texts.js";
import { useResource } from "../../components/resource.js";
import { Section } from "../../components/section.js";
import { Tiles } from "../../components/tiles.js";
import { speaker } from "../../language.js";
import { firstDay, reportAddress, sharesOf } from "../../pure/statistics.js";
import { formatTime } from "../../pure/times.js";
import { html } from "../../vendor/ui.js";
import { Explained } from "./explained.js";
import { Quality } from "../statistics/totals.js";
import { playerTime, seek } from "./player.js";
import { TEXTS } from "./texts.js";
/** @import { Report } from "../statistics/totals.js" */
/** @import { Lesson } from "./types" */

const tell = speaker(TEXTS);
const name = speaker(FIGURE_TEXTS);

/** @param {{lesson: Lesson}} props */
export function Watching({ lesson }) {
  const { now } = useResource(reportAddress("", { asset: lesson.id, from: firstDay("90", new Date()), by: "day" }));
  // It says nothing that one needs to go on: without a network the rest of the page works.
  if (now.value.is !== "ready") return null;
  const report = /** @type {Report & {retention: number[]}} */ (now.value.data);
  const { total, all_time: ever, days, retention, storage_bytes: stored } = report;
  const duration = lesson.duration ?? 0;
  const shares = duration > 0 ? sharesOf(retention, total.plays) : [];
  const begin = (/** @type {number} */ part) => (duration * part) / shares.length;
  return html`<${Section} name="watching" title=${tell("watching")} hint=${tell(hintOf(ever, total.plays))}>
    ${ever.total > 0 &&
    html`<${Tiles}
      tiles=${[
        {
          name: name("ever"),
          value: count(ever.total),
          note: ever.imported ? name("everNote", { counted: count(ever.counted), imported: count(ever.imported) }) : undefined,
        },
        ...(total.plays > 0
          ? [
              { name: tell("watchingViews"), value: count(total.views) },
              { name: name("watched"), value: hours(total.watched_seconds) },
              { name: name("completion"), value: total.completion === null ? "–" : share(total.completion) },
            ]
          : []),
      ]}
    />`}
    ${shares.length > 0 &&
    html`<${Chart}
      title=${tell("retention")}
      along=${tell("retentionAlong")}
      amount=${tell("retentionAmount")}
      points=${shares.map((value, part) => ({ name: formatTime(begin(part)), short: formatTime(begin(part)), value }))}
      format=${share}
      top=${1}
      mark=${Math.min(1, playerTime.value / duration)}
      onChoose=${(/** @type {number} */ part) => seek(begin(part))}
      file=${`retention-${lesson.id}`}
    />`}
    ${(total.plays > 0 || ever.counted > 0) && html`<${Explained} asset=${lesson.id} days=${days} />`}
    ${total.plays > 0 &&
    html`<details class="rest">
      <summary>${tell("watchingMore")}</summary>
      <div class="watching-more">
        <${DaysChart} title=${tell("watchingDays")} days=${days} measures=${["views", "viewers", "watched", "completion", "traffic", "startup", "stalls", "errors", "bitrate"]} file=${`days-${lesson.id}`} />
        <${Quality} total=${total} />
        ${stored !== null && html`<${Tiles} tiles=${[{ name: name("storage"), value: bytes(stored) }, { name: name("traffic"), value: bytes(total.traffic_bytes) }]} />`}
      </div>
    </details>`}
  <//>`;
}

/**
 * What stands above the figures: where there is none of here, old ones may be.
 * @param {Report["all_time"]} ever
 * @param {number} plays Of the days that are shown.
 * @returns {"watchingHint" | "watchingNone" | "watchingBefore" | "watchingQuiet"}
 */
function hintOf(ever, plays) {
  if (plays > 0) return "watchingHint";
  if (ever.counted > 0) return "watchingQuiet";
  return ever.imported > 0 ? "watchingBefore" : "watchingNone";
}
