/** How much may still be uploaded, told before anything is: where nothing limits it, nothing is said. */
import { ask, problemOf } from "../../api.js";
import { Progress } from "../../components/progress.js";
import { Callout } from "../../components/section.js";
import { language, speaker } from "../../language.js";
import { formatBytes } from "../../pure/quantities.js";
import { roomOf, takenPercent, tooMuch } from "../../pure/room.js";
import { counts, items } from "../../uploads/items.js";
import { computed, html, useEffect, useRef, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Allowance, Quota } from "../../pure/room.js" */

const tell = speaker(TEXTS);

/** Hundreds of small files may arrive within seconds. */
const PAUSE_MS = 3000;

/** Sizes of files for which the service has kept no room yet. */
const unkept = computed(() =>
  items.value.filter(({ phase, address }) => !["sent", "failed"].includes(phase.value) && address === null).map(({ file }) => file.size),
);

/** Changes whenever room may have been kept or given back. */
const standing = computed(() => `${counts.value.waiting} ${counts.value.checking} ${counts.value.sent} ${counts.value.failed}`);

export function Room() {
  const quota = useSignal(/** @type {Quota | null} */ (null));
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  const look = async () => {
    timer.current = undefined;
    try {
      quota.value = (await ask("GET", "/v1/quota")).data;
    } catch (error) {
      // What is known stays; an upload that is too much is refused with a sentence of its own.
      problemOf(error);
    }
  };
  useEffect(() => {
    timer.current ??= setTimeout(() => void look(), quota.peek() ? PAUSE_MS : 0);
  }, [standing.value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  if (quota.value === null) return null;
  const { bytes, minutes, uploads } = quota.value;
  const size = (/** @type {number} */ number) => formatBytes(number, language.value);
  const count = (/** @type {number} */ number) => new Intl.NumberFormat(language.value).format(number);
  const excess = tooMuch(bytes, unkept.value);
  const spent = [bytes, minutes].some((each) => roomOf(each) === "none");
  if ([bytes, minutes, uploads].every(({ limit }) => limit === null)) return null;
  return html`<section class="room" aria-label=${tell("room")}>
    <${Left} of=${bytes} name="roomBytes" inWords=${size} />
    <${Left} of=${minutes} name="roomMinutes" inWords=${count} />
    ${spent && html`<${Callout} mood="warn" role="status">${tell("roomSpent")}<//>`}
    ${!spent && excess > 0 && html`<${Callout} mood="warn" role="status">${tell("roomExcess", { size: size(excess) })}<//>`}
    ${uploads.left === 0 && html`<${Callout} mood="warn" role="status">${tell("roomUploads", { n: count(uploads.limit ?? 0) })}<//>`}
  </section>`;
}

/** @param {{of: Allowance, name: "roomBytes" | "roomMinutes", inWords: (amount: number) => string}} props */
function Left({ of: allowance, name, inWords }) {
  const { limit, left } = allowance;
  if (limit === null || left === null) return null;
  const text = tell(name, { left: inWords(left), limit: inWords(limit) });
  return html`<div class="room-left">
    <p>${text}</p>
    <${Progress} label=${text} percent=${takenPercent(allowance)} mood=${roomOf(allowance) === "enough" ? "still" : "bad"} />
  </div>`;
}
