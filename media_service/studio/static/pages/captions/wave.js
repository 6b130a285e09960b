/** How loud the lesson is, with its cues, drawn from peaks: nothing is decoded here. */
import { Button } from "../../components/button.js";
import { speaker } from "../../language.js";
import { shownTime } from "../../pure/cue-times.js";
import { columnsOf, edgeNear, follow } from "../../pure/waveform.js";
import { effect, html, signal, useEffect, useRef, useSignal } from "../../vendor/ui.js";
import { TEXTS } from "./texts.js";
/** @import { Edge } from "../../pure/waveform.js" */
/** @import { Desk, Peaks } from "./types" */

/** @typedef {PointerEvent & {currentTarget: HTMLElement}} Pointed */

const tell = speaker(TEXTS);
const MARKS = [500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 600_000];
const SPANS = [4000, 8000, 15_000, 30_000, 60_000, 180_000, 600_000, 1_800_000];
/** How near to an edge of the cue in hand a pointer takes hold of it, in CSS pixels: fingers are wide. */
const NEAR = { mouse: 6, pen: 10, touch: 18 };
/** How short an edge can make a cue, in milliseconds. */
const LEAST_MS = 100;
const STEPS = /** @type {Record<string, number>} */ ({ ArrowLeft: -1000, ArrowRight: 1000, ArrowDown: -1000, ArrowUp: 1000, PageDown: -10_000, PageUp: 10_000 });

/** How many milliseconds are seen: as it was left for the next time. */
const zoom = signal(2);

/** @param {{desk: Desk, peaks: Peaks | null, state: "making" | "silent" | "there"}} props */
export function Wave({ desk, peaks, state }) {
  const { clock, editing } = desk;
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const from = useRef(0);
  const second = useSignal(0);
  const span = () => Math.min(SPANS[zoom.value], Math.max(4000, editing.duration));
  useEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    const size = signal(0);
    const look = signal(0);
    const watching = new ResizeObserver(() => {
      size.value = element.clientWidth;
    });
    watching.observe(element);
    const schemes = matchMedia("(prefers-color-scheme: dark)");
    const repaint = () => (look.value += 1);
    schemes.addEventListener("change", repaint);
    const stop = effect(() => {
      void [size.value, look.value];
      const now = clock.time.value;
      from.current = follow(from.current, span(), now, editing.duration);
      paint(element, { from: from.current, span: span(), now, peaks, cues: editing.cues.value, selected: editing.selected.value, warned: editing.warnings.value });
    });
    const tick = clock.time.subscribe((time) => {
      if (Math.floor(time / 1000) !== second.peek()) second.value = Math.floor(time / 1000);
    });
    return () => {
      stop();
      tick();
      watching.disconnect();
      schemes.removeEventListener("change", repaint);
    };
  }, [peaks]);
  const held = useRef(/** @type {Edge | null} */ (null));
  const timeAt = (/** @type {Pointed} */ { currentTarget, clientX }) => {
    const box = currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(editing.duration, from.current + ((clientX - box.left) / box.width) * span()));
  };
  const near = (/** @type {Pointed} */ event) => {
    const cue = editing.cue;
    if (!cue) return null;
    const reach = (NEAR[/** @type {keyof typeof NEAR} */ (event.pointerType)] ?? NEAR.mouse) * (span() / event.currentTarget.clientWidth);
    return edgeNear(cue, timeAt(event), reach, editing.kind === "captions");
  };
  const move = (/** @type {Pointed} */ event) => {
    if (held.current === null) {
      event.currentTarget.toggleAttribute("data-edge", near(event) !== null);
      return;
    }
    const cue = editing.cue;
    const time = Math.round(timeAt(event));
    // Neither edge goes beyond the other one.
    if (cue && held.current === "start") editing.begin(editing.kind === "captions" ? Math.min(time, cue.end - LEAST_MS) : time);
    else if (cue) editing.end(Math.max(time, cue.start + LEAST_MS));
  };
  const letGo = () => {
    held.current = null;
  };
  const point = (/** @type {Pointed} */ event) => {
    held.current = near(event);
    if (held.current) {
      event.currentTarget.setPointerCapture(event.pointerId);
      return;
    }
    const time = timeAt(event);
    clock.seek(time);
    const cue = editing.cues.peek().find(({ start, end }) => start <= time && time < end);
    if (cue) editing.select(cue.key);
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const to = event.key === "Home" ? 0 : event.key === "End" ? editing.duration : event.key in STEPS ? clock.time.peek() + STEPS[event.key] : null;
    if (to === null) return;
    event.preventDefault();
    clock.seek(Math.max(0, Math.min(editing.duration, to)));
  };
  return html`<div class="wave">
    <div
      class="wave-picture"
      role="slider"
      tabindex="0"
      aria-label=${tell("position")}
      aria-valuemin="0"
      aria-valuemax=${Math.floor(editing.duration / 1000)}
      aria-valuenow=${second.value}
      aria-valuetext=${shownTime(second.value * 1000).slice(0, -4)}
      onPointerDown=${point}
      onPointerMove=${move}
      onPointerUp=${letGo}
      onPointerCancel=${letGo}
      onKeyDown=${press}
    >
      <canvas ref=${canvas} aria-hidden="true"></canvas>
    </div>
    <div class="wave-tools">
      <p class="hint">${state === "making" ? tell("peaksMaking") : state === "silent" ? tell("peaksNone") : tell("waveHint")}</p>
      <${Button} kind="quiet" label=${tell("zoomOut")} disabled=${zoom.value >= SPANS.length - 1 || SPANS[zoom.value] >= editing.duration} onClick=${() => (zoom.value += 1)}>−<//>
      <${Button} kind="quiet" label=${tell("zoomIn")} disabled=${zoom.value <= 0} onClick=${() => (zoom.value -= 1)}>+<//>
    </div>
  </div>`;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {object} view
 * @param {number} view.from
 * @param {number} view.span
 * @param {number} view.now
 * @param {Peaks | null} view.peaks
 * @param {readonly import("../../pure/webvtt.js").Cue[]} view.cues
 * @param {number | null} view.selected
 * @param {ReadonlyMap<number, unknown>} view.warned
 */
function paint(canvas, { from, span, now, peaks, cues, selected, warned }) {
  const scale = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const brush = canvas.getContext("2d");
  if (!brush || width === 0) return;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  brush.setTransform(scale, 0, 0, scale, 0, 0);
  brush.clearRect(0, 0, width, height);
  const style = getComputedStyle(canvas);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  const x = (/** @type {number} */ time) => ((time - from) / span) * width;
  const letters = 12;
  const ground = height - letters - 6;
  for (const cue of cues) {
    if (cue.end < from || cue.start > from + span) continue;
    const [left, right] = [x(cue.start), Math.max(x(cue.start) + 2, x(cue.end))];
    brush.fillStyle = colour(cue.key === selected ? "accent-ground" : "line");
    brush.globalAlpha = cue.key === selected ? 1 : 0.6;
    brush.fillRect(left, 0, right - left, ground);
    brush.globalAlpha = 1;
    brush.fillStyle = colour(warned.has(cue.key) ? "warn" : cue.key === selected ? "accent" : "edge-strong");
    brush.fillRect(left, 0, 1.5, ground);
    brush.fillRect(left, ground - 3, Math.max(1, right - left - 1), 3);
    if (cue.key === selected) brush.fillRect(right - 2.5, 0, 1.5, ground);
    if (right - left > 30) {
      brush.save();
      brush.beginPath();
      brush.rect(left + 5, 0, right - left - 8, ground);
      brush.clip();
      brush.fillStyle = colour("ink-soft");
      brush.font = `${letters}px ${style.fontFamily}`;
      brush.textBaseline = "top";
      brush.fillText(cue.text.replaceAll(/<[^>]*>/g, "").replaceAll("\n", " "), left + 5, 4);
      brush.restore();
    }
  }
  if (peaks) {
    const middle = ground / 2 + 6;
    const half = ground / 2 - 10;
    brush.fillStyle = colour("accent");
    for (const [column, loud] of columnsOf(peaks.values, peaks.each, from, from + span, Math.floor(width / 2)).entries()) {
      const tall = Math.max(1, loud * half);
      brush.fillRect(column * 2, middle - tall, 1.4, 2 * tall);
    }
  }
  brush.fillStyle = colour("ink-faint");
  brush.font = `${letters}px ${style.fontFamily}`;
  brush.textBaseline = "bottom";
  const step = MARKS.find((each) => (each / span) * width > 60) ?? span;
  for (let time = Math.ceil(from / step) * step; time < from + span; time += step) {
    brush.fillRect(x(time), ground, 1, 4);
    brush.fillText(shownTime(time).slice(0, step < 1000 ? -2 : -4), x(time) + 3, height);
  }
  brush.fillStyle = colour("bad");
  brush.fillRect(x(now) - 1, 0, 2, height - letters);
}
