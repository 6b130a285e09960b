import assert from "node:assert/strict";
import { test } from "node:test";

import { contrast, contrastOf, inkOn, isColour, LEAST_CONTRAST, pageColours, readable } from "../../media_service/studio/static/pure/colours.js";

test("contrast is that of WCAG", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
  assert.equal(inkOn("#ffff00"), "#000000");
  assert.equal(inkOn("#800000"), "#ffffff");
});

test("a colour that cannot be read leads to the nearest that can", () => {
  for (const [accent, look] of /** @type {const} */ ([
    ["#ffcc00", "light"],
    ["#1c5fd0", "dark"],
    ["#000000", "dark"],
    ["#ffffff", "light"],
  ])) {
    assert.ok(contrastOf(accent, look) < LEAST_CONTRAST);
    assert.ok(contrastOf(readable(accent, look), look) >= LEAST_CONTRAST);
  }
  assert.equal(readable("#1c5fd0", "light"), "#1c5fd0");
});

test("a page has colours where none are chosen", () => {
  const none = { accent: null, accent_dark: null, header: null };
  assert.equal(pageColours(none, "light").accent, "#1c5fd0");
  assert.equal(pageColours({ ...none, accent: "#a4161a" }, "dark").accent, readable("#a4161a", "dark"));
  assert.equal(pageColours({ ...none, header: "#a4161a" }, "dark").onBand, "#ffffff");
  assert.equal(pageColours({ ...none, accent: "#a4" }, "light").accent, "#1c5fd0");
  assert.ok(!isColour("#a4161") && !isColour("red") && isColour("#A4161a"));
});
