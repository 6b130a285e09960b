/**
 * Charts of our own: an SVG that is read along by the arrow keys, with its table behind a button and a file for spreadsheets.
 *
 * What has the keys is a slider that moves along the points: of all roles it alone lets arrow keys through to the page in every reader of the
 * screen, and its value is read out politely as it changes.
 */
import { language } from "../language.js";
import { aloneOf, barsOf, groundOf, lineOf, movedTo, named, nearest, placeOf, scaleOf, thinned } from "../pure/charts.js";
import { toCsv } from "../pure/csv.js";
import { html, useEffect, useId, useRef, useSignal } from "../vendor/ui.js";
import { Button } from "./button.js";
import { CHART_TEXTS } from "./chart-texts.js";
import { saveFile } from "./saving-file.js";
import { speaker } from "../language.js";
/** @import { Child } from "../vendor/ui.js" */

const tell = speaker(CHART_TEXTS);
const BOX = { width: 1000, height: 240 };

/** Room that a name below the axis needs. */
const NAME_PX = 88;

/**
 * A point: `name` is read, `short` stands below the axis; `value` null is unknown.
 * @typedef {{name: string, short: string, value: number | null}} Point
 */

/**
 * @param {object} props
 * @param {string} props.title
 * @param {string} props.along What the points stand for, such as the day.
 * @param {string} props.amount What their values are, such as views.
 * @param {readonly Point[]} props.points
 * @param {(value: number) => string} props.format
 * @param {string} props.file Name of the table that is saved, without its ending.
 * @param {"line" | "bars"} [props.kind]
 * @param {boolean} [props.whole] Values are whole numbers.
 * @param {number} [props.top] End of the axis, if it is not that of the values.
 * @param {(some: readonly Point[]) => Point} [props.join] Puts neighbours together where there are more than can be drawn.
 * @param {number | null} [props.mark] A point that is marked, as where the player stands.
 * @param {((at: number) => void) | undefined} [props.onChoose] Enter or a click on a point.
 * @param {Child} [props.aside]
 */
export function Chart({ title, along, amount, points, format, file, kind = "line", whole = false, top, join, mark = null, onChoose, aside }) {
  const asTable = useSignal(false);
  const id = useId();
  const drawn = thinned(points, join ?? ((some) => some[0]));
  const save = () =>
    saveFile(
      `${file}.csv`,
      "text/csv",
      toCsv(
        [along, amount],
        points.map(({ name, value }) => [name, value]),
      ),
    );
  return html`<figure class="chart" aria-labelledby=${id}>
    <figcaption class="chart-head">
      <h3 id=${id}>${title}</h3>
      <div class="actions">
        ${aside}
        <${Button} kind="quiet" icon="list" aria-pressed=${String(asTable.value)} onClick=${() => (asTable.value = !asTable.value)}
          >${tell("asTable")}<span class="unseen"> ${title}</span><//
        >
        <${Button} kind="quiet" icon="download" onClick=${save}>${tell("save")}<span class="unseen"> ${title}</span><//>
      </div>
    </figcaption>
    ${asTable.value
      ? html`<${Figures} title=${title} along=${along} amount=${amount} points=${points} format=${format} />`
      : html`<${Plot} title=${title} points=${drawn} format=${format} kind=${kind} whole=${whole} top=${top} mark=${mark} onChoose=${onChoose} />`}
  </figure>`;
}

/** @param {{title: string, points: readonly Point[], format: (value: number) => string, kind: "line" | "bars", whole: boolean, top: number | undefined, mark: number | null, onChoose: ((at: number) => void) | undefined}} props */
function Plot({ title, points, format, kind, whole, top, mark, onChoose }) {
  const at = useSignal(Math.max(0, points.length - 1));
  const shown = useSignal(false);
  const surface = useRef(/** @type {HTMLElement | null} */ (null));
  const width = useSignal(600);
  useEffect(() => {
    if (!surface.current) return undefined;
    const observer = new ResizeObserver(([entry]) => (width.value = entry.contentRect.width));
    observer.observe(surface.current);
    return () => observer.disconnect();
  }, []);
  if (points.length === 0) return html`<p class="hint">${tell("nothing")}</p>`;
  const values = points.map(({ value }) => value);
  const scale = top === undefined ? scaleOf(Math.max(0, ...values.map((value) => value ?? 0)), whole) : { ...scaleOf(top), top };
  const box = { ...BOX, top: scale.top };
  const here = Math.min(at.value, points.length - 1);
  const middle = (/** @type {number} */ point) => (kind === "bars" ? (point + 0.5) / points.length : placeOf(point, points.length));
  const said = (/** @type {Point} */ { name, value }) => `${name}${language.value === "zh" ? "：" : ": "}${value === null ? tell("unknown") : format(value)}`;
  const press = (/** @type {KeyboardEvent} */ event) => {
    const to = movedTo(event.key, here, points.length);
    if (to !== null) {
      event.preventDefault();
      at.value = to;
      shown.value = true;
    } else if (event.key === "Enter" && onChoose) onChoose(here);
    else if (event.key === "Escape") shown.value = false;
  };
  const point = (/** @type {PointerEvent & {currentTarget: HTMLElement}} */ { clientX, currentTarget }) => {
    const { left, width: wide } = currentTarget.getBoundingClientRect();
    at.value = nearest((clientX - left) / wide, points.length, kind);
    shown.value = true;
  };
  const value = points[here].value;
  const place = { insetInlineStart: `${100 * middle(here)}%`, insetBlockEnd: `${100 * Math.min(1, (value ?? 0) / scale.top)}%` };
  return html`<div class="chart-body">
    <ol class="chart-scale" aria-hidden="true">
      ${scale.marks.map((each) => html`<li key=${each} style=${{ insetBlockEnd: `${(100 * each) / scale.top}%` }}>${format(each)}</li>`)}
    </ol>
    <div
      class="chart-surface"
      ref=${surface}
      role="slider"
      tabindex="0"
      aria-label=${`${title}${language.value === "zh" ? "。" : ". "}${tell(onChoose ? "keysChoose" : "keys")}`}
      aria-orientation="horizontal"
      aria-valuemin="1"
      aria-valuemax=${points.length}
      aria-valuenow=${here + 1}
      aria-valuetext=${said(points[here])}
      onKeyDown=${press}
      onFocus=${() => (shown.value = true)}
      onBlur=${() => (shown.value = false)}
      onPointerMove=${point}
      onPointerDown=${point}
      onPointerLeave=${() => (shown.value = document.activeElement === surface.current)}
      onClick=${() => onChoose?.(here)}
    >
      <svg viewBox=${`0 0 ${BOX.width} ${BOX.height}`} preserveAspectRatio="none" aria-hidden="true">
        ${scale.marks.map((each) => {
          const y = BOX.height * (1 - each / scale.top);
          return html`<line key=${each} class="chart-rule" x1="0" x2=${BOX.width} y1=${y} y2=${y} />`;
        })}
        ${kind === "bars"
          ? barsOf(values, box).map((bar, number) => html`<rect key=${number} class="chart-bar" ...${bar} data-here=${shown.value && number === here ? "" : null} />`)
          : html`<path class="chart-ground" d=${groundOf(values, box)} /><path class="chart-line" d=${lineOf(values, box)} />`}
      </svg>
      ${kind === "line" && aloneOf(values).map((each) => html`<i key=${each} class="chart-alone" style=${{ insetInlineStart: `${100 * middle(each)}%`, insetBlockEnd: `${100 * Math.min(1, (values[each] ?? 0) / scale.top)}%` }}></i>`)}
      ${mark !== null && html`<i class="chart-mark" style=${{ insetInlineStart: `${100 * mark}%` }}></i>`}
      ${shown.value &&
      html`<i class="chart-here" style=${{ insetInlineStart: place.insetInlineStart }}></i>
        ${kind === "line" && value !== null && html`<i class="chart-dot" style=${place}></i>`}
        <p class="chart-said" data-side=${middle(here) > 0.5 ? "before" : "after"} style=${{ insetInlineStart: place.insetInlineStart }}>
          ${said(points[here])}
        </p>`}
    </div>
    <ol class="chart-names" aria-hidden="true">
      ${named(points.length, Math.max(2, Math.floor(width.value / NAME_PX))).map(
        (each, number, all) =>
          html`<li key=${each} data-end=${number === 0 ? "first" : number === all.length - 1 ? "last" : null} style=${{ insetInlineStart: `${100 * middle(each)}%` }}>
            ${points[each].short}
          </li>`,
      )}
    </ol>
  </div>`;
}

/** @param {{title: string, along: string, amount: string, points: readonly Point[], format: (value: number) => string}} props */
function Figures({ title, along, amount, points, format }) {
  return html`<div class="chart-table" tabindex="0" role="region" aria-label=${tell("tableOf", { title })}>
    <table>
      <thead>
        <tr><th scope="col">${along}</th><th scope="col">${amount}</th></tr>
      </thead>
      <tbody>
        ${points.map(
          ({ name, value }) => html`<tr key=${name}><th scope="row">${name}</th><td>${value === null ? "–" : format(value)}</td></tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
