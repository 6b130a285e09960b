/**
 * The course as it plays. Who looks after it sees it before others do: the session opens the page, and each lesson that the player comes to
 * gets its token from here.
 */
import { ask, Refusal } from "../../api.js";
import { Button } from "../../components/button.js";
import { Section } from "../../components/section.js";
import { language, speaker } from "../../language.js";
import { issueToken, opened, playedBy } from "../../playing.js";
import { html, useEffect, useRef, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Course } from "./types" */

const tell = speaker(TEXTS);
const VERSION = 1;

/** @param {{course: Course}} props */
export function Preview({ course }) {
  const address = useSignal("");
  const first = course.items.find(({ state }) => state === "ready" || state === "playable");
  const what = `${course.public_id} ${course.items.map(({ asset_id: id }) => id).join()} ${course.effective_visibility}`;
  // What is shown is not what it has become.
  useEffect(() => {
    address.value = "";
  }, [what]);
  const show = async () => {
    if (!first) return;
    try {
      const { data } = await ask("GET", `/v1/assets/${first.asset_id}`);
      const id = playedBy(data)?.id;
      if (id) address.value = opened(`/embed/courses/${course.public_id}?preview=1&lang=${language.peek()}&lesson=${id}`, await issueToken(id));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  };
  return html`<${Section} name="preview" title=${tell("preview")} hint=${tell(first ? "previewHint" : "previewNone")}>
    ${first && !address.value && html`<div class="actions"><${Button} icon="eye" onClick=${() => void show()}>${tell("previewOpen")}<//></div>`}
    ${address.value && html`<${Frame} key=${address.value} address=${address.value} title=${course.title} />`}
  <//>`;
}

/** @param {{address: string, title: string}} props */
function Frame({ address, title }) {
  const frame = useRef(/** @type {HTMLIFrameElement | null} */ (null));
  useEffect(() => {
    const tried = new Set();
    const post = (/** @type {object} */ message) =>
      frame.current?.contentWindow?.postMessage({ lessonstream: VERSION, ...message }, location.origin);
    const bring = (/** @type {string} */ id) =>
      void issueToken(id).then(
        (token) => post({ type: "token", token }),
        () => undefined,
      );
    const hear = (/** @type {MessageEvent} */ { source, origin, data }) => {
      if (source !== frame.current?.contentWindow || origin !== location.origin || data?.lessonstream !== VERSION) return;
      const { playbackId: id, error } = data.state ?? {};
      if (data.name === "tokenexpiring" && id) bring(id);
      else if (error && id && !tried.has(id)) {
        tried.add(id);
        bring(id);
      } else if (!error) tried.delete(id);
    };
    const greet = () => post({ type: "hello" });
    window.addEventListener("message", hear);
    frame.current?.addEventListener("load", greet);
    return () => window.removeEventListener("message", hear);
  }, []);
  return html`<iframe class="course-player" ref=${frame} src=${address} title=${tell("playerOf", { name: title })} allow="fullscreen; picture-in-picture; autoplay"></iframe>`;
}
