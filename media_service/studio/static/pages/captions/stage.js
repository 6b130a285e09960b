/** The player, what is read at the moment as it would be seen, and what moves the player. */
import { Button } from "../../components/button.js";
import { language, speaker } from "../../language.js";
import { shownTime } from "../../pure/cue-times.js";
import { html, useComputed, useEffect, useRef } from "../../vendor/ui.js";
import { issueToken, opened, playedBy, useToken } from "../../playing.js";
import { TEXTS } from "./texts.js";
/** @import { Lesson } from "../lesson/types" */
/** @import { Desk } from "./types" */

const tell = speaker(TEXTS);

/** @param {{desk: Desk, lesson: Lesson, tongue: string}} props */
export function Stage({ desk, lesson, tongue }) {
  const { clock, editing } = desk;
  const token = useToken(lesson);
  const id = playedBy(lesson);
  const shown = useComputed(() => {
    const now = clock.time.value;
    return editing.cues.value.filter(({ start, end }) => start <= now && now < end).map(({ text }) => text.replaceAll(/<[^>]*>/g, "")).join("\n");
  });
  const time = useComputed(() => shownTime(Math.floor(clock.time.value / 100) * 100).slice(0, -2));
  return html`<div class="desk-stage">
    ${id && token !== null ? html`<${Frame} key=${id.id} desk=${desk} lesson=${lesson} id=${id.id} token=${token} />` : html`<div class="desk-player"></div>`}
    <p class="desk-line" lang=${tongue} dir="auto">${shown.value || html`<span class="desk-silence">${tell("preview")}</span>`}</p>
    <div class="desk-transport">
      <${Button} kind="quiet" title=${tell("back")} onClick=${() => desk.act("back")}>${tell("backShort")}<//>
      <${Button} icon=${clock.playing.value ? "pause" : "play"} label=${tell(clock.playing.value ? "pause" : "play")} onClick=${() => desk.act("play")} />
      <${Button} kind="quiet" title=${tell("forward")} onClick=${() => desk.act("forward")}>${tell("forwardShort")}<//>
      <output class="desk-time">${time.value}</output>
    </div>
  </div>`;
}

/** @param {{desk: Desk, lesson: Lesson, id: string, token: string}} props */
function Frame({ desk, lesson, id, token }) {
  const frame = useRef(/** @type {HTMLIFrameElement | null} */ (null));
  const address = useRef(opened(`/embed/${id}?lang=${language.peek()}&captions=0&preferences=0&resume=0`, token));
  useEffect(() => {
    if (!frame.current) return undefined;
    return desk.clock.follow(frame.current, (name) => {
      if (name === "tokenexpiring") void issueToken(id).then((renewed) => desk.clock.post({ type: "token", token: renewed }));
    });
  }, []);
  return html`<iframe
    class="desk-player"
    ref=${frame}
    src=${address.current}
    title=${tell("playerOf", { name: lesson.title })}
    style=${lesson.kind === "audio" ? { blockSize: "7.5rem", aspectRatio: "auto" } : { aspectRatio: `${lesson.width ?? 16} / ${lesson.height ?? 9}` }}
    allow="fullscreen; picture-in-picture; autoplay"
  ></iframe>`;
}
