/** Where files are dropped or chosen. The whole window takes drops; the zone shows it. */
import { Button } from "../../components/button.js";
import { Icon } from "../../components/icon.js";
import { toast } from "../../components/toast.js";
import { speaker } from "../../language.js";
import { add } from "../../uploads/line.js";
import { fromDrop, fromField, fromPicker } from "../../uploads/picking.js";
import { html, useEffect, useRef, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Harvest } from "../../uploads/picking.js" */

const tell = speaker(TEXTS);
const NAMED = 3;

/** Fingers do not drop files, nor do phones choose folders. */
const touch = matchMedia("(hover: none) and (pointer: coarse)").matches;

/** @param {Harvest} harvest */
export function take({ picked, missed }) {
  add(picked);
  if (missed.length === 0) return;
  const names = missed.slice(0, NAMED).join(", ");
  const more = missed.length - NAMED;
  toast(tell("missed", { names: more > 0 ? tell("missedMore", { names, n: more }) : names }));
}

/** @param {{small: boolean}} props */
export function DropZone({ small }) {
  const over = useSignal(false);
  const files = useRef(/** @type {HTMLInputElement | null} */ (null));
  const folder = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    const holdsFiles = (/** @type {DragEvent} */ { dataTransfer }) => dataTransfer?.types.includes("Files") ?? false;
    const drag = (/** @type {DragEvent} */ event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      over.value = true;
    };
    const leave = (/** @type {DragEvent} */ { relatedTarget }) => {
      if (relatedTarget === null) over.value = false;
    };
    const drop = (/** @type {DragEvent} */ event) => {
      over.value = false;
      if (!event.dataTransfer || !holdsFiles(event)) return;
      event.preventDefault();
      void fromDrop(event.dataTransfer).then(take);
    };
    document.addEventListener("dragover", drag);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", drag);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, [over]);
  const chosen = (/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => {
    if (currentTarget.files) take(fromField(currentTarget.files));
    // The same file may be chosen once more.
    currentTarget.value = "";
  };
  const choose = async () => {
    const harvest = await fromPicker();
    if (harvest) take(harvest);
    else files.current?.click();
  };
  return html`<section class="drop-zone" data-over=${over.value ? "" : null} data-small=${small ? "" : null}>
    <${Icon} name="upload" />
    <p class="drop-call">${tell(over.value ? "dropNow" : touch ? "pick" : "drop")}</p>
    ${!small && !touch && html`<p class="hint">${tell("dropFolder")}</p>`}
    <div class="actions">
      <${Button} kind="main" icon="film" onClick=${choose}>${tell("chooseFiles")}<//>
      ${!touch && html`<${Button} icon="folder-up" onClick=${() => folder.current?.click()}>${tell("chooseFolder")}<//>`}
    </div>
    ${!small && html`<p class="hint">${tell("goesOn")}</p>`}
    <input ref=${files} id="choose-files" type="file" multiple hidden aria-label=${tell("chooseFiles")} onChange=${chosen} />
    <input ref=${folder} id="choose-folder" type="file" webkitdirectory hidden aria-label=${tell("chooseFolder")} onChange=${chosen} />
  </section>`;
}
