"""Sources that must be refused, each with its own code, and odd ones that must not be: every one of them by a worker's
own steps, some of them through the whole stack."""

from __future__ import annotations

import json
import logging
import re
import threading
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from attacks import make_attacks
from mistakes import mistakes
from odd_sources import ODD, SECRET, flipped, good, make_bad, tiny
from one_worker import Made, OneWorker
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack, children

from configs.failures import FAILURES

pytestmark = pytest.mark.integration

TOOL_SECONDS = 60
TOOL_MEBIBYTES = 2048
"""What no tool may take for any of the files, which are all small or short."""

SOUND_ONLY = "ready"
"""What becomes of a file with sound and no picture but a cover."""

BAD = {
    "one_byte.mp4": "source_not_media",
    "text.mp4": "source_not_media",
    "chinese_text.mp4": "source_not_media",
    "noise.mp4": "source_not_media",
    "program.mp4": "source_is_program",
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
    "sound.mp4": SOUND_ONLY,
    "cover.mp3": SOUND_ONLY,
    "captions_only.mkv": "no_picture",
    "large.avi": "picture_too_large",
    "large.gif": "animation_too_large",
    "day.mp4": "duration_too_long",
    "slow.gif": "duration_too_long",
    "fast_rate.mp4": "frame_rate_too_high",
    "magicyuv.avi": "codec_not_supported",
    "streams.mkv": "too_many_streams",
    "many.gif": "too_many_frames",
}

WORDS = {
    "magicyuv.avi": {"codec": "MagicYUV video"},
    "day.mp4": {"limit": "12:00:00"},
    "rate_one.mkv": {"limit": "12:00:00"},
    "slow.gif": {"limit": "0:30:00"},
}
"""What the sentence of a failure names."""

ATTACKS = {
    "edits_claimed.mp4": "ready",
    "edits_many.mp4": "no_decodable_frames",
    "edits_far.mp4": "no_decodable_frames",
    "times_many.mp4": "frame_rate_too_high",
    "times_claimed.mp4": "source_damaged",
    "times_long.mp4": "ready",
    "sizes_huge.mp4": "source_truncated",
    "chunks_claimed.mp4": "source_damaged",
    "offsets_outside.mp4": "source_damaged",
    "descriptions.mp4": "source_damaged",
    "compressed_header.mov": "format_not_supported",
    "timescale_zero.mp4": "ready",
    "deep.mp4": "ready",
    "size_64.mp4": "source_truncated",
    "size_zero.mp4": "ready",
    "size_small.mp4": "ready",
    "fragments.mp4": "source_damaged",
    "title_10mb.mp4": "ready",
    "media_elsewhere_url.mov": "ready",  # from itself
    "media_elsewhere_alias.mov": "source_is_reference",
    "reference_movie.mov": "source_is_reference",
    "encrypted.mp4": "source_encrypted",
    "chapters_elsewhere.mkv": "ready",
    "linked.mkv": "ready",
    "index_huge.mkv": "ready",
    "lacing.mkv": "ready",
    "nested.mkv": "ready",
    "squeezed.mkv": "source_damaged",
    "attachments.mkv": "ready",
    "segment_only.mkv": "source_damaged",
    "rate_absurd.mkv": "source_damaged",
    "rate_one.mkv": "duration_too_long",
    "rate_nan.mkv": "ready",
    "size_absurd.mkv": "ready",
    "frames_claimed.png": "source_truncated",
    "canvas.webp": "animation_too_large",
    "moving.webp": "ready",
    "still.gif": "source_is_image",
    "still.png": "source_is_image",
    "still.jpeg": "source_is_image",
    "still.webp": "source_is_image",
    "still.bmp": "source_is_image",
    "still.tiff": "source_is_image",
    "index_opendml.avi": "ready",
    "index_claimed.avi": "ready",
    "rate_absurd.avi": "ready",
    "times_absurd.flv": "ready",
    "times_backwards.flv": "ready",
    "sound_jumps.flv": "ready",
    "picture_jumps.flv": "ready",
    "times_same.flv": "no_decodable_frames",
    "duration_endless.flv": "ready",
    "duration_unknown.flv": "ready",
    "plain.swf": "source_damaged",
    "squeezed.swf": "source_damaged",
    "lzma.swf": "source_damaged",
    "chained.ogv": "ready",
    "essence_elsewhere.mxf": "source_damaged",
    "tag_200mb.mp3": "source_not_media",
    "pids_8000.ts": "too_many_streams",
    "script.wmv": "ready",
    "grows.ts": "ready",
}

NOWHERE = "http://canary.invalid"
MISTAKES = mistakes(NOWHERE)
EXPECTED = {**BAD, **ATTACKS, **{name: code for name, (code, _content) in MISTAKES.items()}}

FLIPS = [f"flipped_{number:02}.mp4" for number in range(8)]

NAMES = {
    "../../../etc/passwd": "../../../etc/passwd",
    "-y.mp4": "-y.mp4",
    "a:b.mp4": "a:b.mp4",
    ";id.mp4": ";id.mp4",
    "con.mp4": "con.mp4",
    "🎬.mp4": "🎬.mp4",
    "%03d.png": "%03d.png",
    "nul\0l.mp4": None,
    "$(reboot);`reboot`|'\".mp4": None,
    "第三讲 🎬.mp4": "第三讲 🎬.mp4",
    "\u202egpm.exe.mp4": None,
}
"""Names of a file, and what is kept of them; None: something that fits into one line."""

TOO_LONG = "长" * 1365 + ".mp4"

TRIED_TO_THE_END = ("../../../etc/passwd", "$(reboot);`reboot`|'\".mp4")
"""Names of files that become ready; the others are those of files that are refused."""

UPLOADED = ("text.mp4", "hls_http.mp4", "half.mp4", "encrypted.mp4", "magicyuv.avi")
"""Files that are refused on the stack too, each by another part of what looks at them."""

LASTING = {
    "times_long.mp4": (0.9, 1.1),
    "sound_jumps.flv": (0.9, 1.2),
    "picture_jumps.flv": (0.9, 1.2),
    "times_backwards.flv": (0.9, 2.1),
    "times_absurd.flv": (0.9, 2.1),
    "chained.ogv": (40, 53),
}
"""Seconds that a viewer may get of sources whose times leap: what is there, and no hours of a frozen picture. Each of
the forty links of a chain begins with packets that show nothing."""

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

NOTICES = {
    "two_pictures.mkv": ["picture_left_out"],
    "positional_sound.mp4": ["sound_left_out"],
}
"""What an author is told of those that became ready."""

ALL = (*EXPECTED, *FLIPS, *ODD)


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


class Results:
    """What becomes of each file, made when it is first asked for, and all that the worker logs meanwhile."""

    def __init__(self, worker: OneWorker, folder: Path) -> None:
        self.folder = folder
        self.worker = worker
        self.logged: list[str] = []
        self._ends: dict[str, Made] = {}

    def of(self, name: str) -> Made:
        """What became of a file."""
        if name not in self._ends:
            self._ends[name] = self.worker.make((self.folder / name).read_bytes(), name)
        return self._ends[name]


@pytest.fixture(scope="module")
def folder(canary: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All files of this module."""
    folder = tmp_path_factory.mktemp("sources")
    _write_sources(folder, canary)
    return folder


@pytest.fixture(scope="module")
def results(
    sessions: sessionmaker[Session], folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Results]:
    found = Results(OneWorker(sessions, tmp_path_factory.mktemp("work")), folder)
    handler, logger = logging.Handler(), logging.getLogger("workers")
    handler.emit = lambda record: found.logged.append(record.getMessage())  # type: ignore[method-assign]
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield found
    logger.setLevel(before)
    logger.removeHandler(handler)


def _write_sources(folder: Path, canary: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        odd = [pool.submit(make, folder / name) for name, make in ODD.items()]
        make_bad(folder, canary)
        for name, content in make_attacks(folder, canary, folder / "secret.txt").items():
            (folder / name).write_bytes(content)
        for future in odd:
            future.result()
    for name, (_code, content) in MISTAKES.items():
        (folder / name).write_bytes(content.replace(NOWHERE.encode(), canary.encode()))
    tiny(folder / "tiny.mp4")
    content = (folder / "tiny.mp4").read_bytes()
    for number, name in enumerate(FLIPS):
        (folder / name).write_bytes(flipped(content, number))


def _upload(stack: RunningStack, body: bytes, name: str) -> str:
    answer = stack.request("POST", f"/v1/assets?filename={quote(name, safe='')}", body=body)
    assert answer.status == 201, (name, answer.data)
    return str(json.loads(answer.data)["id"])


def _workers(stack: RunningStack) -> set[int]:
    """Those that fork a child for each step; the children come and go."""
    alike = {pid for pid, command in stack.processes().items() if "workers.main" in command}
    return alike - {child for pid in alike for child in children(pid)}


@pytest.mark.parametrize("name", EXPECTED)
def test_bad_sources_end_as_they_should(results: Results, name: str) -> None:
    version, code = results.of(name).version, EXPECTED[name]
    if code == "ready":
        assert (version.state, version.failure_code) == ("ready", None), version.failure_detail
    else:
        assert (version.state, version.failure_code) == ("failed", code), version.failure_detail


@pytest.mark.parametrize("name", LASTING)
def test_leaps_of_time_are_no_part_of_a_lesson(results: Results, name: str) -> None:
    least, most = LASTING[name]
    assert least <= results.of(name).facts.duration <= most


@pytest.mark.parametrize("name", FLIPS)
def test_damaged_sources_become_ready_or_are_blamed_for_it(results: Results, name: str) -> None:
    version = results.of(name).version
    assert version.state == "ready" or version.failure_code in FAILURES.keys() - {"processing_failed"}


@pytest.mark.parametrize("name", ODD)
def test_odd_sources_become_ready(results: Results, name: str) -> None:
    made = results.of(name)
    assert made.version.state == "ready", (made.version.failure_code, made.version.failure_detail)
    assert made.version.kind == ("animation" if name.endswith(".gif") else "video")
    assert [notice.code for notice in made.facts.notices] == NOTICES.get(name, [])
    if name in SHAPES:
        width, height, duration = SHAPES[name]
        assert (made.facts.source_width, made.facts.source_height) == (width, height)
        assert made.facts.duration == pytest.approx(duration, abs=0.15)


def test_no_reference_is_followed(results: Results) -> None:
    ends = [results.of(name).version for name in ALL]
    assert Canary.hits == []
    assert (results.folder / "secret.txt").read_text() == SECRET
    told = [f"{version.failure_detail} {version.facts} {version.media_info}" for version in ends]
    assert SECRET not in "".join([*told, *results.logged])
    for stored in results.worker.objects.list("assets/"):
        assert SECRET.encode() not in results.worker.objects.get(stored.key), stored.key


def test_no_tool_takes_long_or_much_memory(results: Results) -> None:
    """By what the worker logs as each tool ends; the memory is the kernel's high-water mark (``ru_maxrss``)."""
    ends = [results.of(name) for name in ALL]
    lines = re.findall(r"([\d.]+) s of processor time, at most (\d+) MiB", "\n".join(results.logged))
    assert len(lines) > len(ends)
    assert max(float(seconds) for seconds, _ in lines) < TOOL_SECONDS
    assert max(int(mebibytes) for _, mebibytes in lines) < TOOL_MEBIBYTES


def test_authors_are_told_what_is_wrong_and_the_next_file_is_ready(stack: RunningStack, folder: Path) -> None:
    before = _workers(stack)
    sent = {name: _upload(stack, (folder / name).read_bytes(), name) for name in UPLOADED}
    for name, asset_id in sent.items():
        asset, message = stack.wait(asset_id, "failed"), FAILURES[EXPECTED[name]].filled(WORDS.get(name, {}))
        told = {"code": EXPECTED[name], "message": {"en": message.en, "zh": message.zh}, "plays_on": False}
        # Its key is an administrator's, who is told what the tools found.
        assert {**asset["failure"], "detail": None} == {**told, "detail": None}
    good(folder / "after.mp4")
    asset = stack.wait(stack.upload(folder / "after.mp4", "长" * 1365), "ready")
    assert asset["failure"] is None
    assert (asset["width"], asset["height"], round(asset["duration"])) == (320, 180, 3)
    assert 0 < len(asset["title"]) <= 255
    assert before <= _workers(stack), "a worker had to be replaced"
    stack.forget(asset["id"])


@pytest.mark.parametrize("name", NAMES)
def test_file_names_are_data(stack: RunningStack, folder: Path, name: str) -> None:
    content = "tiny.mp4" if name in TRIED_TO_THE_END else "text.mp4"
    asset_id = _upload(stack, (folder / content).read_bytes(), name)
    asset = stack.wait(asset_id, "ready" if name in TRIED_TO_THE_END else "failed")
    kept = asset["source"]["file_name"]
    assert kept == (NAMES[name] or kept)
    for text in (kept, asset["title"]):
        assert not any(unicodedata.category(character) == "Cc" for character in text)
        assert 0 < len(text) <= 255


def test_a_name_of_4_kilobytes_is_refused(stack: RunningStack) -> None:
    answer = stack.request("POST", f"/v1/assets?filename={quote(TOO_LONG, safe='')}", body=b"x")
    assert answer.status == 422
