/** The page of an upload link: sends one file, shows the receipt, and replaces the file until closing. */
import { ask, part, secret, sentence, show, speakTimes, spoken, write } from "./beside.js";
import { digestOf } from "./uploads/digest.js";
import { Upload } from "./vendor/tus.js";

const RETRY_AFTER = 2000;
const LOOK_AFTER = 3000;

/** Under this name the browser remembers the token of what was sent from here. */
const memory = `lessonstream.entry.${secret}`;
/** And under this one, what the file is recognized by that is on its way: name, size, and a hash of its ends. */
const underWay = `${memory}.file`;

/** What was asked for was answered when the entry was begun. Fields that nobody sees must not keep the form from being sent. */
function doNotAskAgain() {
  show("asked", false);
  const asked = part("asked");
  if (asked instanceof HTMLFieldSetElement) asked.disabled = true;
}

/** @param {any} problem A problem document (RFC 9457). */
function refuse(problem) {
  write("problem", sentence(problem));
  show("problem", true);
  show("working", false);
  show("form", true);
}

/** @param {File} file @param {string} token @param {string} place @returns {Promise<any>} What it was refused with, or null. */
function send(file, token, place) {
  return new Promise((done) => {
    const upload = new Upload(file, {
      uploadUrl: place,
      metadata: {},
      retryDelays: null,
      storeFingerprintForResuming: false,
      onBeforeRequest: (request) => request.setHeader("Authorization", `Bearer ${token}`),
      onAfterResponse: () => show("waiting", false),
      onUploadUrlAvailable: () => {},
      onProgress: (sent, total) => {
        const percent = Math.floor((100 * sent) / Math.max(1, total));
        part("progress")?.setAttribute("value", String(percent));
        write("percent", `${percent} %`);
      },
      onSuccess: () => done(null),
      onError: ({ originalResponse: answer }) => {
        const status = answer?.getStatus() ?? 0;
        if (status >= 400 && status < 500 && ![408, 409, 423, 429].includes(status)) {
          try {
            done(JSON.parse(answer?.getBody() ?? ""));
          } catch {
            done({ title: String(status) });
          }
          return;
        }
        show("waiting", true);
        setTimeout(() => upload.start(), RETRY_AFTER);
      },
    });
    upload.start();
  });
}

/** When the file arrived that counts, as far as this page was told. @type {string | null} */
let counts = null;

/** @param {string} token @param {boolean} [wasSent] Whether a file was sent just now. */
async function look(token, wasSent = false) {
  const { ok, data } = await ask("GET", "/v1/entries/current", token);
  if (!ok && data.code === "entry_not_found") {
    localStorage.removeItem(memory);
    location.reload();
    return;
  }
  const isInterrupted = ok && data.upload !== null && localStorage.getItem(underWay) !== null;
  show("interrupted", isInterrupted);
  if (!ok || isInterrupted || data.number === null) show("form", true);
  // Closed meanwhile, the last byte came too late.
  const isMissed = ok && wasSent && data.link_state === "closed" && data.received_at === counts;
  show("missed", isMissed);
  if (isMissed) show("standing", false);
  if (ok && !data.can_be_replaced) show("form", false);
  if (ok && data.link_state === "closed") show("code", false);
  if (!ok || data.number === null) return;
  counts = data.received_at;
  write("number", String(data.number));
  write("hash", data.sha256);
  write("at", spoken(new Date(data.received_at)));
  show("late", data.is_late);
  for (const fate of document.querySelectorAll("[data-fate]")) {
    if (fate instanceof HTMLElement) fate.hidden = fate.dataset["fate"] !== data.state;
  }
  write("reason", data.taken_down?.reason ?? "");
  show("replacing", data.can_be_replaced);
  const save = part("save");
  if (save) {
    save.onclick = () => {
      const link = document.createElement("a");
      link.href = `data:application/json;charset=utf-8,${encodeURIComponent(JSON.stringify(data.receipt))}`;
      link.download = `receipt-${data.number}.json`;
      link.click();
    };
  }
  show("received", true);
  if (data.state === "processing") setTimeout(() => void look(token).catch(() => {}), LOOK_AFTER);
}

/** Where a file goes on that was interrupted. @param {string} token @returns {Promise<{ok: boolean, data: any} | null>} Null if it has to begin. */
async function interrupted(token) {
  const found = await ask("GET", "/v1/entries/current", token);
  return found.ok && found.data.upload !== null ? found : null;
}

/** @param {File} file @returns {Promise<void>} */
async function submit(file) {
  show("problem", false);
  const known = localStorage.getItem(memory);
  const mark = JSON.stringify([file.name, file.size, await digestOf(file)]);
  const before = known && localStorage.getItem(underWay) === mark ? await interrupted(known) : null;
  const about = { file_name: file.name.slice(-255), size: file.size, type: file.type };
  const answers = Object.fromEntries(
    [...document.querySelectorAll("#asked input[name]")].map((input) => (input instanceof HTMLInputElement ? [input.name, input.value] : [])),
  );
  const agrees = part("agrees") instanceof HTMLInputElement;
  const { ok, data } =
    before ??
    (known
      ? await ask("POST", "/v1/entries/current/file", known, about)
      : await ask("POST", "/v1/upload-links/current/entries", secret, { ...about, answers, agrees }));
  if (!ok) return refuse(data);
  const token = known ?? data.token;
  localStorage.setItem(memory, token);
  localStorage.setItem(underWay, mark);
  doNotAskAgain();
  show("form", false);
  show("received", false);
  show("working", true);
  const refused = await send(file, token, data.upload);
  localStorage.removeItem(underWay);
  // What was interrupted for too long is not there any more.
  if (refused && before) return submit(file);
  const now = refused ? await ask("GET", "/v1/entries/current", token) : null;
  if (now?.data.can_be_replaced) return refuse(refused);
  show("working", false);
  await look(token, true);
}

speakTimes();
part("form")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = part("file");
  const file = chosen instanceof HTMLInputElement ? chosen.files?.[0] : undefined;
  if (file) submit(file).catch(() => show("waiting", true));
});
part("again")?.addEventListener("click", () => {
  doNotAskAgain();
  show("form", true);
  part("file")?.focus();
});
const before = localStorage.getItem(memory);
if (before) {
  doNotAskAgain();
  look(before).catch(() => show("form", true));
} else {
  show("form", true);
}
