from __future__ import annotations

import struct

import pytest

from workers.plan.formats.boxes import box
from workers.plan.formats.mp4_index import is_encrypted
from workers.plan.source.protection import is_scrambled


def transport(control: int) -> bytes:
    """Forty packets of one stream, with these bits of scrambling control."""
    return (b"\x47\x01\x00" + bytes([control << 6 | 0x10]) + bytes(184)) * 40


def program(flags: int, packets: int = 40) -> bytes:
    """Packets of a picture, whose headers have these flags."""
    return (b"\0\0\1\xba" + bytes(10) + b"\0\0\1\xe0\0\xff" + bytes([flags]) + bytes(252)) * packets


@pytest.mark.parametrize(
    ("container", "data", "scrambled"),
    [
        ("mpegts", transport(0), False),
        ("mpegts", transport(2), True),
        ("mpegts", transport(3), True),
        ("mpeg", program(0x80), False),
        ("mpeg", program(0x90) + program(0x80), True),
        ("mpeg", program(0x90, 1) + program(0x80), False),
        ("mpeg", b"", False),
        ("matroska", transport(3), False),
    ],
)
def test_scrambled_streams_say_so(container: str, data: bytes, scrambled: bool) -> None:
    assert is_scrambled(container, data) is scrambled


@pytest.mark.parametrize(("kind", "encrypted"), [(b"encv", True), (b"drms", True), (b"avc1", False)])
def test_an_encrypted_track_is_told_by_its_description(kind: bytes, encrypted: bool) -> None:
    described = box(b"stsd", struct.pack(">II", 0, 1), box(kind, bytes(78)))
    track = box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", described))))
    assert is_encrypted(box(b"mvhd", bytes(100)) + track) is encrypted
    assert not is_encrypted(track[:20])
