"""Players that others wrote play a ready lesson by its multivariant playlist, or by its DASH manifest."""

from __future__ import annotations

import subprocess
from typing import Any

import imageio_ffmpeg
import pytest
from npm import npm_file
from partner_site import Partner, partner
from playwright.sync_api import Page
from watching import DECODED, TIME, wait_for

__all__ = ["partner"]

pytestmark = [pytest.mark.browser, pytest.mark.integration]

START = {
    "hls.js": "const hls = new Hls(); hls.loadSource(url); hls.attachMedia(video); void video.play();",
    "shaka-player": """shaka.polyfill.installAll();
      const player = new shaka.Player();
      player.configure('streaming.preferNativeHls', false);
      player.attach(video).then(() => player.load(url)).then(() => video.play());""",
    "video.js": """const player = videojs(video, {html5: {vhs: {overrideNative: true}}, muted: true});
      player.src({src: url, type: 'application/x-mpegURL'});
      player.ready(() => player.play());""",
    "dashjs": "dashjs.MediaPlayer().create().initialize(video, url, true);",
}
"""How each is told to play ``url`` in ``video``, without the browser's own HLS."""

SCRIPTS = {
    "hls.js": "dist/hls.min.js",
    "shaka-player": "dist/shaka-player.compiled.js",
    "video.js": "dist/video.min.js",
    "dashjs": "dist/modern/umd/dash.all.min.js",
}


def _manifest(lesson: dict[str, Any], kind: str = "manifest_url") -> str:
    address: str = lesson["playback_ids"][0][kind]
    return address


def _play(page: Page, partner: Partner, name: str, lesson: dict[str, Any]) -> None:
    partner.show(page, "<video muted playsinline width=640></video>")
    page.add_script_tag(path=npm_file(name, SCRIPTS[name]))
    page.evaluate(
        f"(url) => {{ const video = document.querySelector('video'); {START[name]} }}",
        _manifest(lesson, "dash_url" if name == "dashjs" else "manifest_url"),
    )
    wait_for(page, f"{TIME} > 2")


@pytest.mark.parametrize("name", START)
def test_in_the_browser(name: str, page: Page, partner: Partner, lessons: dict[str, dict[str, Any]]) -> None:
    _play(page, partner, name, lessons["film"])
    figures = page.evaluate(DECODED)
    assert figures["frames"] > 25 and figures["sound"] > 4000
    page.evaluate("document.querySelector('video').currentTime = 22")
    wait_for(page, "document.querySelector('video').ended")
    assert page.evaluate(TIME) > 23.9


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == "hls.js" else pytest.mark.long) for name in START]
)
def test_longer_than_a_minute(
    name: str, page: Page, partner: Partner, lessons: dict[str, dict[str, Any]]
) -> None:
    _play(page, partner, name, lessons["long"])
    page.evaluate("document.querySelector('video').playbackRate = 8")
    wait_for(page, "document.querySelector('video').ended")
    assert page.evaluate(TIME) > 74.5
    # Five pictures a second; at eight times the speed some are not shown, but none may be missing for long.
    assert page.evaluate(DECODED)["frames"] > 75 * 5 * 0.6


@pytest.mark.parametrize("name", START)
def test_into_the_middle_of_a_long_segment(
    name: str, page: Page, partner: Partner, lessons: dict[str, dict[str, Any]]
) -> None:
    """Nothing moves there; from 12 s on segments are of 12 s."""
    _play(page, partner, name, lessons["pages"])
    page.evaluate("document.querySelector('video').currentTime = 33")
    wait_for(page, f"{TIME} > 34")
    page.evaluate("document.querySelector('video').currentTime = 17")
    wait_for(page, f"{TIME} > 18 && {TIME} < 30")
    page.evaluate("document.querySelector('video').currentTime = 38")
    wait_for(page, "document.querySelector('video').ended")
    assert page.evaluate(TIME) > 40.9


def test_ffmpeg(lessons: dict[str, dict[str, Any]]) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-i", _manifest(lessons["film"])]
    command += ["-map", "0:v:0", "-map", "0:a:0", "-f", "framemd5", "-"]
    # What it says of the variants that it opened and then left in the middle is no fault of theirs.
    decoded = subprocess.run(command, capture_output=True, timeout=60, check=True)
    streams = [line.split(b",")[0] for line in decoded.stdout.splitlines() if not line.startswith(b"#")]
    assert streams.count(b"0") == 24 * 25
    assert streams.count(b"1") >= 24 * 46


@pytest.mark.parametrize(
    ("name", "kind", "pictures"), [("loop", "manifest_url", 20), ("film", "dash_url", 24 * 25)]
)
def test_gstreamer(lessons: dict[str, dict[str, Any]], name: str, kind: str, pictures: int) -> None:
    command = ["gst-launch-1.0", "-v", "playbin", f"uri={_manifest(lessons[name], kind)}"]
    command += ["audio-sink=fakesink", "video-sink=fakesink silent=false"]
    played = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert played.returncode == 0, played.stderr.decode()
    assert b"Got EOS from element" in played.stdout
    assert played.stdout.count(b"last-message = chain") == pictures
