"""Fragments of MP4 in which no frame is shown before it is decoded, and the edit list that makes up for that.

Negative composition offsets (ISO/IEC 14496-12, 8.6.1.3) would need no edit list. But FFmpeg and GStreamer take the most
negative one for a delay of the track, and show the picture so much later than the sound.
"""

from __future__ import annotations

import struct

from workers.plan.formats.boxes import box, full_box
from workers.plan.formats.cmaf import find_box, find_boxes


def with_edit(moov: bytes, begin: int) -> bytes:
    """Return the same ``moov`` with an edit list: its track is presented from ``begin`` ticks on."""
    track = find_box(moov, b"trak")
    header = find_box(moov, b"tkhd")
    edit = box(b"edts", full_box(b"elst", 0, 0, struct.pack(">IIiI", 1, 0, begin, 0x10000)))
    return _grown(moov[: header.end] + edit + moov[header.end :], len(edit), 0, track.start)


def delayed(moof: bytes, ticks: int) -> bytes:
    """Return the same ``moof`` with each frame shown by ``ticks`` later."""
    result = moof
    # From the last one, so that places before it stay.
    for run in reversed(list(find_boxes(moof, b"trun"))):
        (flags, count), at = struct.unpack_from(">II", moof, run.body), run.body + 8
        optional = (flags & 0x1, flags & 0x4)
        at += 4 * sum(map(bool, optional))
        before = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400))
        width = before + 4 * bool(flags & 0x800)
        rows = [moof[at + width * number :][:width] for number in range(count)]
        offsets = (struct.unpack(">i", row[before:])[0] if flags & 0x800 else 0 for row in rows)
        written = b"".join(
            row[:before] + struct.pack(">i", offset + ticks)
            for row, offset in zip(rows, offsets, strict=True)
        )
        head = struct.pack(">I", 1 << 24 | flags & 0xFFFFFF | 0x800) + moof[run.body + 4 : at]
        result = result[: run.body] + head + written + result[run.end :]
        if more := len(written) - count * width:
            result = _grown(result, more, 0, find_box(moof, b"traf").start, run.start)
            if flags & 0x1:
                place = struct.unpack_from(">i", result, run.body + 8)[0] + more
                result = result[: run.body + 8] + struct.pack(">i", place) + result[run.body + 12 :]
    return result


def _grown(data: bytes, more: int, *places: int) -> bytes:
    """Return the same bytes with the boxes at ``places`` said to be larger."""
    result = bytearray(data)
    for place in places:
        struct.pack_into(">I", result, place, struct.unpack_from(">I", data, place)[0] + more)
    return bytes(result)
