"""Fragments of MP4 (CMAF, ISO/IEC 23000-19) written around frames of H.264 that are there already."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workers.plan.formats.boxes import MATRIX, box, full_box

_NON_SYNC: Final = 0x0101_0000
_SYNC: Final = 0x0200_0000
"""Sample flags: depends on others and cannot be entered; depends on none."""


@dataclass(frozen=True)
class Frame:
    """A frame in decoding order: where it is shown (a number on the grid), where its bytes lie."""

    shown: int
    place: int
    size: int
    keyframe: bool


def initialization(configuration: bytes, width: int, height: int, timescale: int) -> bytes:
    """Return the initialization segment of a rendition with this decoder configuration."""
    entry = box(
        b"avc1",
        struct.pack(">6xH16xHHII4xH32xHh", 1, width, height, 0x480000, 0x480000, 1, 24, -1),
        box(b"avcC", configuration),
        box(b"colr", struct.pack(">4sHHHB", b"nclx", 1, 1, 1, 0)),
        box(b"pasp", struct.pack(">II", 1, 1)),
    )
    empty = [full_box(kind, 0, 0, bytes(4)) for kind in (b"stts", b"stsc", b"stco")]
    table = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        *empty,
        full_box(b"stsz", 0, 0, bytes(8)),
    )
    sources = full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))
    information = box(b"minf", full_box(b"vmhd", 0, 1, bytes(8)), box(b"dinf", sources), table)
    media = box(
        b"mdia",
        full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, 0x55C4, 0)),
        full_box(b"hdlr", 0, 0, struct.pack(">4x4s12x", b"vide"), b"VideoHandler\0"),
        information,
    )
    size = struct.pack(">II", width << 16, height << 16)
    track = box(
        b"trak", full_box(b"tkhd", 0, 3, struct.pack(">IIIII16x", 0, 0, 1, 0, 0), MATRIX, size), media
    )
    header = full_box(
        b"mvhd",
        0,
        0,
        struct.pack(">IIIIIH10x", 0, 0, timescale, 0, 0x10000, 0x100),
        MATRIX,
        bytes(24),
        struct.pack(">I", 2),
    )
    extends = box(b"mvex", full_box(b"trex", 0, 0, struct.pack(">IIIII", 1, 1, 0, 0, 0)))
    return box(b"ftyp", b"iso6", struct.pack(">I", 0), b"iso6", b"cmfc") + box(
        b"moov", header, track, extends
    )


def fragment(frames: Sequence[Frame], number: int, first: int, ticks: int) -> bytes:
    """Return the ``moof`` box of a segment and the header of the ``mdat`` box that follows. ``number`` counts segments,
    ``first`` is the segment's first frame on the grid, ``ticks`` the length of each.
    """
    rows = b"".join(
        struct.pack(
            ">IIi",
            frame.size,
            _SYNC if frame.keyframe else _NON_SYNC,
            (frame.shown - first - position) * ticks,
        )
        for position, frame in enumerate(frames)
    )

    def moof(offset: int) -> bytes:
        run = full_box(b"trun", 1, 0xE01, struct.pack(">Ii", len(frames), offset), rows)
        head = full_box(b"tfhd", 0, 0x20008, struct.pack(">II", 1, ticks))
        time = full_box(b"tfdt", 1, 0, struct.pack(">Q", first * ticks))
        return box(b"moof", full_box(b"mfhd", 0, 0, struct.pack(">I", number)), box(b"traf", head, time, run))

    size = sum(frame.size for frame in frames)
    return moof(len(moof(0)) + 8) + struct.pack(">I4s", size + 8, b"mdat")
