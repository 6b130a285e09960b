"""The runner with the real tools, confined: good files, hostile files, and every way a run can end."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from confined import LIMITS, each_means, means, python_tool, run_python

from configs.settings import load_settings
from storage.memory import MemoryObjectStore
from storage.objects import StorageError
from workers.ffmpeg import (
    FLOOR,
    NO_SPACE,
    ToolCancelled,
    ToolError,
    ToolFailed,
    ToolMissing,
    ToolOutOfSpace,
    Tools,
    ToolTimedOut,
    find_tools,
    parse_version,
    run,
    run_ffmpeg,
    run_ffprobe,
    tool_versions,
)
from workers.plan.progress import Progress, parse_progress
from workers.plan.source.allowlist import DECODERS, FORMATS, guarded_input_options
from workers.sandbox import Means
from workers.source_server import SOURCE_URL, serve_source

__all__ = ["means"]

REQUIRED = {
    "DATABASE_URL": "postgresql://catalogue/name",
    "REDIS_URL": "redis://queue/0",
    "S3_ENDPOINT": "http://storage",
    "S3_ACCESS_KEY": "a",
    "S3_SECRET_KEY": "b",
    "SECRET_KEY": "0" * 32,
}
GUARDS = [part for name, value in guarded_input_options().items() for part in (f"-{name}", str(value))]


@pytest.fixture(scope="module")
def tools() -> Tools:
    return find_tools(load_settings(REQUIRED))


@pytest.fixture(scope="module")
def clip(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Ten seconds of a test picture and a tone, index at the end."""
    return _make(
        tools, tmp_path_factory.mktemp("clip") / "clip.mp4",
        *("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=10", "-f", "lavfi", "-i", "sine=440:d=10"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-c:a", "aac"),
    )  # fmt: skip


def _make(tools: Tools, path: Path, *arguments: str) -> bytes:
    subprocess.run([tools.ffmpeg, "-v", "error", "-nostdin", *arguments, path], check=True)
    return path.read_bytes()


@pytest.fixture
def objects(clip: bytes) -> Iterator[MemoryObjectStore]:
    store = MemoryObjectStore()
    store.put("clip", clip)
    return store


@each_means
def test_encodes_from_the_source_with_progress(
    means: Means, tools: Tools, objects: MemoryObjectStore, tmp_path: Path
) -> None:
    reports: list[Progress] = []
    with serve_source(objects, "clip") as source:
        finished = run_ffmpeg(
            tools,
            [*GUARDS, "-i", source.url, "-t", "4", "-c:v", "libx264", "-preset", "ultrafast", "part.mp4"],
            means=means,
            limits=LIMITS,
            output=tmp_path,
            source=source,
            on_progress=reports.append,
        )
    assert reports[-1].frame == 100
    assert reports[-1].out_time_seconds == pytest.approx(4, abs=0.1)
    assert finished.stdout == b""
    assert 0 < finished.cpu_seconds < 20
    assert finished.wall_seconds > 0
    assert [path.name for path in tmp_path.iterdir()] == ["part.mp4"]


def test_reads_little_of_a_large_source_with_its_index_at_the_end(
    means: Means, tools: Tools, clip: bytes, tmp_path: Path
) -> None:
    (tmp_path / "clip.mp4").write_bytes(clip)
    long = _make(
        tools, tmp_path / "long.mp4",
        *("-stream_loop", str(64 * 1024 * 1024 // len(clip)), "-i", str(tmp_path / "clip.mp4"), "-c", "copy"),
    )  # fmt: skip
    objects = MemoryObjectStore()
    objects.put("long", long)
    for start in ("0", "300"):
        with serve_source(objects, "long") as source:
            arguments = [*GUARDS, "-ss", start, "-i", source.url, "-t", "4", "-c", "copy", "-y", "part.mp4"]
            run_ffmpeg(tools, arguments, means=means, limits=LIMITS, output=tmp_path, source=source)
            assert source.bytes_read < 10_000_000 < len(long)


HOSTILE = {
    "hls": b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "hls of itself": b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nsource\n",
    "concat": b"ffconcat version 1.0\nfile source\n",
    "concat elsewhere": b"ffconcat version 1.0\nfile 'file:/etc/hostname'\n",
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\n"
    b"c=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "dash": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" '
    b'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">'
    b"<Period><AdaptationSet><Representation id='1'><BaseURL>file:///etc/passwd</BaseURL></Representation>"
    b"</AdaptationSet></Period></MPD>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "text": b"only words\n" * 100,
    "subtitles": b"1\n00:00:00,000 --> 00:00:01,000\nhello\n",
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_at_once(means: Means, tools: Tools, tmp_path: Path, name: str) -> None:
    _assert_refused(means, tools, HOSTILE[name], tmp_path)


def test_decoder_off_the_list_is_refused(means: Means, tools: Tools, tmp_path: Path) -> None:
    data = _make(
        tools, tmp_path / "magic.avi",
        *("-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-c:v", "magicyuv", "-pix_fmt", "gbrp"),
    )  # fmt: skip
    assert "whitelist" in _assert_refused(means, tools, data, tmp_path, decode=True)


def test_picture_over_the_limit_is_refused(means: Means, tools: Tools, tmp_path: Path) -> None:
    data = _make(
        tools, tmp_path / "huge.avi", "-f", "lavfi", "-i", "color=s=8200x4400:d=0.04", "-c:v", "mjpeg"
    )  # fmt: skip
    _assert_refused(means, tools, data, tmp_path, decode=True)


def _assert_refused(means: Means, tools: Tools, data: bytes, folder: Path, *, decode: bool = False) -> str:
    """Both tools refuse ``data`` before their time is over (with ``decode``, ffmpeg alone must); what ffmpeg said."""
    objects = MemoryObjectStore()
    objects.put("hostile", data)
    with serve_source(objects, "hostile") as source:
        if not decode:
            with pytest.raises(ToolFailed):
                run_ffprobe(
                    tools, [*GUARDS, "-show_format", source.url], means=means, limits=LIMITS, source=source
                )
        with pytest.raises(ToolFailed) as failure:
            arguments = [*GUARDS, "-i", source.url, "-map", "0:v:0", "-frames:v", "1", "-f", "null", "-"]
            run_ffmpeg(
                tools, [*arguments[:-2], "-xerror", *arguments[-2:]],
                means=means, limits=LIMITS, output=folder, source=source,
            )  # fmt: skip
    assert not isinstance(failure.value, ToolTimedOut)
    return failure.value.stderr_tail


def test_lists_name_what_the_tools_have(means: Means, tools: Tools, tmp_path: Path) -> None:
    def listed(option: str) -> set[str]:
        printed = run_ffmpeg(tools, [option], means=means, limits=LIMITS, output=tmp_path).stdout.decode()
        return {
            name for line in printed.splitlines() for word in line.split()[:3] for name in word.split(",")
        }

    assert set(FORMATS) <= listed("-demuxers")
    assert set(DECODERS) <= listed("-decoders")


def test_storage_failure_is_not_taken_for_the_end_of_the_file(
    means: Means, tools: Tools, clip: bytes, tmp_path: Path
) -> None:
    class Failing(MemoryObjectStore):
        def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
            if 0 < start < len(clip) // 2:
                raise StorageError("away")
            return super().stream(key, start, length)

    objects = Failing()
    objects.put("clip", clip)
    with serve_source(objects, "clip") as source, pytest.raises(StorageError):
        arguments = [*GUARDS, "-i", source.url, "-f", "null", "-"]
        run_ffmpeg(tools, arguments, means=means, limits=LIMITS, output=tmp_path, source=source)


def test_no_source_no_socket(means: Means, tools: Tools) -> None:
    with pytest.raises(ToolFailed, match="not implemented"):
        run_ffprobe(tools, [*GUARDS, SOURCE_URL], means=means, limits=LIMITS)


@each_means
def test_cancelled_run_ends_soon(means: Means, tools: Tools, tmp_path: Path) -> None:
    stop = threading.Event()
    timer = threading.Timer(0.5, stop.set)
    timer.start()
    began = time.monotonic()
    with pytest.raises(ToolCancelled):
        arguments = ["-re", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-c:v", "mpeg4", "endless.mp4"]
        run_ffmpeg(tools, arguments, means=means, limits=LIMITS, output=tmp_path, cancelled=stop.is_set)
    assert time.monotonic() - began < 60


def test_output_is_bounded(means: Means, tmp_path: Path) -> None:
    program = "import sys\nwhile True: sys.stdout.buffer.write(bytes(1 << 20))"
    with pytest.raises(ToolError, match="standard output"):
        run_python(means, tmp_path, program)
    program = "import sys; sys.stderr.write('x' * 1000000 + 'the end'); sys.exit(3)"
    with pytest.raises(ToolFailed) as failure:
        run_python(means, tmp_path, program)
    assert failure.value.returncode == 3
    assert failure.value.stderr_tail.endswith("the end")
    assert len(failure.value.stderr_tail) < 10_000


def test_a_tool_that_says_the_disk_is_full_is_believed_where_it_is(
    means: Means, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = f"raise SystemExit({NO_SPACE})"
    with pytest.raises(ToolFailed):
        run_python(means, tmp_path, program)
    monkeypatch.setattr("workers.ffmpeg.FULL_BYTES", shutil.disk_usage(tmp_path).total)
    with pytest.raises(ToolOutOfSpace):
        run_python(means, tmp_path, program)


def test_no_descriptor_is_left(means: Means, tmp_path: Path) -> None:
    run_python(means, tmp_path, "pass")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for program in ("pass", "raise SystemExit(1)") * 4:
        with suppress(ToolFailed):
            run(python_tool(tmp_path), ["-I", "-S", "-c", program], means=means)
    # Other threads of this process may open some meanwhile.
    assert len(list(Path("/proc/self/fd").iterdir())) < before + 4


def test_versions_and_floor(means: Means, tools: Tools) -> None:
    versions = tool_versions(tools, means)
    encoder = parse_version(versions["ffmpeg"])
    assert encoder is None or encoder >= FLOOR
    assert versions["ffprobe"].startswith("ffprobe version")


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("ffmpeg version n9.0.2-17-g2a571b6068-20260930 Copyright", (9, 0, 2)),
        ("ffmpeg version 5.1.9-0+deb12u1 Copyright", (5, 1, 9)),
        ("ffprobe version 7.1 Copyright", (7, 1, 0)),
        ("ffmpeg version N-112000-gabcdef Copyright", None),
    ],
)
def test_parse_version(line: str, version: tuple[int, int, int] | None) -> None:
    assert parse_version(line) == version


def test_configured_tool_that_is_not_there() -> None:
    with pytest.raises(ToolMissing, match="FFPROBE"):
        find_tools(load_settings({**REQUIRED, "FFPROBE": "/nowhere/ffprobe"}))


def test_parse_progress() -> None:
    report = "frame=50\nfps=24.9\nout_time_us=4000000\nout_time=00:00:04.000000\nspeed=34.4x\nprogress=end"
    assert parse_progress(report.splitlines()) == Progress(50, 4.0, 34.4)
    assert parse_progress(["out_time_us=N/A", "speed=N/A"]) == Progress(0, 0.0, None)
    assert parse_progress(["frame=1", "out_time_us=-66666"]) == Progress(1, 0.0, None)
