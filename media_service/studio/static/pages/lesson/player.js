/** The player as soon as there is something to play; before, how far it is, and what keeps it from being. */
import { ask, problemOf } from "../../api.js";
import { Button } from "../../components/button.js";
import { Progress } from "../../components/progress.js";
import { Callout } from "../../components/section.js";
import { toast } from "../../components/toast.js";
import { inLanguage, language, say, speaker } from "../../language.js";
import { spelled } from "../../pure/quantities.js";
import { html, signal, useEffect, useRef } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
import { issueToken, opened, playedBy } from "../../playing.js";
/** @import { Lesson } from "./types" */

const tell = speaker(TEXTS);
const VERSION = 1;

/** For a second the service may go on showing the version of before. */
const SWITCHING_MS = 1300;

/** Seconds where the player stands. */
export const playerTime = signal(0);

/** Tells the player that is shown something; null while there is none. @type {((message: object) => void) | null} */
let command = null;

/** @param {number} seconds Where the player shall go. */
export function seek(seconds) {
  command?.({ type: "set", name: "currentTime", value: seconds });
}

/** @param {{lesson: Lesson, token: string | null, again: () => Promise<void>}} props */
export function Player({ lesson, token, again }) {
  const { state, failure } = lesson;
  const id = playedBy(lesson);
  const shown = useRef(signal(lesson.version_id)).current;
  useEffect(() => {
    const timer = setTimeout(() => {
      shown.value = lesson.version_id;
    }, SWITCHING_MS);
    return () => clearTimeout(timer);
  }, [lesson.version_id]);
  const isThere = token !== null && shown.value === lesson.version_id;
  const plays = id !== null && (state === "playable" || state === "ready" || (state === "failed" && failure?.plays_on));
  if (lesson.external) return html`<${Elsewhere} external=${lesson.external} />`;
  return html`<div class="stage">
    ${plays && isThere && html`<${Frame} key=${`${id.id} ${lesson.version_id}`} lesson=${lesson} id=${id.id} token=${token} />`}
    ${plays && !isThere && html`<div class="player player-empty"></div>`}
    ${id === null && html`<${Callout} mood="warn">${tell("noPlaybackId")}<//>`}
    ${failure && html`<${Failure} lesson=${lesson} again=${again} />`}
    ${!failure && state !== "ready" && html`<${Making} lesson=${lesson} />`}
    ${lesson.notices.map(({ code, message }) => html`<${Callout} key=${code} mood="info">${inLanguage(message)}<//>`)}
  </div>`;
}

/** @param {{lesson: Lesson, id: string, token: string}} props */
function Frame({ lesson, id, token }) {
  const frame = useRef(/** @type {HTMLIFrameElement | null} */ (null));
  // A token that is renewed goes in by a message: another address would begin the lesson anew.
  const address = useRef(opened(`/embed/${id}?lang=${language.peek()}`, token));
  useEffect(() => {
    playerTime.value = 0;
    const post = (/** @type {object} */ message) =>
      frame.current?.contentWindow?.postMessage({ lessonstream: VERSION, ...message }, location.origin);
    const hear = (/** @type {MessageEvent} */ { source, origin, data }) => {
      if (source !== frame.current?.contentWindow || origin !== location.origin || data?.lessonstream !== VERSION) return;
      if (typeof data.state?.currentTime === "number") playerTime.value = data.state.currentTime;
      if (data.name === "tokenexpiring") void issueToken(id).then((renewed) => post({ type: "token", token: renewed }));
    };
    const greet = () => post({ type: "hello" });
    command = post;
    window.addEventListener("message", hear);
    frame.current?.addEventListener("load", greet);
    return () => {
      window.removeEventListener("message", hear);
      if (command === post) command = null;
    };
  }, []);
  const { width, height, kind } = lesson;
  return html`<iframe
    class="player"
    data-version=${lesson.version_id}
    ref=${frame}
    src=${address.current}
    title=${tell("playerOf", { name: lesson.title })}
    style=${kind === "audio" ? { blockSize: "7.5rem" } : { aspectRatio: `${width ?? 16} / ${height ?? 9}` }}
    allow="fullscreen; picture-in-picture; autoplay"
  ></iframe>`;
}

/** @param {{external: {source: string, url: string}}} props */
function Elsewhere({ external }) {
  return html`<${Callout} mood="info">
    <strong dir="auto">${tell("externalAt", { source: external.source })}</strong>
    <span>${tell("externalHint")} <a href=${external.url} target="_blank" rel="noopener noreferrer">${tell("openThere")}</a></span>
  <//>`;
}

/** @param {{lesson: Lesson}} props */
function Making({ lesson }) {
  const { percent = 0, stage = null, queue_position: position = null, eta_seconds: eta = null } = lesson.progress ?? {};
  const { state } = lesson;
  const waits = state === "queued" || (position !== null && percent === 0);
  const words = [
    waits ? (position === null ? tell("queued") : tell("queuedAt", { n: position })) : stageText(state, stage),
    state !== "queued" && tell("percent", { percent }),
    eta !== null && tell("left", { time: spelled(eta, say) }),
  ];
  return html`<div class="making">
    <${Progress} label=${tell("progress")} percent=${waits ? null : percent} mood=${state === "uploading" ? "going" : "done"} />
    <p role="status">${words.filter(Boolean).join(" · ")}</p>
    ${state === "uploading" &&
    html`<p class="hint">${tell("uploadingHint")} <a href="/studio/uploads">${tell("toUploads")}</a></p>`}
    ${(state === "queued" || state === "processing") && html`<p class="hint">${tell("makingHint")}</p>`}
  </div>`;
}

const STAGES = /** @type {const} */ ({
  inspect: "stageInspect",
  stand_in: "stageInspect",
  loudness: "stageSound",
  audio_first: "stageSound",
  audio: "stageSound",
  analyse: "stageAnalyse",
  images: "stageImages",
  thumbnail: "stageImages",
  tracks: "stageTracks",
  verify: "stageVerify",
  publish: "stageVerify",
});

/**
 * @param {string} state
 * @param {string | null} stage
 */
function stageText(state, stage) {
  if (state === "uploading") return tell("uploading");
  const known = stage !== null && stage in STAGES ? STAGES[/** @type {keyof typeof STAGES} */ (stage)] : "stageEncode";
  return state === "playable" ? tell("playableStage", { stage: tell(known) }) : tell(known);
}

/** @param {{lesson: Lesson, again: () => Promise<void>}} props */
function Failure({ lesson, again }) {
  const failure = /** @type {NonNullable<Lesson["failure"]>} */ (lesson.failure);
  const retry = async () => {
    try {
      await ask("POST", `/v1/assets/${lesson.id}/retry`);
    } catch (error) {
      toast(inLanguage(problemOf(error).message));
    }
    await again();
  };
  return html`<${Callout} mood="bad" role="alert">
    <p>${inLanguage(failure.message)} <code>${failure.code}</code></p>
    <p>${tell(failure.plays_on ? "failedPlaysOn" : "failedAdvice")}</p>
    <div class="actions"><${Button} icon="rotate-cw" onClick=${() => void retry()}>${say("retry")}<//></div>
  <//>`;
}
