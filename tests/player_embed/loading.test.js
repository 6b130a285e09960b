import assert from "node:assert/strict";
import { test } from "node:test";

import { BUFFER_AHEAD, afterHlsError, hlsConfig } from "../../player_embed/static/pure/loading.js";
import { answers } from "./answers.js";

test("little is loaded of a page that nobody plays, and a clip is kept whole", () => {
  const video = hlsConfig({ whole: false, start: 5 });
  assert.equal(video.startPosition, 5);
  assert.equal(video.maxMaxBufferLength, BUFFER_AHEAD.idle);
  assert.ok(video.capLevelToPlayerSize && Number.isFinite(video.backBufferLength));
  const clip = hlsConfig({ whole: true, start: 0, bandwidth: 1e6 });
  assert.ok(!clip.capLevelToPlayerSize);
  assert.equal(clip.backBufferLength, Infinity);
  assert.equal(clip.abrEwmaDefaultEstimate, 1e6);
});

test("hls.js tries again by itself, recovers its media twice, and is stopped by a refusal", () => {
  const network = { fatal: false, type: "networkError", details: "fragLoadError" };
  const media = { fatal: true, type: "mediaError", details: "bufferAppendError" };
  const problem = { code: "token_not_allowed", message: { zh: "不", en: "no" } };
  const refusal = { ...network, response: { code: 403 }, networkDetails: { response: JSON.stringify(problem) } };
  const incompatible = "manifestIncompatibleCodecsError";
  answers(afterHlsError, [
    [[network, 0], "ignore"],
    [[{ ...network, response: { code: 500 } }, 0], "ignore"],
    [[{ ...network, fatal: true }, 0], { status: 0, problem: null, kind: "network" }],
    [[{ ...network, fatal: true, details: "manifestParsingError" }, 0], { status: 0, problem: null, kind: "media" }],
    [[refusal, 0], { status: 403, problem, kind: "network" }],
    [[{ ...refusal, networkDetails: null }, 0], { status: 403, problem: null, kind: "network" }],
    [[media, 1], "recover"],
    [[media, 2], { status: 0, problem: null, kind: "media" }],
    [[{ ...media, details: incompatible }, 0], { status: 0, problem: null, kind: "unsupported" }],
  ]);
});
