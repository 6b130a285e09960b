/** What came in by a link, and how it is taken along: as a table, and as a list that is signed. */
import { ask, problemOf } from "../../api.js";
import { Button, ButtonLink } from "../../components/button.js";
import { fetchAll, PagedList, usePaged } from "../../components/paged.js";
import { saveFile } from "../../components/saving-file.js";
import { Section } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { formatMoment, inLanguage, language, say, speaker } from "../../language.js";
import { formatBytes } from "../../pure/quantities.js";
import { csv } from "../../pure/sheets.js";
import { session } from "../../session.js";
import { html, useEffect, useRef, useSignal } from "../../vendor/ui.js";
import { Takedown } from "./takedown.js";
import { TEXTS } from "./texts.js";
/** @import { Entry, UploadLink } from "./types" */

const tell = speaker(TEXTS);

/** @type {Record<Entry["state"], "good" | "bad" | "still">} */
const MOODS = { awaited: "still", processing: "still", accepted: "good", failed: "bad", wrong_kind: "bad", too_long: "bad", taken_down: "bad" };

/** As many as a page holds. */
const LIMIT = 200;
const LOOK_MS = 5000;

/** @param {UploadLink} link */
const addressOf = ({ id }) => `/v1/upload-links/${id}/entries?limit=${LIMIT}`;

/**
 * What came in by a link; looked at again while more may come, and once the link stands in another way.
 * @param {UploadLink} link
 */
export function useEntries(link) {
  const entries = usePaged(addressOf(link), "entries");
  const found = entries.pages.value;
  const rows = found.is === "ready" ? found.rows : [];
  const changes = link.state !== "closed" || rows.some(({ state }) => state === "processing");
  const awaits = changes && rows.length <= LIMIT; // Whoever went through more pages is not thrown back to the first.
  useEffect(() => {
    if (!awaits) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden && navigator.onLine) void entries.again();
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [link.id, awaits]);
  const stood = useRef(link.state);
  useEffect(() => {
    if (stood.current === link.state) return;
    stood.current = link.state;
    void entries.again();
  }, [link.state]);
  return entries;
}

/** @param {{link: UploadLink, entries: ReturnType<typeof useEntries>}} props */
export function Entries({ link, entries }) {
  const address = addressOf(link);
  const busy = useSignal(false);
  const found = entries.pages.value;
  const some = found.is === "ready" && found.rows.length > 0;
  const take = async (/** @type {() => Promise<void>} */ save) => {
    busy.value = true;
    try {
      await save();
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    } finally {
      busy.value = false;
    }
  };
  const table = async () => saveFile(`${link.id}.csv`, "text/csv", csv(tableOf(link, await fetchAll(address, "entries"))));
  const manifest = async () => {
    const { data } = await ask("GET", `/v1/upload-links/${link.id}/manifest`);
    saveFile(`${link.id}-manifest.json`, "application/json", JSON.stringify(data, null, 2));
  };
  const isClosed = link.state === "closed";
  return html`<${Section}
    name="entries"
    title=${tell("whatCameIn")}
    aside=${html`<${Button} kind="quiet" icon="rotate-cw" onClick=${() => void entries.again()}>${say("lookAgain")}<//>`}
  >
    <${PagedList}
      of=${entries}
      empty=${html`<p class="hint">${tell("noEntries")}</p>`}
      row=${(/** @type {Entry} */ entry) => html`<${Row} key=${entry.number} entry=${entry} link=${link} again=${entries.again} />`}
    />
    ${(some || isClosed) &&
    html`<div class="actions">
      <${Button} icon="download" disabled=${busy.value} onClick=${() => void take(table)}>${tell("table")}<//>
      ${isClosed && html`<${Button} icon="download" disabled=${busy.value} onClick=${() => void take(manifest)}>${tell("manifest")}<//>`}
    </div>`}
    ${!isClosed && html`<p class="hint">${tell("manifestHint")}</p>`}
  <//>`;
}

/** @param {{entry: Entry, link: UploadLink, again: () => Promise<void>}} props */
function Row({ entry, link, again }) {
  const { number, state, is_late: late, file_name: file, size, received_at: received, sha256, asset_id: lesson, licence_at: agreed, taken_down: down } = entry;
  const isAdmin = session.value.is === "in" && session.value.person.role === "admin";
  return html`<li class="row entry" data-late=${late ? "" : null}>
    <div class="row-head">
      <p class="row-name">
        ${tell("entry", { n: number })}
        ${late && html` <span class="mark" data-mood="warn">${tell("late")}</span>`}
        <span class="mark" data-mood=${MOODS[state]}>${tell(state)}</span>
      </p>
      <p class="row-state" dir="auto">${[file, formatBytes(size, language.value), formatMoment(received)].join(" · ")}</p>
    </div>
    ${down === null &&
    (lesson !== null || isAdmin) &&
    html`<div class="actions">
      ${lesson !== null &&
      html`<${ButtonLink} icon="film" href=${`/studio/lessons/${lesson}`} aria-label=${tell("openLessonOf", { n: number })}>${tell("openLesson")}<//>`}
      ${isAdmin && html`<${Takedown} link=${link.id} number=${number} again=${again} />`}
    </div>`}
    <dl class="facts">
      ${down && html`<div><dt>${tell("taken_down")}</dt><dd dir="auto">${[formatMoment(down.at), down.by, down.reason].join(" · ")}</dd></div>`}
      ${link.fields.map(
        ({ name, label }) => entry.answers[name] && html`<div key=${name}><dt dir="auto">${label}</dt><dd dir="auto">${entry.answers[name]}</dd></div>`,
      )}
      ${agreed && html`<div><dt>${tell("licenceAgreed")}</dt><dd>${tell("licenceAgreedAt", { moment: formatMoment(agreed) })}</dd></div>`}
      <div><dt>${tell("fingerprint")}</dt><dd><code>${sha256}</code></dd></div>
    </dl>
  </li>`;
}

/** @param {UploadLink} link @param {Entry[]} entries */
function tableOf({ fields }, entries) {
  const head = ["number", "received", "late", "stateOf", "file", "size", "fingerprint", "lesson", "licenceAgreed"];
  return [
    [...head.map((name) => tell(/** @type {keyof typeof TEXTS.en} */ (name))), ...fields.map(({ label }) => label)],
    ...entries.map((entry) => [
      entry.number,
      entry.received_at,
      entry.is_late ? tell("yes") : "",
      tell(entry.state),
      entry.file_name,
      entry.size,
      entry.sha256,
      entry.asset_id === null ? "" : `${location.origin}/studio/lessons/${entry.asset_id}`,
      entry.licence_at ?? "",
      ...fields.map(({ name }) => entry.answers[name] ?? ""),
    ]),
  ];
}
