/** What lessons take in the storage, day by day, and how fast that grows. */
import { bytes, count, dayName, dayShort } from "../../components/amounts.js";
import { Chart } from "../../components/chart.js";
import { FIGURE_TEXTS } from "../../components/figure-texts.js";
import { useResource } from "../../components/resource.js";
import { Section } from "../../components/section.js";
import { ErrorState, LoadingState } from "../../components/states.js";
import { Tiles } from "../../components/tiles.js";
import { speaker } from "../../language.js";
import { html } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";

const tell = speaker(TEXTS);
const name = speaker(FIGURE_TEXTS);

/** @typedef {{day: string, assets: number, bytes: number}} Stored */

/** @param {{address: string}} props */
export function Storage({ address }) {
  const { now, again } = useResource(address);
  const found = now.value;
  return html`<${Section} name="storage" title=${tell("storage")} hint=${tell("storageHint")}>
    ${found.is === "loading" && html`<${LoadingState} />`}
    ${found.is === "failed" && html`<${ErrorState} problem=${found.problem} onRetry=${() => void again()} />`}
    ${found.is === "ready" && html`<${StorageDays} days=${found.data.days} growth=${found.data.bytes_per_day} />`}
  <//>`;
}

/** @param {{days: readonly Stored[], growth: number | null}} props */
export function StorageDays({ days, growth }) {
  const last = days.at(-1);
  const told = growth === null ? tell("storageUnknown") : tell(growth < 0 ? "storageShrinks" : "storageGrows", { size: bytes(Math.abs(growth)) });
  return html`
    ${last &&
    html`<${Tiles}
      tiles=${[
        { name: name("storage"), value: bytes(last.bytes), note: told },
        { name: tell("lessonsStored"), value: count(last.assets) },
      ]}
    />`}
    <${Chart}
      title=${tell("storage")}
      along=${name("day")}
      amount=${name("storage")}
      points=${days.map(({ day, bytes: size }) => ({ name: dayName(day), short: dayShort(day), value: size }))}
      format=${bytes}
      file="storage"
    />
  `;
}
