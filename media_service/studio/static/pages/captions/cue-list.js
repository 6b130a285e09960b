/** All cues. Only those that are seen are elements, so that thousands are as quick as ten. */
import { Icon } from "../../components/icon.js";
import { speaker } from "../../language.js";
import { shownTime } from "../../pure/cue-times.js";
import { rowsSeen } from "../../pure/waveform.js";
import { html, useComputed, useEffect, useRef, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
import { worded } from "./warnings.js";
/** @import { Desk } from "./types" */

const tell = speaker(TEXTS);
const ROW_REM = 3.25;

/** @param {{desk: Desk, kind: string, tongue: string}} props */
export function CueList({ desk, kind, tongue }) {
  const { editing, clock } = desk;
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const top = useSignal(0);
  const height = useSignal(400);
  const row = useSignal(52);
  const cues = editing.cues.value;
  const playing = useComputed(() => {
    const now = clock.time.value;
    return editing.cues.value.find(({ start, end }) => start <= now && now < end)?.key ?? null;
  });
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const watching = new ResizeObserver(() => {
      height.value = element.clientHeight;
      row.value = ROW_REM * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    });
    watching.observe(element);
    return () => watching.disconnect();
  }, [cues.length === 0]);
  // What is in hand, or else what is heard, is seen.
  const shown = clock.playing.value ? (playing.value ?? editing.selected.value) : editing.selected.value;
  useEffect(() => {
    const at = editing.cues.peek().findIndex(({ key }) => key === shown);
    const element = box.current;
    if (!element || at < 0) return;
    const [first, last] = [at * row.value, (at + 1) * row.value];
    if (first < element.scrollTop || last > element.scrollTop + element.clientHeight) element.scrollTop = first - element.clientHeight / 3;
  }, [shown]);
  if (cues.length === 0) return null;
  const { first, last } = rowsSeen(top.value, height.value, row.value, cues.length);
  const warned = editing.warnings.value.size;
  const nextWarned = () => {
    const order = editing.cues.peek();
    const at = order.findIndex(({ key }) => key === editing.selected.peek());
    const found = [...order.slice(at + 1), ...order.slice(0, at + 1)].find(({ key }) => editing.warnings.peek().has(key));
    if (found) editing.select(found.key, { focus: true });
  };
  return html`<section class="cues" aria-labelledby="cues-title">
    <div class="cues-head">
      <h2 id="cues-title">${tell(kind === "chapters" ? "allChapters" : "allCues", { n: cues.length })}</h2>
      ${warned > 0 && html`<button type="button" class="button button-quiet cues-warned" onClick=${nextWarned}><${Icon} name="circle-alert" /><span>${tell("warned", { n: warned })}</span></button>`}
    </div>
    <div class="cues-box" ref=${box} onScroll=${(/** @type {{currentTarget: HTMLElement}} */ { currentTarget }) => (top.value = currentTarget.scrollTop)}>
      <ol style=${{ blockSize: `${cues.length * row.value}px` }}>
        ${cues.slice(first, last).map((cue, index) => {
          const at = first + index;
          const warnings = editing.warnings.value.get(cue.key) ?? [];
          return html`<li key=${cue.key} aria-setsize=${cues.length} aria-posinset=${at + 1} style=${{ transform: `translateY(${at * row.value}px)` }}>
            <button
              type="button"
              class="cue"
              aria-current=${cue.key === editing.selected.value ? "true" : null}
              data-playing=${cue.key === playing.value ? "" : null}
              onClick=${() => {
                editing.select(cue.key, { focus: true });
                if (!clock.playing.peek()) clock.seek(cue.start);
              }}
            >
              <span class="cue-number">${at + 1}</span>
              <span class="cue-when">${shownTime(cue.start).slice(0, -2)}</span>
              <span class="cue-words" lang=${tongue} dir="auto">${cue.text.replaceAll(/<[^>]*>/g, "").replaceAll("\n", " ") || tell("nothing")}</span>
              ${warnings.length > 0 && html`<span class="cue-flag" title=${warnings.map(worded).join("\n")}><${Icon} name="circle-alert" /><span class="unseen">${warnings.map(worded).join(" ")}</span></span>`}
            </button>
          </li>`;
        })}
      </ol>
    </div>
  </section>`;
}
