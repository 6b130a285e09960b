"""The DASH manifest in Shaka Player, a client that others wrote: played to its end, with sound, captions and tiles."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import imageio_ffmpeg
import pytest
from npm import npm_file
from playwright.sync_api import Page
from support import RunningStack
from watching import TIME, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SECONDS = 9
RATE = 25
CAPTIONS = "WEBVTT\n\n00:00.500 --> 00:08.000\n山高月小\n".encode()
LOAD = """async (url) => {
  const video = document.querySelector('video');
  const player = window.player = new shaka.Player();
  window.errors = [];
  player.addEventListener('error', (event) => errors.push(event.detail.code));
  await player.attach(video);
  await player.load(url);
  await player.selectTextTrack(player.getTextTracks()[0]);
  await video.play();
}"""
SEEN = """async () => {
  const video = document.querySelector('video');
  const tile = await player.getThumbnails(player.getImageTracks()[0].id, 5);
  return {
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
    sound: video.webkitAudioDecodedByteCount,
    duration: video.duration,
    // The manifest's: what getVariantTracks() lists leaves out what drops frames on a slow machine.
    heights: [...new Set(player.getManifest().variants.map(({video}) => video.height))].sort((a, b) => a - b),
    captions: player.getTextTracks().map((track) => [track.language, track.label]),
    tile: [tile.width, tile.height, tile.uris[0]],
    errors,
  };
}"""


@pytest.fixture(scope="module")
def signed(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a portal gets for a signed lesson with captions."""
    path = tmp_path_factory.mktemp("dash") / "film.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error"]
    command += ["-f", "lavfi", "-i", f"testsrc2=s=854x480:r={RATE}:d={SECONDS}"]
    command += ["-f", "lavfi", "-i", f"sine=330:d={SECONDS}"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", str(path)]
    subprocess.run(command, check=True, timeout=60)
    asset_id = stack.wait(stack.upload(path), "ready")["id"]
    assert stack.request("PUT", f"/v1/assets/{asset_id}/tracks/captions/zh-CN", body=CAPTIONS).status == 200
    body = {"policy": "signed"}
    playback = stack.request("POST", f"/v1/assets/{asset_id}/playback-ids", json=body).json()
    answer = stack.request("POST", "/v1/playback-tokens", json={"playback_id": playback["id"]})
    issued: dict[str, Any] = json.loads(answer.data)
    assert issued["dash_url"] == f"{playback['dash_url']}?token={issued['token']}"
    return issued


def test_shaka_plays_to_the_end_with_sound(page: Page, signed: dict[str, Any]) -> None:
    page.set_content("<!doctype html><video crossorigin></video>")
    page.add_script_tag(path=npm_file("shaka-player", "dist/shaka-player.compiled.js"))
    page.evaluate(LOAD, signed["dash_url"])
    wait_for(page, f"{TIME} > 1")
    wait_for(page, "document.querySelector('video').textTracks[0]?.activeCues?.[0]?.text === '山高月小'")
    wait_for(page, "document.querySelector('video').ended")
    seen = page.evaluate(SEEN)
    assert seen["errors"] == []
    assert abs(seen["duration"] - SECONDS) < 0.1
    assert seen["frames"] >= 0.9 * SECONDS * RATE
    assert seen["sound"] > 4000
    assert seen["heights"] == [240, 360, 480]
    assert [language for language, _label in seen["captions"]] == ["zh-CN"]
    width, height, address = seen["tile"]
    assert (width, height) == (160, 90)
    assert f"/t/{signed['token']}/" in address and address.endswith("/storyboard.jpg")
