import assert from "node:assert/strict";
import { test } from "node:test";

import { faultThere, originAway, playedThere, refusedThere } from "../../player_embed/static/pure/origin.js";

const STATUS = "https://province.example/embed/abc/status?token=t";
const OURS = /** @type {any} */ ({ playback_id: "ours", title: "Ours", poster_url: "/v/ours/poster.jpg", options: {}, status_url: "/embed/ours/status", study_url: "/v/ours/study" });
const THEIRS = {
  title: "<b>Theirs</b>",
  kind: "video",
  state: "ready",
  version_id: "v1",
  manifest_url: "/v/abc/v1.m3u8?token=t",
  poster_url: "/v/abc/poster.jpg?token=t",
  storyboard_url: "/v/abc/storyboard.vtt?token=t",
  movie_url: "/v/abc/v1/movie.swf?token=t",
  beats_url: "/v/abc/beats?token=t",
  views_url: "/v/abc/views?token=t",
  study_url: "/v/abc/study?token=t",
  duration: 12.5,
  width: 640,
  height: 360,
  loop: false,
  tracks: [{ kind: "captions", language: "zh", label: "中文", url: "/v/abc/v1/tracks/x.vtt?token=t" }],
};

test("what plays there has its addresses, and our name and poster", () => {
  const page = playedThere(THEIRS, STATUS, OURS);
  assert.equal(page?.manifest_url, "https://province.example/v/abc/v1.m3u8?token=t");
  assert.equal(page?.movie_url, "https://province.example/v/abc/v1/movie.swf?token=t");
  assert.equal(page?.beats_url, "https://province.example/v/abc/beats?token=t");
  assert.deepEqual([page?.title, page?.poster_url, page?.status_url, page?.study_url], ["Ours", "/v/ours/poster.jpg", "/embed/ours/status", null]);
  assert.equal(page?.tracks[0]?.url, "https://province.example/v/abc/v1/tracks/x.vtt?token=t");
});

test("another platform cannot lead elsewhere, nor say what makes no sense", () => {
  for (const manifest of ["https://evil.example/x.m3u8", "//evil.example/x", "javascript:alert(1)", 7, null, undefined]) {
    assert.equal(playedThere({ ...THEIRS, manifest_url: manifest }, STATUS, OURS), null);
  }
  for (const told of [null, "x", [], {}, { ...THEIRS, state: "processing" }, { ...THEIRS, kind: "script" }]) assert.equal(playedThere(told, STATUS, OURS), null);
  const odd = playedThere({ ...THEIRS, duration: "9", width: -1, loop: "yes", beats_url: "https://evil.example/b", movie_url: "//evil.example/m.swf", tracks: [{ kind: "script", url: "/x" }, null, { kind: "chapters", url: "https://evil.example" }] }, STATUS, OURS);
  assert.deepEqual([odd?.duration, odd?.width, odd?.loop, odd?.beats_url, odd?.movie_url, odd?.tracks], [null, null, false, null, null, []]);
});

test("who does not answer, and who refuses, is called by name in both languages", () => {
  const away = originAway("省平台");
  assert.equal(away.code, "origin_away");
  assert.ok(away.retry && away.message?.zh.includes("省平台") && away.message?.en.includes("省平台"));
  assert.equal(refusedThere(403, null, "x").code, "origin_refused");
  assert.equal(refusedThere(401, { code: "token_expired" }, "x").code, "token_expired");
  assert.equal(refusedThere(503, null, "x").code, "origin_away");
  assert.equal(faultThere({ code: "network", retry: true }, "x").code, "origin_away");
  assert.equal(faultThere({ code: "token_not_allowed", retry: false, status: 403 }, "x").code, "origin_refused");
  assert.equal(faultThere({ code: "media", retry: true, status: 0 }, "x").code, "media");
});
