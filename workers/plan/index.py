"""The index of an MP4 or QuickTime file (ISO/IEC 14496-12, 8.4 to 8.8): when its samples are shown, where they lie.

It says in one read what ffprobe finds by seeking: how long every track really is and whether its last byte is there.
Only plain indexes are read; a file with fragments, edits in its middle or a compressed index has none.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from workers.plan.cmaf import Box, MalformedMp4, boxes
from workers.plan.probe import MediaInfo, Packets

MAX_INDEX_BYTES: Final = 32 * 1024 * 1024
"""Some 20 hours of picture and sound."""

_MAX_BOXES: Final = 64
_HEADER_BYTES: Final = 16
_WINDOW_BYTES: Final = 64 * 1024
_REORDERED: Final = 64
"""How many samples from the end may hold the one that is shown last: more than any codec reorders."""

_CUT_SECONDS: Final = 0.05
"""What an edit may leave out at the end of a track; more means that the edit ends it."""


@dataclass(frozen=True)
class IndexedTrack:
    """One track. ``start`` and ``end`` in seconds of the presentation (negative for what players skip),
    ``last_byte`` is where its bytes end in the file."""

    samples: int
    start: float
    end: float
    last_byte: int


def find_index(size: int, read: Callable[[int, int], bytes]) -> bytes | None:
    """The body of the movie box of a file of ``size`` bytes, if it is plain; ``read`` takes a place and a length."""
    at, window_start, window = 0, 0, b""
    for _ in range(_MAX_BOXES):
        if at + _HEADER_BYTES > window_start + len(window):
            window_start, window = at, read(at, min(_WINDOW_BYTES, size - at))
        header = window[at - window_start :]
        if len(header) < _HEADER_BYTES:
            return None
        length, kind = struct.unpack_from(">I4s", header)
        skipped = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", header, 8)
            skipped = 16
        if length < skipped or at + length > size or kind == b"moof":
            return None
        if kind == b"moov":
            if length > MAX_INDEX_BYTES:
                return None
            whole = header[:length] if length <= len(header) else read(at, length)
            return whole[skipped:]
        at += length
    return None


def read_index(movie: bytes) -> tuple[IndexedTrack, ...] | None:
    """The tracks in their order; None unless all of them are plain. ``movie`` is the body of a movie box."""
    try:
        parts = list(boxes(movie))
        if any(part.kind in (b"mvex", b"cmov") for part in parts):
            return None
        (header,) = (part for part in parts if part.kind == b"mvhd")
        movie_scale = _timescale(movie, header)
        tracks = [_track(movie, part, movie_scale) for part in parts if part.kind == b"trak"]
    except (MalformedMp4, struct.error, ValueError, ZeroDivisionError, LookupError, OverflowError):
        return None
    plain = tuple(track for track in tracks if track is not None)
    return plain if len(plain) == len(tracks) else None


def last_packets(tracks: Sequence[IndexedTrack], media: MediaInfo) -> Packets:
    """What ffprobe would find in the packets, with the streams of ``media`` in the order of ``tracks``."""
    ends = [track.end - media.start for track in tracks]
    picture = media.video.index if media.video else None
    return Packets(
        pictures=0 if picture is None else tracks[picture].samples,
        picture_end=0.0 if picture is None else ends[picture],
        end=max(ends),
        played_end=max(ends[index] for index in media.used_streams),
    )


def _track(movie: bytes, trak: Box, movie_scale: int) -> IndexedTrack | None:
    inside = {box.kind: box for box in _inside(movie, trak)}
    scale = _timescale(movie, inside[b"mdhd"])
    counts, deltas = _table(movie, inside[b"stts"], 2)
    samples, length = sum(counts), sum(map(int.__mul__, counts, deltas))
    if not samples:
        return IndexedTrack(0, 0.0, 0.0, 0)
    edit = _edit(movie, inside.get(b"elst"), movie_scale, scale, length)
    if edit is None:
        return None
    delay, skipped = edit
    shown = length if b"ctts" not in inside else _shown_end(movie, inside[b"ctts"], counts, deltas, length)
    return IndexedTrack(
        samples,
        delay - skipped / scale,
        delay + (shown - skipped) / scale,
        _last_byte(movie, inside, samples),
    )


def _inside(movie: bytes, parent: Box) -> Iterator[Box]:
    for box in boxes(movie, parent.body, parent.end):
        yield box
        if box.kind in (b"mdia", b"minf", b"stbl", b"edts"):
            yield from _inside(movie, box)


def _timescale(movie: bytes, header: Box) -> int:
    return int(struct.unpack_from(">I", movie, header.body + (20 if movie[header.body] == 1 else 12))[0])


def _table(movie: bytes, box: Box, columns: int, code: str = "I") -> list[array[int]]:
    """The columns of a table that follows a count."""
    (rows,) = struct.unpack_from(">I", movie, box.body + 4)
    item = array(code).itemsize
    values = array(code)
    values.frombytes(movie[box.body + 8 : box.end][: rows * columns * item])
    if len(values) != rows * columns:
        raise MalformedMp4(f"{box.kind!r} is cut off")
    if sys.byteorder == "little":
        values.byteswap()
    return [values[column::columns] for column in range(columns)]


def _edit(
    movie: bytes, box: Box | None, movie_scale: int, scale: int, length: int
) -> tuple[float, int] | None:
    """Seconds before the track begins and ticks of it that are skipped; None if there is more to it."""
    edits = [] if box is None else list(_edits(movie, box))
    delay = 0.0
    if edits and edits[0][1] == -1:
        delay = edits.pop(0)[0] / movie_scale
    if not edits:
        return delay, 0
    [(duration, skipped, rate)] = edits if len(edits) == 1 else [(0, -1, 0)]
    cut = (length - skipped) / scale - duration / movie_scale
    return (delay, skipped) if skipped >= 0 and rate == 0x10000 and cut <= _CUT_SECONDS else None


def _edits(movie: bytes, box: Box) -> Iterator[tuple[int, int, int]]:
    form = ">QqI" if movie[box.body] == 1 else ">IiI"
    (count,) = struct.unpack_from(">I", movie, box.body + 4)
    for number in range(min(count, 3)):
        duration, media_time, rate = struct.unpack_from(
            form, movie, box.body + 8 + number * struct.calcsize(form)
        )
        yield duration, media_time, rate


def _shown_end(movie: bytes, box: Box, counts: array[int], deltas: array[int], length: int) -> int:
    """Ticks at which the sample that is shown last ends; decoding order is another one."""
    offset_counts, offsets = _table(movie, box, 2)
    durations = _from_end(counts, deltas)
    delays = (offset - (1 << 32) if offset >> 31 else offset for offset in _from_end(offset_counts, offsets))
    end, ends = length, []
    for _, duration, delay in zip(range(_REORDERED), durations, delays, strict=False):
        ends.append(end + delay)
        end -= duration
    return max(ends, default=length)


def _from_end(counts: array[int], values: array[int]) -> Iterator[int]:
    for count, value in zip(reversed(counts), reversed(values), strict=True):
        for _ in range(count):
            yield value


def _last_byte(movie: bytes, inside: dict[bytes, Box], samples: int) -> int:
    """Where the last chunk ends, and no chunk ends later in a file that was written from its beginning to its end;
    where chunks lie in another order, the furthest one counts with the size of the last."""
    if b"co64" in inside:
        [places] = _table(movie, inside[b"co64"], 1, "Q")
    else:
        [places] = _table(movie, inside[b"stco"], 1)
    firsts, per_chunk, _ = _table(movie, inside[b"stsc"], 3)
    before = 0
    for number, count in enumerate(per_chunk[:-1]):
        before += (firsts[number + 1] - firsts[number]) * count
    before += (len(places) - firsts[-1]) * per_chunk[-1]
    return max(places) + _bytes(movie, inside, before, samples)


def _bytes(movie: bytes, inside: dict[bytes, Box], first: int, end: int) -> int:
    """Size of the samples from number ``first`` to ``end``, exclusive."""
    box = inside.get(b"stsz")
    if box is None or not 0 <= first < end:
        raise MalformedMp4("the sizes of samples are not told plainly")
    same, count = struct.unpack_from(">II", movie, box.body + 4)
    if count < end:
        raise MalformedMp4("sizes of samples are missing")
    if same:
        return int(same) * (end - first)
    return sum(struct.unpack_from(f">{end - first}I", movie, box.body + 12 + 4 * first))
