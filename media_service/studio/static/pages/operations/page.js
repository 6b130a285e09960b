/** How the whole installation does, for those who look after it: queue, workers, failures, and when the disk will be full. */
import { bytes, count, dayName } from "../../components/amounts.js";
import { Button, ButtonLink } from "../../components/button.js";
import { Heading } from "../../components/heading.js";
import { useResource } from "../../components/resource.js";
import { Ranking } from "../../components/ranking.js";
import { Callout, Section } from "../../components/section.js";
import { ErrorState, LoadingState } from "../../components/states.js";
import { Tiles } from "../../components/tiles.js";
import { useEvery } from "../../components/timing.js";
import { formatMoment, inLanguage, say, speaker } from "../../language.js";
import { spelled } from "../../pure/quantities.js";
import { html } from "../../vendor/ui.js";
import { StorageDays } from "../statistics/storage.js";
import { TEXTS } from "./texts.js";
/** @import { Message } from "../../types" */

const tell = speaker(TEXTS);
const EACH_MS = 15_000;

/**
 * @typedef {{lane: string, queued: number, leased: number, overdue: number, oldest_seconds: number, workers: number | null}} Lane
 * @typedef {{lanes: Lane[], seconds_left: number | null, uploads: number, wake_ups: number, late_tasks: string[], failing_webhooks: number}} Queue
 * @typedef {{free_bytes: number, reserve_bytes: number, full_on: string | null}} Disk
 * @typedef {{time: string, queue: Queue | null, failed: {code: string, message: Message, count: number}[] | null, lessons: Record<string, number> | null, beats_waiting: number | null, disk: Disk | null, stored: import("../statistics/storage.js").Stored[], bytes_per_day: number | null}} Operations
 */

export function Page() {
  const { now, again } = useResource("/v1/operations");
  useEvery(EACH_MS, () => document.visibilityState === "visible" && again());
  const found = now.value;
  return html`
    <div class="head">
      <${Heading} title=${tell("title")} />
      <${Button} kind="quiet" icon="rotate-cw" onClick=${() => void again()}>${tell("look")}<//>
      ${found.is === "ready" && html`<p class="row-state">${tell("asOf", { moment: formatMoment(found.data.time) })}</p>`}
    </div>
    ${found.is === "loading" && html`<${LoadingState} />`}
    ${found.is === "failed" && html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
    ${found.is === "ready" && html`<${Whole} of=${found.data} />`}
  `;
}

/** @param {{of: Operations}} props */
function Whole({ of: { queue, failed, lessons, beats_waiting: beats, disk, stored, bytes_per_day: growth, time } }) {
  return html`
    <${Section} name="queue" title=${tell("queue")}>
      ${queue === null ? html`<${Callout} mood="bad" role="alert">${tell("queueAway")}<//>` : html`<${Waiting} queue=${queue} beats=${beats} />`}
    <//>
    <${Section} name="disk" title=${tell("storage")}>
      <${Disk} disk=${disk} today=${time.slice(0, 10)} />
      <${StorageDays} days=${stored} growth=${growth} />
    <//>
    ${lessons !== null &&
    html`<${Section} name="states" title=${tell("lessons")}>
      <${Tiles}
        tiles=${/** @type {const} */ (["ready", "playable", "processing", "queued", "uploading", "failed"]).map((state) => ({
          name: tell(`state_${state}`),
          value: count(lessons[state] ?? 0),
          mood: state === "failed" && lessons[state] ? "bad" : undefined,
        }))}
      />
    <//>`}
    ${failed !== null &&
    html`<${Section} name="failed" title=${tell("failed")}>
      ${failed.length === 0
        ? html`<p class="hint">${tell("failedNone")}</p>`
        : html`<${Ranking}
            title=${tell("failed")}
            what=${tell("cause")}
            rows=${failed}
            keyOf=${(/** @type {{code: string}} */ { code }) => code}
            nameOf=${(/** @type {{code: string, message: Message}} */ { code, message }) => `${inLanguage(message)} (${code})`}
            columns=${[{ name: tell("number"), value: (/** @type {{count: number}} */ row) => row.count, format: count }]}
            file="failed"
            aside=${html`<${ButtonLink} kind="quiet" icon="list" href="/studio/lessons?state=failed">${tell("show")}<//>`}
          />`}
    <//>`}
  `;
}

/** @param {{queue: Queue, beats: number | null}} props */
function Waiting({ queue, beats }) {
  const { lanes, seconds_left: left, uploads, wake_ups: wakeUps, late_tasks: late, failing_webhooks: webhooks } = queue;
  const waits = lanes.some(({ queued, leased }) => queued + leased > 0);
  const time = (/** @type {number} */ seconds) => (seconds > 0 ? spelled(seconds, say) : "–");
  const work = left === null ? tell("noWorkers") : waits ? tell("left", { time: spelled(left, say) }) : tell("idle");
  const column = (/** @type {"queued" | "leased" | "overdue"} */ name) => ({
    name: tell(name),
    value: (/** @type {Lane} */ lane) => lane[name],
    format: count,
  });
  return html`
    <${Tiles}
      tiles=${[
        { name: tell("work"), value: work, mood: left === null ? "bad" : undefined },
        { name: tell("uploads"), value: count(uploads) },
        { name: tell("wakeUps"), value: count(wakeUps) },
        { name: tell("beats"), value: beats === null ? "–" : count(beats) },
        { name: tell("webhooks"), value: count(webhooks), mood: webhooks > 0 ? "bad" : undefined },
      ]}
    />
    ${late.length > 0 && html`<${Callout} mood="bad" role="status">${tell("late", { tasks: late.join(", ") })}<//>`}
    <${Ranking}
      title=${tell("queue")}
      what=${tell("lane")}
      rows=${lanes}
      keyOf=${(/** @type {Lane} */ { lane }) => lane}
      nameOf=${(/** @type {Lane} */ { lane }) => (lane in LANES ? tell(LANES[/** @type {keyof typeof LANES} */ (lane)]) : lane)}
      columns=${[
        column("queued"),
        column("leased"),
        column("overdue"),
        { name: tell("oldest"), value: (/** @type {Lane} */ { oldest_seconds: oldest }) => Math.round(oldest), format: time },
        { name: tell("workers"), value: (/** @type {Lane} */ { workers }) => workers, format: count },
      ]}
      file="queue"
    />
  `;
}

const LANES = /** @type {const} */ ({
  control: "lane_control",
  first: "lane_first",
  ladder: "lane_ladder",
  extras: "lane_extras",
  fetch: "lane_fetch",
});

/** @param {{disk: Disk | null, today: string}} props */
function Disk({ disk, today }) {
  if (disk === null) return html`<p class="hint">${tell("noDisk")}</p>`;
  const { free_bytes: free, reserve_bytes: reserve, full_on: full } = disk;
  const when = full === null ? tell("fullNone") : full <= today ? tell("fullNow") : dayName(full);
  return html`<${Tiles}
      tiles=${[
        { name: tell("free"), value: bytes(free), note: tell("reserve", { size: bytes(reserve) }) },
        { name: tell("full"), value: when, mood: full !== null && daysUntil(full, today) < 60 ? "bad" : undefined },
      ]}
    />
    <p class="hint">${tell("fullHint")}</p>`;
}

/** @param {string} day @param {string} today */
function daysUntil(day, today) {
  return (Date.parse(day) - Date.parse(today)) / 86_400_000;
}
