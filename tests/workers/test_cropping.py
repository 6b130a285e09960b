"""A container may show a part of its picture: that part is the lesson, in its own shape."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from good_sources import X264, picture, run
from lessons import encode, media_tools

pytestmark = pytest.mark.media

NEW = 40


def with_clean_aperture(data: bytes, width: int, height: int) -> bytes:
    """Put a ``clap`` box (ISO/IEC 14496-12, 12.1.4) into an MP4 whose index stands at its end."""
    box = struct.pack(">I4s8I", NEW, b"clap", width, 1, height, 1, 0, 1, 0, 1)
    at = data.rindex(b"avcC") - 4
    changed, end = bytearray(data[:at] + box + data[at:]), data.rindex(b"moov")
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        end = data.index(kind, end)
        struct.pack_into(">I", changed, end - 4, struct.unpack_from(">I", data, end - 4)[0] + NEW)
    return bytes(changed)


def test_a_clean_aperture_is_shown_in_its_shape(tmp_path: Path) -> None:
    whole, source = tmp_path / "whole.mov", tmp_path / "part.mov"
    run(*picture("320x240", seconds=1), *X264, str(whole))
    source.write_bytes(with_clean_aperture(whole.read_bytes(), 320, 180))
    tools = media_tools()
    lesson = encode(tools, source)
    best = lesson.plan.picture.rungs[0]
    assert (best.width, best.height) == (320, 180)
    assert lesson.faults(tools) == []
