"""Lessons as AV1 too: in the same multivariant playlist, and played where a browser decodes it with ease."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import imageio_ffmpeg
import m3u8
import pytest
from playwright.sync_api import Page
from support import PATIENCE, SMALL, RunningStack, running_stack
from watching import TIME, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.browser]

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
FRAMES = 75
WITH_EASE = """
    navigator.mediaCapabilities.decodingInfo = async ({ video }) =>
      ({ supported: true, smooth: true, powerEfficient: video.contentType.includes("av01") });
"""


@pytest.fixture(scope="module")
def av1_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    data = tmp_path_factory.mktemp("av1") / "data"
    with running_stack(data, "--port", "0", **SMALL, AV1="on") as running:
        yield running


@pytest.fixture(scope="module")
def lesson(av1_stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Three seconds with sound, as soon as both families are there."""
    path = tmp_path_factory.mktemp("lesson") / "lesson.mp4"
    command = [
        FFMPEG,
        "-nostdin",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=640x360:r=25:d=3",
        "-f",
        "lavfi",
    ]
    command += [
        "-i",
        "sine=330:d=3",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
    ]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    asset_id = av1_stack.wait(av1_stack.upload(path), "ready")["id"]
    deadline = time.monotonic() + PATIENCE
    while True:
        asset: dict[str, Any] = av1_stack.wait(asset_id, "ready")
        if any(rendition["name"].endswith("-av1") for rendition in asset["renditions"]):
            return asset
        assert time.monotonic() < deadline, asset
        time.sleep(0.5)


def test_both_families_are_whole_and_cut_alike(av1_stack: RunningStack, lesson: dict[str, Any]) -> None:
    address = lesson["playback_ids"][0]["manifest_url"]
    deadline = time.monotonic() + PATIENCE
    while True:  # A player that asked a moment ago is answered from memory.
        master = m3u8.loads(av1_stack.request("GET", address, key=None).data.decode())
        if len(master.playlists) == 4 or time.monotonic() > deadline:
            break
    families: dict[str, set[tuple[tuple[float, ...], tuple[int, int]]]] = {"avc1": set(), "av01": set()}
    for variant in master.playlists:
        playlist = urljoin(address, variant.uri)
        segments = m3u8.loads(av1_stack.request("GET", playlist, key=None).data.decode()).segments
        codecs = variant.stream_info.codecs.split(",")
        assert codecs[1:] == ["mp4a.40.2"]
        families[codecs[0][:4]].add(
            (tuple(segment.duration for segment in segments), variant.stream_info.resolution)
        )
        command = [FFMPEG, "-nostdin", "-v", "warning", "-xerror", "-i", playlist, "-f", "framemd5", "-"]
        decoded = subprocess.run(command, capture_output=True, timeout=120, check=False)
        assert (decoded.returncode, decoded.stderr.decode()) == (0, "")
        assert sum(not line.startswith(b"#") for line in decoded.stdout.splitlines()) == FRAMES
    assert families["av01"] == families["avc1"]
    assert len(families["av01"]) == 2


@pytest.mark.parametrize(("script", "family"), [(WITH_EASE, True), ("", False)])
def test_the_player_takes_the_family_that_the_browser_decodes_with_ease(
    page: Page, lesson: dict[str, Any], script: str, family: bool
) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.add_init_script(script or "void 0")
    page.goto(lesson["playback_ids"][0]["embed_url"])
    page.locator("#start").click()
    wait_for(page, f"{TIME} > 1")
    segments = [url for url in fetched if url.endswith(".mp4")]
    pictures = [name for url in segments if (name := url.rsplit("/", 2)[1]).startswith(("240p", "360p"))]
    assert pictures
    assert {name.endswith("-av1") for name in pictures} == {family}
    page.locator("#player").hover(position={"x": 200, "y": 100})
    page.locator("#settings").click()
    page.locator("#menu [data-section=quality]").click()
    offered = page.get_by_role("menuitemradio").all_inner_texts()
    assert sorted(name for name in offered if name.endswith("p")) == ["240p", "360p"]
