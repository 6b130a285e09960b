/** One row for each file. A long list is drawn piece by piece as it is scrolled, so that three hundred files cost no more than fifty. */
import { Button } from "../../components/button.js";
import { Icon } from "../../components/icon.js";
import { Progress } from "../../components/progress.js";
import { inLanguage, language, say, speaker } from "../../language.js";
import { formatBytes, percentOf, spelled } from "../../pure/quantities.js";
import { items } from "../../uploads/items.js";
import { pause, remove, resume } from "../../uploads/line.js";
import { html, useEffect, useRef, useSignal } from "../../vendor/ui.js";
import { Lesson, NewVersion } from "./arrived.js";
import { TEXTS } from "./texts.js";
/** @import { Item, Phase } from "../../types" */

const tell = speaker(TEXTS);
const PIECE = 50;
/** Problems that are the file's own: trying it again changes nothing. */
const OF_THE_FILE = new Set(["file_type_refused", "file_empty", "file_too_large"]);

export function Rows() {
  const shown = useSignal(PIECE);
  const end = useRef(/** @type {HTMLElement | null} */ (null));
  const all = items.value;
  const more = all.length > shown.value;
  useEffect(() => {
    if (!end.current) return undefined;
    const near = new IntersectionObserver(
      (seen) => {
        if (seen.some(({ isIntersecting }) => isIntersecting)) shown.value += PIECE;
      },
      { rootMargin: "600px" },
    );
    near.observe(end.current);
    return () => near.disconnect();
  }, [more, shown.value]);
  return html`<ol class="rows">
      ${all.slice(0, shown.value).map((item) => html`<${Row} key=${item.id} item=${item} />`)}
    </ol>
    ${more && html`<p class="more" ref=${end}><${Button} onClick=${() => (shown.value += PIECE)}>${tell("more")}<//></p>`}`;
}

/** @type {Record<Phase, "going" | "still" | "bad" | "done">} */
const MOODS = { waiting: "still", checking: "going", sending: "going", retrying: "still", paused: "still", failed: "bad", sent: "done" };

/** @param {{item: Item}} props */
function Row({ item }) {
  const phase = item.phase.value;
  const { name } = item.file;
  const folder = item.path.split("/").slice(0, -1).join(" / ");
  return html`<li class="row" data-phase=${phase}>
    <div class="row-head">
      <p class="row-name" dir="auto" title=${item.path || name}>${name}</p>
      ${folder && html`<p class="row-folder" dir="auto">${folder}</p>`}
    </div>
    ${phase === "sent" ? html`<${item.replaces ? NewVersion : Lesson} item=${item} />` : html`<${Sending} item=${item} />`}
  </li>`;
}

/** @param {{item: Item}} props */
function Sending({ item }) {
  const [phase, sent, size, name] = [item.phase.value, item.sent.value, item.file.size, item.file.name];
  const hopeless = phase === "failed" && OF_THE_FILE.has(item.problem.value?.code ?? "");
  const begun = phase !== "waiting" || sent > 0;
  return html`
    ${begun && phase !== "failed" && html`<${Progress} label=${name} percent=${percentOf(sent, size)} mood=${MOODS[phase]} />`}
    <p class="row-state">${stateOf(item).join(" · ")}</p>
    <${Trouble} item=${item} />
    <div class="actions">
      ${["waiting", "checking", "sending", "retrying"].includes(phase) &&
      html`<${Button} kind="quiet" icon="pause" label=${tell("pauseOf", { name })} onClick=${() => pause(item)} />`}
      ${phase === "paused" &&
      html`<${Button} icon="play" aria-label=${tell("resumeOf", { name })} onClick=${() => resume(item)}>${tell("resume")}<//>`}
      ${phase === "failed" &&
      !hopeless &&
      html`<${Button} icon="rotate-cw" aria-label=${tell("againOf", { name })} onClick=${() => resume(item)}>${tell("again")}<//>`}
      <${Button} kind="quiet" icon="x" label=${tell("removeOf", { name })} onClick=${() => void remove(item)} />
    </div>
  `;
}

/** @param {Item} item */
function stateOf(item) {
  const [phase, sent, size, speed] = [item.phase.value, item.sent.value, item.file.size, item.speed.value];
  const bytes = (/** @type {number} */ number) => formatBytes(number, language.value);
  if (phase === "sent") return [];
  const words = [tell(phase)];
  if (phase === "waiting" && sent === 0) return [...words, bytes(size)];
  if (phase === "failed") return [...words, bytes(size)];
  words.push(tell("amount", { sent: bytes(sent), size: bytes(size) }));
  if (speed && phase === "sending") words.push(tell("atSpeed", { speed: bytes(speed) }), tell("left", { time: spelled((size - sent) / speed, say) }));
  return words;
}

/** What is wrong, or only worth knowing, and what to do about it. @param {{item: Item}} props */
function Trouble({ item }) {
  const problem = item.problem.value;
  const note = item.note.value;
  const key = /** @type {keyof typeof TEXTS.en} */ (`upload_advice_${problem?.code}`);
  const failed = item.phase.value === "failed";
  return html`
    ${problem &&
    html`<p class=${failed ? "row-bad" : "row-note"} role=${failed ? "alert" : null}>
      <${Icon} name="circle-alert" /><span
        >${inLanguage(problem.message)}${key in TEXTS.en && `${language.value === "zh" ? "" : " "}${tell(key)}`}
        ${failed && html` <code>${problem.code}</code>`}</span
      >
    </p>`}
    ${note && !problem && html`<p class="row-note"><${Icon} name="info" /><span>${tell(note)}</span></p>`}
  `;
}
