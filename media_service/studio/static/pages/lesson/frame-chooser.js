/** Chooses a frame: quick previews while one moves along the lesson, the frame itself where one stops. */
import { Button } from "../../components/button.js";
import { Dialog } from "../../components/dialog.js";
import { say, speaker } from "../../language.js";
import { stepped } from "../../pure/frames.js";
import { cueAt, parseStoryboard } from "../../pure/storyboard.js";
import { formatTime } from "../../pure/times.js";
import { html, useEffect, useId, useSignal } from "../../vendor/ui.js";
import { playerTime } from "./player.js";
import { TEXTS } from "./texts.js";
import { opened } from "../../playing.js";
/** @import { Lesson } from "./types" */

const tell = speaker(TEXTS);

/** Frames are made one by one, and no more than thirty a minute. */
const REST_MS = 450;

/** @param {{lesson: Lesson, token: string, begin: number | null, onChoose: (time: number) => Promise<void>, onClose: () => void}} props */
export function FrameChooser({ lesson, token, begin, onChoose, onClose }) {
  const duration = lesson.duration ?? 0;
  const rate = lesson.frame_rate ?? 25;
  const time = useSignal(playerTime.peek() > 0 ? playerTime.peek() : (begin ?? 0));
  const rested = useSignal(/** @type {number | null} */ (time.peek()));
  const drawn = useSignal(/** @type {number | null} */ (null));
  const cues = useSignal(/** @type {ReturnType<typeof parseStoryboard>} */ ([]));
  const id = useId();
  const storyboard = lesson.images["storyboard"];
  useEffect(() => {
    if (!storyboard) return;
    const address = new URL(opened(storyboard, token), location.origin);
    fetch(address)
      .then((answer) => (answer.ok ? answer.text() : ""))
      .then((text) => {
        cues.value = parseStoryboard(text, address.href);
      })
      // Without previews the frames themselves are enough.
      .catch(() => undefined);
  }, [storyboard]);
  useEffect(() => {
    const timer = setTimeout(() => {
      rested.value = time.value;
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [time.value]);
  const move = (/** @type {number} */ to) => {
    time.value = Math.min(Math.max(0, to), Math.max(0, duration - 1 / rate));
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    const to = stepped(event.key, event.shiftKey, time.value, { duration, rate });
    if (to === null) return;
    event.preventDefault();
    move(to);
  };
  const cue = cueAt(cues.value, time.value);
  const shown = rested.value;
  const exact = shown !== null && lesson.images["thumbnail"] && `${opened(lesson.images["thumbnail"], token)}${token ? "&" : "?"}time=${shown.toFixed(3)}&width=640`;
  return html`<${Dialog} title=${tell("frameTitle")} onClose=${onClose}>
    <div class="frame" style=${{ aspectRatio: `${lesson.width ?? 16} / ${lesson.height ?? 9}` }}>
      ${cue && html`<${Tile} cue=${cue} />`}
      ${exact &&
      html`<img
        key=${exact}
        src=${exact}
        alt=${tell("frameAlt", { time: formatTime(shown) })}
        data-here=${drawn.value === time.value ? "" : null}
        onLoad=${() => (drawn.value = shown)}
      />`}
    </div>
    <div class="field">
      <label for=${id}>${tell("frameTime", { time: precise(time.value) })}</label>
      <p class="hint" id=${`${id}-hint`}>${tell("frameHint")}</p>
      <input
        id=${id}
        type="range"
        min="0"
        max=${duration}
        step=${1 / rate}
        value=${time.value}
        aria-valuetext=${precise(time.value)}
        aria-describedby=${`${id}-hint`}
        onKeyDown=${press}
        onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => move(currentTarget.valueAsNumber)}
      />
    </div>
    <div class="actions">
      <${Button} onClick=${() => move(time.value - 1 / rate)}>${tell("frameBack")}<//>
      <${Button} onClick=${() => move(time.value + 1 / rate)}>${tell("frameNext")}<//>
    </div>
    <div class="actions">
      <${Button}
        kind="main"
        icon="check"
        onClick=${() => {
          onClose();
          void onChoose(Math.round(time.value * 1000) / 1000);
        }}
        >${tell("frameTake")}<//
      >
      <${Button} onClick=${onClose}>${say("cancel")}<//>
    </div>
  <//>`;
}

/** One tile of the storyboard's sheet, as large as its place. @param {{cue: ReturnType<typeof parseStoryboard>[0]}} props */
function Tile({ cue }) {
  return html`<svg class="frame-tile" viewBox=${`${cue.x} ${cue.y} ${cue.width} ${cue.height}`} preserveAspectRatio="none" aria-hidden="true">
    <image href=${cue.url} />
  </svg>`;
}

/** @param {number} seconds */
function precise(seconds) {
  return `${formatTime(seconds)}.${String(Math.floor((seconds % 1) * 100)).padStart(2, "0")}`;
}
