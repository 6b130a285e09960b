"""Sources that must be refused, each with its own code, and odd ones that must not be; on the real stack."""

from __future__ import annotations

import json
import threading
import time
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from odd_sources import ODD, ffmpeg, good, make_bad
from support import RunningStack

from configs.failures import FAILURES

pytestmark = pytest.mark.integration

SECONDS = 60

BAD = {
    "empty.mp4": "source_empty",
    "one_byte.mp4": "source_not_media",
    "text.mp4": "source_not_media",
    "chinese_text.mp4": "source_not_media",
    "html.mp4": "source_not_media",
    "svg.mp4": "source_not_media",
    "noise.mp4": "source_not_media",
    "program.mp4": "source_not_media",
    "header_only.mp4": "source_truncated",
    "header_only.gif": "source_not_media",
    "no_index.mp4": "source_truncated",
    "half.mp4": "source_truncated",
    "hls_http.mp4": "source_is_reference",
    "hls_file.mp4": "source_is_reference",
    "hls_media.mp4": "source_is_reference",
    "hls_concat.mp4": "source_is_reference",
    "hls_live.mp4": "source_is_reference",
    "hls_itself.mp4": "source_is_reference",
    "hls_key.mp4": "source_is_reference",
    "hls_late.mp4": "source_is_reference",
    "hls_marked.mp4": "source_is_reference",
    "concat_file.mp4": "source_is_reference",
    "concat_http.mp4": "source_is_reference",
    "concat_bomb.mp4": "source_is_reference",
    "dash.mp4": "source_is_reference",
    "session.mp4": "source_is_reference",
    "captions.mkv": "no_picture",
    "large.avi": "picture_too_large",
    "large.gif": "animation_too_large",
    "day.mp4": "duration_too_long",
    "slow.gif": "duration_too_long",
    "fast_rate.mp4": "frame_rate_too_high",
    "magicyuv.avi": "codec_not_supported",
    "streams.mkv": "too_many_streams",
    "many.gif": "too_many_frames",
}

NAMES = {
    "../../../etc/passwd": "../../../etc/passwd",
    "-y.mp4": "-y.mp4",
    "%03d.png": "%03d.png",
    "nul\0l.mp4": None,
    "$(reboot);`reboot`|'\".mp4": None,
    "第三讲 🎬.mp4": "第三讲 🎬.mp4",
    "\u202egpm.exe.mp4": None,
    "长" * 1365 + ".mp4": None,
}
"""Names of a good file, and what is kept of them; None: something that fits into one line."""

SHAPES = {
    "audio_longer.mp4": (320, 180, 8.0),
    "audio_first.mkv": (320, 180, 6.0),
    "rotated.mp4": (180, 320, 3.0),
    "wide_pixels.mp4": (320, 180, 3.0),
    "odd_size.mp4": (321, 181, 2.0),
    "size_changes.ts": (320, 180, 4.0),
    "animation.gif": (160, 120, 2.0),
    "no_duration.webm": (320, 180, 3.0),
}


class Canary(BaseHTTPRequestHandler):
    """Notes whoever asks for anything."""

    hits: list[str] = []  # noqa: RUF012  (the one list of the one server)

    def do_GET(self) -> None:
        self.hits.append(self.path)
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def canary() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Canary)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def _ends(stack: RunningStack, uploads: dict[str, str], seconds: float) -> dict[str, dict[str, Any]]:
    """The assets of these names once all are at an end, or as they are when the time is over."""
    deadline = time.monotonic() + seconds
    found: dict[str, dict[str, Any]] = {}
    while len(found) < len(uploads) and time.monotonic() < deadline:
        for name in uploads.keys() - found.keys():
            asset = stack.client.get(f"/v1/assets/{uploads[name]}")
            if asset["state"] in ("failed", "ready"):
                found[name] = asset
        time.sleep(0.3)
    return found


def _upload_all(stack: RunningStack, paths: list[Path]) -> dict[str, str]:
    with ThreadPoolExecutor(4) as pool:
        return dict(zip((path.name for path in paths), pool.map(stack.upload, paths), strict=True))


@pytest.fixture(scope="module")
def refused(
    stack: RunningStack, canary: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("bad")
    make_bad(folder, canary)
    return _ends(stack, _upload_all(stack, [folder / name for name in BAD]), SECONDS)


@pytest.mark.parametrize("name", BAD)
def test_bad_sources_fail_with_their_own_code(refused: dict[str, dict[str, Any]], name: str) -> None:
    assert name in refused, f"no end within {SECONDS} s"
    asset = refused[name]
    message = FAILURES[BAD[name]]
    assert asset["state"] == "failed"
    assert asset["failure"] == {"code": BAD[name], "message": {"en": message.en, "zh": message.zh}}
    assert asset["renditions"] == []


def test_no_reference_is_followed(refused: dict[str, dict[str, Any]]) -> None:
    assert len(refused) == len(BAD)
    assert Canary.hits == []


def test_a_good_file_after_all_the_bad_ones_is_ready(
    stack: RunningStack, refused: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    assert refused
    good(tmp_path / "good.mp4")
    asset = stack.wait(stack.upload(tmp_path / "good.mp4"), "ready", seconds=SECONDS)
    assert asset["failure"] is None
    assert (asset["width"], asset["height"], round(asset["duration"])) == (320, 180, 3)


@pytest.fixture(scope="module")
def accepted(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("odd")
    for name, make in ODD.items():
        make(folder / name)
    return _ends(stack, _upload_all(stack, [folder / name for name in ODD]), 120)


@pytest.mark.parametrize("name", ODD)
def test_odd_sources_become_ready(accepted: dict[str, dict[str, Any]], name: str) -> None:
    assert name in accepted, "no end within 120 s"
    asset = accepted[name]
    assert asset["state"] == "ready", asset["failure"]
    assert asset["kind"] == ("animation" if name.endswith(".gif") else "video")
    if name in SHAPES:
        width, height, duration = SHAPES[name]
        assert (asset["width"], asset["height"]) == (width, height)
        assert asset["duration"] == pytest.approx(duration, abs=0.15)


def test_file_names_are_data(stack: RunningStack, tmp_path: Path) -> None:
    clip = tmp_path / "tiny.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=1", "-c:v", "libx264", clip)
    uploads = {}
    for name in NAMES:
        answer = stack.request("POST", f"/v1/assets?filename={quote(name, safe='')}", body=clip.read_bytes())
        if len(name) > 1000:
            assert answer.status == 422, (name[:40], answer.data)
        else:
            assert answer.status == 201, (name[:40], answer.data)
            uploads[name] = json.loads(answer.data)["id"]
    uploads["4 KB"] = stack.client.upload(clip, "长" * 1365, lambda _sent, _size: None)
    found = _ends(stack, uploads, SECONDS)
    for name in uploads:
        assert found[name]["state"] == "ready", name
        source = found[name]["source"]["file_name"]
        assert source == (NAMES.get(name) or source)
        for kept in (source, found[name]["title"]):
            assert not any(unicodedata.category(character) == "Cc" for character in kept)
            assert 0 < len(kept) <= 255
