"""What a captured tool leaves behind: a step with a program in ffmpeg's place that only leaves it, and the door to
outputs when the sandbox has let it be made."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import pytest
from confined import each_means, means
from PIL import Image

from configs.ladder import load_ladder
from storage.catalogue.models import Version
from storage.ids import new_id
from storage.memory import MemoryObjectStore
from tests.rehearsal import SOURCE, Rehearsal
from workers import ffmpeg
from workers.outputs import Outputs
from workers.pictures import sharpness
from workers.plan.decisions.planning import make_plan
from workers.plan.failure import MediaFailure
from workers.plan.model.serialization import plan_to_json
from workers.plan.source.probe import MediaInfo, VideoStream
from workers.sandbox import Means
from workers.sandbox.policy import SYSTEM_LIBRARIES
from workers.steps.images import thumbnail
from workers.verify import OutputRejected

__all__ = ["means"]

SECRET = b"every password"
MEDIA = MediaInfo(
    container="mov",
    start=0.0,
    duration=10.0,
    streams=1,
    video=VideoStream(
        index=0,
        codec="h264",
        width=320,
        height=180,
        pixel_format="yuv420p",
        nominal_rate=Fraction(25),
        average_rate=Fraction(25),
        start=0.0,
        duration=10.0,
    ),
    sounds=(),
)

LEAVINGS = {
    "a symbolic link": "os.symlink(CANARY, 'frame.jpg')",
    "a pipe": "os.mkfifo('frame.jpg')",
    "a sparse file": "os.truncate(os.open('frame.jpg', os.O_CREAT | os.O_WRONLY), 2 << 30)",
}
"""What a captured tool might leave where a picture is expected."""


def a_tool_that(folder: Path, action: str) -> Path:
    """A program that does only this, whatever its arguments, and ends with status 0."""
    program = folder / "tool"
    program.write_text(
        f"#!{Path(sys.executable).resolve()} -IS\n"
        "import contextlib, os\n"
        f"with contextlib.suppress(OSError):\n    {action}\n"
    )
    program.chmod(0o755)
    return program


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "canary"
    path.write_bytes(SECRET)
    yield path
    assert path.read_bytes() == SECRET


def thumbnail_by(program: Path, means: Means, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What is stored of a thumbnail that ``program`` was to make."""
    monkeypatch.setattr(ffmpeg, "libraries_of", lambda _tool: (Path(sys.base_prefix), *SYSTEM_LIBRARIES))
    rehearsal, objects, work = Rehearsal(folder), MemoryObjectStore(), folder / "work"
    work.mkdir()
    objects.put(SOURCE, b"source")
    plan = make_plan(MEDIA, 10.0, 10.0, load_ladder())
    wish = {"width": 320, "time": 1.0, "image": "thumbnail"}
    version = Version(id=new_id(), asset_id=new_id(), source_key=SOURCE, plan=plan_to_json(plan))
    context = rehearsal.context("thumbnail", wish, version, objects, work)
    tools = replace(context.tools, means=means, tools=replace(context.tools.tools, ffmpeg=program))
    thumbnail(replace(context, tools=tools))
    return [objects.get(info.key) for info in objects.list("") if info.key != SOURCE]


@each_means
@pytest.mark.parametrize("leaving", LEAVINGS)
def test_nothing_but_a_plain_file_becomes_a_thumbnail(
    means: Means, leaving: str, canary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = a_tool_that(tmp_path, LEAVINGS[leaving].replace("CANARY", repr(str(canary))))
    began = time.monotonic()
    with pytest.raises((OutputRejected, MediaFailure)):
        thumbnail_by(program, means, tmp_path, monkeypatch)
    assert time.monotonic() - began < 30


def test_a_plain_file_becomes_a_thumbnail(
    means: Means, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the test above refuses is what was left, and nothing else."""
    action = "open('frame.jpg', 'wb').write(b'picture')"
    assert thumbnail_by(a_tool_that(tmp_path, action), means, tmp_path, monkeypatch) == [b"picture"]


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


LEFT: dict[str, Callable[[Path, Path], object]] = {
    "a symbolic link": lambda path, canary: path.symlink_to(canary),
    "a symbolic link to nothing": lambda path, _canary: path.symlink_to("/nowhere"),
    "a hard link": lambda path, canary: path.hardlink_to(canary),
    "a pipe": lambda path, _canary: os.mkfifo(path),
    "a folder": lambda path, _canary: path.mkdir(),
    "a socket": lambda path, _canary: _socket(path),
    "a sparse file": lambda path, _canary: (path.touch(), os.truncate(path, 1 << 40)),
}


@pytest.mark.parametrize("left", LEFT)
def test_the_door_opens_plain_files_only(left: str, canary: Path, tmp_path: Path) -> None:
    """Whatever the sandbox may one day let be made."""
    outputs = Outputs.below(tmp_path)
    LEFT[left](outputs.folder / "out", canary)
    for look in (outputs.read, outputs.find):
        with pytest.raises(OutputRejected):
            look("out")


def test_the_door_opens_what_was_to_be_written(tmp_path: Path) -> None:
    outputs = Outputs.below(tmp_path)
    assert outputs.find("out") is None
    with pytest.raises(OutputRejected):
        outputs.read("out")
    (outputs.folder / "out").write_bytes(b"four")
    assert outputs.read("out", 4) == outputs.find("out", 4) == b"four"
    with pytest.raises(OutputRejected, match="4 bytes, at most 3"):
        outputs.read("out", 3)
    outputs.remove("out")
    outputs.remove("out")
    assert outputs.find("out") is None


@pytest.mark.parametrize("name", ["../canary", "/etc/passwd", "a/b", "..", ""])
def test_the_door_leads_into_the_folder_itself_only(name: str, canary: Path, tmp_path: Path) -> None:
    assert canary.exists()
    with pytest.raises(ValueError, match="names no file"):
        Outputs.below(tmp_path).read(name)


def test_a_picture_that_would_fill_the_memory_is_not_decoded() -> None:
    head = BytesIO()
    Image.new("L", (8, 8)).save(head, "JPEG")
    data = bytearray(head.getvalue())
    size = data.index(b"\xff\xc0") + 5
    data[size : size + 4] = b"\x1f\x40\x1f\x40"
    with pytest.raises(OutputRejected, match="8000x8000"):
        sharpness(bytes(data))
