import assert from "node:assert/strict";
import { test } from "node:test";
import { messageOf } from "../../player_embed/static/pure/movies.js";

test("of what a movie's frame says only what is known is heard", () => {
  for (const said of ["ready", "shown", "failed", "left"]) assert.equal(messageOf({ movie: said }), said);
  for (const data of [null, undefined, "left", 3, {}, { movie: "opened" }, { movie: ["left"] }, { movie: "constructor" }]) assert.equal(messageOf(data), null);
});
