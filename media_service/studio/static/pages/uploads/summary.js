/** How far all of it is, and what can be done with all of it. */
import { Button } from "../../components/button.js";
import { language, say, speaker } from "../../language.js";
import { formatBytes, spelled } from "../../pure/quantities.js";
import { counts, items, moving, total } from "../../uploads/items.js";
import { clearSent, pauseAll, resumeAll } from "../../uploads/line.js";
import { computed, html } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";

const tell = speaker(TEXTS);

/** Bytes per second of all that is under way, null while unknown. */
const speed = computed(() => {
  const speeds = items.value.flatMap((item) => item.speed.value ?? []);
  return speeds.length ? speeds.reduce((sum, each) => sum + each, 0) : null;
});

export function Summary() {
  const { all, sent } = total.value;
  const words = [tell("summary", { done: counts.value.sent, all: items.value.length })];
  if (moving.value || counts.value.paused > 0)
    words.push(tell("amount", { sent: formatBytes(sent, language.value), size: formatBytes(all, language.value) }));
  if (speed.value && all > sent) words.push(tell("left", { time: spelled((all - sent) / speed.value, say) }));
  return html`<div class="summary">
    <p>${words.join(" · ")}</p>
    <p class="unseen" role="status">${words[0]}</p>
    <div class="actions">
      ${moving.value && items.value.length > 1 && html`<${Button} kind="quiet" icon="pause" onClick=${pauseAll}>${tell("pauseAll")}<//>`}
      ${counts.value.paused > 1 && html`<${Button} kind="quiet" icon="play" onClick=${resumeAll}>${tell("resumeAll")}<//>`}
      ${counts.value.sent > 1 && html`<${Button} kind="quiet" icon="check" onClick=${clearSent}>${tell("clear")}<//>`}
    </div>
  </div>`;
}
