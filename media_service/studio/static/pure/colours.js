/** Colours of a library: whether what is written in them can be read. The same rules as the service has (`library/colours.py`). */

/** WCAG 2.2, 1.4.3. */
export const LEAST_CONTRAST = 4.5;

/** Panels and pages on which links stand, what is written on the accent, and how much of it is in the ground of what is chosen. */
const LOOKS = {
  light: { grounds: ["#ffffff", "#f5f6f8"], written: "#ffffff", panel: "#ffffff", tint: 0.08, away: "#000000", accent: "#1c5fd0", ink: "#1a2130", soft: "#48546a" },
  dark: { grounds: ["#0e1218", "#171c26"], written: "#06121f", panel: "#171c26", tint: 0.14, away: "#ffffff", accent: "#7db4ff", ink: "#f4f6fb", soft: "#c2cad9" },
};
const STEPS = 50;

/** @typedef {"light" | "dark"} Look */

/** Whether this is a colour as the service takes it. @param {string} text */
export function isColour(text) {
  return /^#[0-9a-f]{6}$/i.test(text);
}

/**
 * The contrast of two colours, from 1 to 21.
 * @param {string} one
 * @param {string} other
 */
export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/**
 * The least contrast that an accent has on any of its grounds.
 * @param {string} accent
 * @param {Look} look
 */
export function contrastOf(accent, look) {
  const { grounds, written } = LOOKS[look];
  return Math.min(...[...grounds, tintOf(accent, look), written].map((ground) => contrast(accent, ground)));
}

/**
 * The accent as it can be read: itself, or the nearest that is darker, on dark grounds lighter.
 * @param {string} accent
 * @param {Look} look
 */
export function readable(accent, look) {
  for (let step = 0; step <= STEPS; step += 1) {
    const tried = mix(accent, LOOKS[look].away, step / STEPS);
    if (contrastOf(tried, look) >= LEAST_CONTRAST) return tried;
  }
  return LOOKS[look].away;
}

/** Black or white, whichever is read better on this ground. @param {string} ground */
export function inkOn(ground) {
  return contrast("#000000", ground) >= contrast("#ffffff", ground) ? "#000000" : "#ffffff";
}

/**
 * The ground of what is chosen.
 * @param {string} accent
 * @param {Look} look
 */
export function tintOf(accent, look) {
  return mix(LOOKS[look].panel, accent, LOOKS[look].tint);
}

/**
 * Colours of a page of the library, where its organization has chosen some and where it has not.
 * @param {{accent: string | null, accent_dark: string | null, header: string | null}} chosen
 * @param {Look} look
 */
export function pageColours({ accent, accent_dark: dark, header }, look) {
  const { grounds, panel, ink, soft, written, accent: usual } = LOOKS[look];
  const wanted = look === "dark" && dark !== null ? dark : accent;
  // One that cannot be read is not saved, so it is not shown either.
  const shown = wanted !== null && isColour(wanted) ? readable(wanted, look) : usual;
  const band = header !== null && isColour(header) ? header : panel;
  return {
    ground: grounds.find((each) => each !== panel) ?? panel,
    panel,
    ink,
    soft,
    accent: shown,
    chosen: tintOf(shown, look),
    written,
    band,
    onBand: band === panel ? ink : inkOn(band),
  };
}

/**
 * @param {string} one
 * @param {string} other
 * @param {number} share
 */
function mix(one, other, share) {
  const [a, b] = [channels(one), channels(other)];
  return `#${a.map((value, at) => even(value + (b[at] - value) * share).toString(16).padStart(2, "0")).join("")}`;
}

/** A half goes to the even one, as it does in Python. @param {number} value */
function even(value) {
  const down = Math.floor(value);
  if (value - down !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}

/** @param {string} colour */
function channels(colour) {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

/** @param {string} colour */
function luminance(colour) {
  const [red, green, blue] = channels(colour).map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
