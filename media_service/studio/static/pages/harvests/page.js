/** Foreign repositories that are harvested: what each brought, how far it is, and what is wrong. */
import { ask, problemOf } from "../../api.js";
import { Asking } from "../../components/asking.js";
import { Button } from "../../components/button.js";
import { Heading } from "../../components/heading.js";
import { PagedList, usePaged } from "../../components/paged.js";
import { Callout } from "../../components/section.js";
import { EmptyState } from "../../components/states.js";
import { useEvery } from "../../components/timing.js";
import { toast } from "../../components/toast.js";
import { formatMoment, inLanguage, speaker } from "../../language.js";
import { html, useSignal } from "../../vendor/ui.js";
import { Adding } from "./adding.js";
import { TEXTS } from "./texts.js";
/** @import { HarvestSource } from "./types" */

const tell = speaker(TEXTS);

const LOOK_AGAIN = 10_000;

export function Page() {
  const sources = usePaged("/v1/harvest-sources?limit=50", "harvest_sources");
  useEvery(LOOK_AGAIN, () => sources.again());
  return html`
    <${Heading} title=${tell("title")} />
    <p>${tell("advice")}</p>
    <${Adding} again=${sources.again} />
    <${PagedList}
      of=${sources}
      empty=${html`<${EmptyState} icon="library-big" title=${tell("none")} />`}
      row=${(/** @type {HarvestSource} */ source) => html`<${Source} key=${source.id} source=${source} again=${sources.again} />`}
    />
  `;
}

/** @param {{source: HarvestSource, again: () => Promise<void>}} props */
function Source({ source, again }) {
  const ending = useSignal(false);
  const name = source.name || source.repository_name || source.url;
  const address = `/v1/harvest-sources/${source.id}`;
  const act = async (/** @type {() => Promise<unknown>} */ acting, /** @type {string} */ done) => {
    try {
      await acting();
      if (done) toast(done);
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
    await again();
  };
  const turn = source.state === "paused" ? "active" : "paused";
  const { failure } = source;
  return html`<li class="row">
    <p class="row-name"><span dir="auto">${name}</span> <${Standing} source=${source} /></p>
    <p class="row-state" dir="ltr">${source.url}${source.set && ` · ${source.set}`}</p>
    <p class="row-state" role="status">${standing(source).join(" · ")}</p>
    ${failure &&
    html`<${Callout} mood="bad"
      >${failure.since && html`<strong>${tell("failingSince", { moment: formatMoment(failure.since) })}</strong>`}
      <span>${inLanguage(failure.message)} <code>${failure.code}</code></span><//
    >`}
    <div class="actions">
      ${source.state === "active" &&
      html`<${Button}
        icon="rotate-cw"
        label=${tell("nowOf", { name })}
        onClick=${() => void act(() => ask("POST", `${address}/harvests`, { json: {} }), tell("asked"))}
        >${tell("now")}<//
      >`}
      <${Button}
        icon=${source.state === "paused" ? "play" : "pause"}
        label=${tell(source.state === "paused" ? "resumeOf" : "pauseOf", { name })}
        onClick=${() => void act(() => ask("PATCH", address, { json: { state: turn } }), "")}
        >${tell(source.state === "paused" ? "resume" : "pause")}<//
      >
      <${Button} kind="danger" icon="trash-2" label=${tell("endOf", { name })} onClick=${() => (ending.value = true)}>${tell("end")}<//>
    </div>
    ${ending.value &&
    html`<${Asking}
      title=${tell("endAsk", { name })}
      act=${tell("end")}
      icon="trash-2"
      onSure=${() => act(() => ask("DELETE", address), tell("ended"))}
      onClose=${() => (ending.value = false)}
    >
      <p>${tell("endSure")}</p>
    <//>`}
  </li>`;
}

/** @param {{source: HarvestSource}} props */
function Standing({ source }) {
  const failing = source.state === "active" && source.failure !== null;
  const mood = failing ? "bad" : source.state === "active" ? "good" : "still";
  return html`<span class="mark" data-mood=${mood}>${tell(failing ? "failing" : source.state)}</span>`;
}

/** What it brought, and when. @param {HarvestSource} source @returns {string[]} */
function standing({ records, under_way: isUnderWay, received, expected, finished_at: finished, next_at: next }) {
  const { current, unusable, elsewhere } = records;
  const said = [
    isUnderWay && (expected ? tell("underWayOf", { n: received, total: expected }) : tell("underWay", { n: received })),
    (finished || current > 0) && tell("current", { n: current }),
    elsewhere > 0 && tell("elsewhere", { n: elsewhere }),
    unusable > 0 && tell("unusable", { n: unusable }),
    finished ? tell("finished", { moment: formatMoment(finished) }) : !isUnderWay && tell("never"),
    finished && next && tell("next", { moment: formatMoment(next) }),
  ];
  return said.filter((each) => typeof each === "string");
}
