/** What was begun and not finished, from whatever browser: choose the file again, and it goes on. */
import { Button } from "../../components/button.js";
import { Dialog } from "../../components/dialog.js";
import { Progress } from "../../components/progress.js";
import { toast } from "../../components/toast.js";
import { language, say, speaker } from "../../language.js";
import { formatBytes, percentOf } from "../../pure/quantities.js";
import { add, discard } from "../../uploads/line.js";
import { keptAddresses, reopen } from "../../uploads/handles.js";
import { openUploads, orphans, refreshOpen } from "../../uploads/open.js";
import { html, useEffect, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { OpenUpload } from "../../types" */

const tell = speaker(TEXTS);

const SOON_MS = 2_000;
const OFTEN_MS = 5_000;
const SELDOM_MS = 60_000;

export function Unfinished() {
  const asked = useSignal(/** @type {OpenUpload | null} */ (null));
  const kept = useSignal(/** @type {ReadonlySet<string>} */ (new Set()));
  useEffect(() => {
    void keptAddresses().then((addresses) => {
      kept.value = addresses;
    });
  }, [openUploads.value]);
  // What was on its way when a page was left arrives a moment later, and another tab may be at work on it.
  const standing = orphans.value.map(({ id, received, isBeingSent }) => `${id} ${received} ${isBeingSent}`).join();
  const some = orphans.value.some(({ isBeingSent }) => isBeingSent);
  useEffect(() => (standing ? lookingAgain(some ? OFTEN_MS : SELDOM_MS) : undefined), [standing]);
  if (orphans.value.length === 0) return null;
  const goOn = async (/** @type {OpenUpload} */ { address }) => {
    const found = await reopen(address);
    if (found) return add([{ ...found, path: "" }]);
    kept.value = new Set([...kept.value].filter((other) => other !== address));
    return toast(tell("notOpened"));
  };
  return html`<section class="unfinished" aria-labelledby="unfinished-title">
    <h2 id="unfinished-title">${tell("unfinished")}</h2>
    <p class="hint">${tell("unfinishedAdvice")}${/iPhone|iPad|Android/.test(navigator.userAgent) && ` ${tell("unfinishedPhone")}`}</p>
    <ol class="rows">
      ${orphans.value.map((upload) => {
        const { received, size, isBeingSent } = upload;
        const name = nameOf(upload);
        const percent = percentOf(received, size);
        const amount = { percent, size: formatBytes(size, language.value) };
        return html`<li class="row" key=${upload.id} data-phase=${isBeingSent ? "sending" : "paused"}>
          <div class="row-head"><p class="row-name" dir="auto">${name}</p></div>
          <${Progress} label=${name} percent=${percent} mood=${isBeingSent ? "going" : "still"} />
          <p class="row-state">${tell(isBeingSent ? "sentElsewhere" : "received", amount)}</p>
          ${!isBeingSent &&
          html`<div class="actions">
            ${kept.value.has(upload.address)
              ? html`<${Button} icon="play" aria-label=${tell("goOnOf", { name })} onClick=${() => void goOn(upload)}>${tell("goOn")}<//>`
              : html`<${Button}
                  icon="film"
                  aria-label=${tell("chooseAgainOf", { name })}
                  onClick=${() => document.getElementById("choose-files")?.click()}
                  >${tell("chooseAgain")}<//
                >`}
            <${Button} kind="quiet" icon="trash-2" label=${tell("discardOf", { name })} onClick=${() => (asked.value = upload)} />
          </div>`}
        </li>`;
      })}
    </ol>
    ${asked.value &&
    html`<${Discard}
      upload=${asked.value}
      onDone=${() => {
        asked.value = null;
      }}
    />`}
  </section>`;
}

/** Other programs send files without a name. @param {OpenUpload} upload */
function nameOf({ name }) {
  return name || tell("nameless");
}

/** Asks how far they are, soon and then ever more seldom, until it is ended. @param {number} most Milliseconds in between. */
function lookingAgain(most) {
  const left = new AbortController();
  let [wait, timer] = [SOON_MS, 0];
  const look = async () => {
    if (!document.hidden) await refreshOpen();
    wait = Math.min(most, 2 * wait);
    if (!left.signal.aborted) timer = window.setTimeout(() => void look(), wait);
  };
  timer = window.setTimeout(() => void look(), wait);
  return () => {
    left.abort();
    clearTimeout(timer);
  };
}

/** @param {{upload: OpenUpload, onDone: () => void}} props */
function Discard({ upload, onDone }) {
  const sure = async () => {
    onDone();
    await discard(upload.address);
    toast(tell("discarded"));
  };
  return html`<${Dialog} title=${tell("discardAsk", { name: nameOf(upload) })} onClose=${onDone}>
    <p>${tell("discardSure")}</p>
    <div class="actions">
      <${Button} kind="danger" icon="trash-2" onClick=${() => void sure()}>${tell("discard")}<//>
      <${Button} onClick=${onDone}>${say("cancel")}<//>
    </div>
  <//>`;
}
