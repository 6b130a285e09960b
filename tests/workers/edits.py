"""Edit lists (ISO/IEC 14496-12, 8.6.6) written into MP4 files, as editors on phones and QuickTime leave them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from workers.plan.formats.cmaf import boxes

Edit = tuple[float, float]
"""What is shown: from and to which second of the recording."""


def edit(path: Path, edits: Sequence[Edit]) -> None:
    """Have a file with its index at the end show these parts of every track, and nothing else."""
    data = path.read_bytes()
    [movie] = (box for box in boxes(data) if box.kind == b"moov")
    parts = list(boxes(data, movie.body, movie.end))
    [header] = (part for part in parts if part.kind == b"mvhd")
    (movie_scale,) = struct.unpack_from(">I", data, header.body + 12)
    written = b"".join(
        _edited(data[part.start : part.end], movie_scale, edits)
        if part.kind == b"trak"
        else data[part.start : part.end]
        for part in parts
    )
    assert movie.end == len(data)
    path.write_bytes(data[: movie.start] + _box(b"moov", written))


def _edited(track: bytes, movie_scale: int, edits: Sequence[Edit]) -> bytes:
    kept, skipped, scale = [], 0, 0
    for part in boxes(track, 8):
        if part.kind == b"edts":
            # Decoding begins before what is shown first, where pictures are reordered.
            skipped = max(0, struct.unpack_from(">i", track, part.body + 8 + 8 + 4)[0])
            continue
        if part.kind == b"mdia":
            [header] = (box for box in boxes(track, part.body, part.end) if box.kind == b"mdhd")
            (scale,) = struct.unpack_from(">I", track, header.body + 12)
        kept.append(track[part.start : part.end])
    rows = b"".join(
        struct.pack(">IiI", round((end - begin) * movie_scale), skipped + round(begin * scale), 0x10000)
        for begin, end in edits
    )
    table = _box(b"elst", struct.pack(">II", 0, len(edits)) + rows)
    return _box(b"trak", b"".join([kept[0], _box(b"edts", table), *kept[1:]]))


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body
