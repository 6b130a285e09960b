"""The index of an MP4 or QuickTime file (ISO/IEC 14496-12, 8.4 to 8.8): when its samples are shown, where they lie.

It says in one read what ffprobe finds by seeking: how long every track really is and whether its last byte is there.
Only plain indexes are read; a file with fragments, edits in its middle or a compressed index has none.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, chain, islice, repeat
from typing import Final

from workers.plan.formats.cmaf import Box, MalformedMp4, boxes

MAX_INDEX_BYTES: Final = 32 * 1024 * 1024
"""Some 20 hours of picture and sound."""

_MAX_BOXES: Final = 64
_HEADER_BYTES: Final = 16
_WINDOW_BYTES: Final = 64 * 1024
_REORDERED: Final = 64
"""How many samples from the end may hold the one that is shown last: more than any codec reorders."""

_CUT_SECONDS: Final = 0.05
"""What an edit may leave out at the end of a track; more means that the edit ends it."""


MOST_SAMPLES: Final = 2_000_000
"""Nine hours at 60 frames per second."""

_ENCRYPTED: Final = (b"encv", b"enca", b"drmi", b"drms")

_NOT_PLAIN: Final = (MalformedMp4, struct.error, ValueError, ZeroDivisionError, LookupError, OverflowError)
"""What reading an index raises that is damaged or has more to it."""


@dataclass(frozen=True)
class IndexedTrack:
    """One track. ``end`` and ``last_start`` (of the last sample) in seconds of the presentation; ``last_byte`` is where
    its bytes end in the file."""

    samples: int
    last_start: float
    end: float
    last_byte: int


@dataclass(frozen=True)
class SampleTable:
    """Every sample of a track in decoding order: when it is shown (ticks of ``timescale`` from the start of the
    presentation), where it lies in the file and how large it is. ``keyframes`` counts samples from 0;
    ``description`` is the box that says how they are coded.
    """

    timescale: int
    shown: array[int]
    places: array[int]
    sizes: array[int]
    keyframes: array[int]
    description: bytes


def find_movie_box(size: int, read: Callable[[int, int], bytes]) -> bytes | None:
    """Return the body of the movie box of a file of ``size`` bytes, if it is plain; ``read`` takes a place and a
    length.
    """
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
    """Return the tracks in their order; None unless all of them are plain. ``movie`` is the body of a movie box."""
    try:
        movie_scale, traks = _parts(movie)
        return tuple(_track(movie, trak, movie_scale) for trak in traks)
    except _NOT_PLAIN:
        return None


def is_joined(movie: bytes) -> bool:
    """Return whether an edit list shows more than one part of some track one after another; then FFmpeg, asked for a
    time, may find another part than that in which it lies. ``movie`` is the body of a movie box.
    """
    try:
        lists = [
            list(_edits(movie, box))
            for trak in _parts(movie)[1]
            for box in _inside(movie, trak)
            if box.kind == b"elst"
        ]
    except _NOT_PLAIN:
        return False
    return any(sum(media_time >= 0 for _, media_time, _ in edits) > 1 for edits in lists)


def is_fragmented(movie: bytes) -> bool:
    """Return whether samples are told of in fragments behind ``movie``, which is the body of a movie box."""
    try:
        return any(part.kind == b"mvex" for part in boxes(movie))
    except _NOT_PLAIN:
        return False


def is_encrypted(movie: bytes) -> bool:
    """Return whether a track is coded in a way that only whoever has its key can read (ISO/IEC 14496-12, 8.12, and what
    iTunes sold). ``movie`` is the body of a movie box, also of a file with fragments.
    """
    try:
        return any(
            movie[box.body + 12 : box.body + 16] in _ENCRYPTED
            for trak in boxes(movie)
            if trak.kind == b"trak"
            for box in _inside(movie, trak)
            if box.kind == b"stsd"
        )
    except _NOT_PLAIN:
        return False


def read_samples(movie: bytes, number: int) -> SampleTable | None:
    """Return the samples of a track of a plain index, by its number from 0; None if they are too many or not told
    plainly.
    """
    try:
        movie_scale, traks = _parts(movie)
        return _sample_table(movie, traks[number], movie_scale)
    except _NOT_PLAIN:
        return None


def _parts(movie: bytes) -> tuple[int, list[Box]]:
    """Return the time scale of the whole, and the tracks."""
    parts = list(boxes(movie))
    if any(part.kind in (b"mvex", b"cmov") for part in parts):
        raise MalformedMp4("fragments, or a compressed index")
    [header] = (part for part in parts if part.kind == b"mvhd")
    return _timescale(movie, header), [part for part in parts if part.kind == b"trak"]


def _track(movie: bytes, trak: Box, movie_scale: int) -> IndexedTrack:
    inside = {box.kind: box for box in _inside(movie, trak)}
    scale = _timescale(movie, inside[b"mdhd"])
    counts, deltas = _table(movie, inside[b"stts"], 2)
    samples, length = sum(counts), sum(map(int.__mul__, counts, deltas))
    if not samples:
        return IndexedTrack(0, 0.0, 0.0, 0)
    delay, skipped = _edit(movie, inside.get(b"elst"), movie_scale, scale, length)
    delays = _from_end(*_table(movie, inside[b"ctts"], 2)) if b"ctts" in inside else repeat(0)
    last_start, end = _last_shown(counts, deltas, map(_signed, delays))

    def seconds(ticks: int) -> float:
        return delay + (ticks - skipped) / scale

    return IndexedTrack(samples, seconds(last_start), seconds(end), _last_byte(movie, inside, samples))


def _sample_table(movie: bytes, trak: Box, movie_scale: int) -> SampleTable:
    inside = {box.kind: box for box in _inside(movie, trak)}
    scale = _timescale(movie, inside[b"mdhd"])
    counts, deltas = _table(movie, inside[b"stts"], 2)
    total, length = sum(counts), sum(map(int.__mul__, counts, deltas))
    if not 0 < total <= MOST_SAMPLES:
        raise MalformedMp4("no samples, or too many")
    [description] = boxes(movie, inside[b"stsd"].body + 8, inside[b"stsd"].end)
    delay, skipped = _edit(movie, inside.get(b"elst"), movie_scale, scale, length)
    start = round(delay * scale) - skipped
    shown = array("q", accumulate(islice(_each(counts, deltas), total - 1), initial=start))
    if b"ctts" in inside:
        delays = map(_signed, islice(_each(*_table(movie, inside[b"ctts"], 2)), total))
        shown = array("q", (time + delay for time, delay in zip(shown, delays, strict=True)))
    sizes = _sizes(movie, inside, 0, total)
    return SampleTable(
        timescale=scale,
        shown=shown,
        places=_places(movie, inside, sizes),
        sizes=sizes,
        keyframes=_keyframes(movie, inside, total),
        description=movie[description.start : description.end],
    )


def _each(counts: Iterable[int], values: Iterable[int]) -> Iterator[int]:
    return chain.from_iterable(repeat(value, count) for count, value in zip(counts, values, strict=True))


def _signed(offset: int) -> int:
    return offset - (1 << 32) if offset >> 31 else offset


def _sizes(movie: bytes, inside: dict[bytes, Box], first: int, end: int) -> array[int]:
    """Sizes of the samples from number ``first`` to ``end``, exclusive."""
    box = inside[b"stsz"]
    same, count = struct.unpack_from(">II", movie, box.body + 4)
    if not 0 <= first < end <= count or end - first > MOST_SAMPLES:
        raise MalformedMp4("sizes of samples are missing, or too many")
    if same:
        return array("I", [same]) * (end - first)
    return _numbers(movie, box.body + 12 + 4 * first, box.end, end - first)


def _places(movie: bytes, inside: dict[bytes, Box], sizes: array[int]) -> array[int]:
    chunks = _chunk_places(movie, inside)
    firsts, per_chunk, _ = _table(movie, inside[b"stsc"], 3)
    lasts = [*(first - 1 for first in firsts[1:]), len(chunks)]
    runs = [(last - first + 1, count) for first, last, count in zip(firsts, lasts, per_chunk, strict=True)]
    # Or what is small in a file might be endless here.
    if firsts[0] != 1 or any(number < 1 or count < 1 for number, count in runs):
        raise MalformedMp4("chunks are not told in their order")
    if sum(number * count for number, count in runs) != len(sizes):
        raise MalformedMp4("places of samples are missing")
    places, sample = array("Q"), 0
    for first, last, count in zip(firsts, lasts, per_chunk, strict=True):
        for chunk in range(first - 1, last):
            places.extend(accumulate(sizes[sample : sample + count - 1], initial=chunks[chunk]))
            sample += count
    return places


def _chunk_places(movie: bytes, inside: dict[bytes, Box]) -> array[int]:
    if b"co64" in inside:
        return _table(movie, inside[b"co64"], 1, "Q")[0]
    return _table(movie, inside[b"stco"], 1)[0]


def _keyframes(movie: bytes, inside: dict[bytes, Box], total: int) -> array[int]:
    if b"stss" not in inside:
        return array("I", range(total))
    [numbers] = _table(movie, inside[b"stss"], 1)
    if any(not 1 <= number <= total for number in numbers):
        raise MalformedMp4("a keyframe that is not there")
    return array("I", (number - 1 for number in numbers))


_WITHIN: Final = {b"trak": (b"mdia", b"edts"), b"mdia": (b"minf",), b"minf": (b"stbl",)}
"""Which containers of a track are looked into."""


def _inside(movie: bytes, parent: Box) -> Iterator[Box]:
    for box in boxes(movie, parent.body, parent.end):
        yield box
        if box.kind in _WITHIN.get(parent.kind, ()):
            yield from _inside(movie, box)


def _timescale(movie: bytes, header: Box) -> int:
    return int(struct.unpack_from(">I", movie, header.body + (20 if movie[header.body] == 1 else 12))[0])


def _table(movie: bytes, box: Box, columns: int, code: str = "I") -> list[array[int]]:
    """Return the columns of a table that follows a count."""
    (rows,) = struct.unpack_from(">I", movie, box.body + 4)
    values = _numbers(movie, box.body + 8, box.end, rows * columns, code)
    return [values[column::columns] for column in range(columns)]


def _numbers(movie: bytes, start: int, end: int, count: int, code: str = "I") -> array[int]:
    values = array(code)
    if count * values.itemsize > end - start:
        raise MalformedMp4("a table is cut off")
    values.frombytes(movie[start : start + count * values.itemsize])
    if sys.byteorder == "little":
        values.byteswap()
    return values


def _edit(movie: bytes, box: Box | None, movie_scale: int, scale: int, length: int) -> tuple[float, int]:
    """Seconds before the track begins, and ticks of it that are skipped. Raises ``MalformedMp4`` if there is more."""
    edits = [] if box is None else list(_edits(movie, box))
    delay = 0.0
    if edits and edits[0][1] == -1:
        delay = edits.pop(0)[0] / movie_scale
    if not edits:
        return delay, 0
    [(duration, skipped, rate)] = edits if len(edits) == 1 else [(0, -1, 0)]
    cut = (length - skipped) / scale - duration / movie_scale
    if not (0 <= skipped < length and rate == 0x10000 and cut <= _CUT_SECONDS):
        raise MalformedMp4("edited in the middle")
    return delay, skipped


def _edits(movie: bytes, box: Box) -> Iterator[tuple[int, int, int]]:
    form = ">QqI" if movie[box.body] == 1 else ">IiI"
    (count,) = struct.unpack_from(">I", movie, box.body + 4)
    for number in range(min(count, 3)):
        duration, media_time, rate = struct.unpack_from(
            form, movie, box.body + 8 + number * struct.calcsize(form)
        )
        yield duration, media_time, rate


def _last_shown(counts: array[int], deltas: array[int], delays: Iterable[int]) -> tuple[int, int]:
    """Ticks at which the sample that is shown last begins, and at which everything has ended; decoding order is another
    one. ``delays`` from decoding to showing count from the end.
    """
    decoded = sum(map(int.__mul__, counts, deltas))
    starts, ends = [], []
    for _, duration, delay in zip(range(_REORDERED), _from_end(counts, deltas), delays, strict=False):
        decoded -= duration
        starts.append(decoded + delay)
        ends.append(decoded + delay + duration)
    return max(starts), max(ends)


def _from_end(counts: array[int], values: array[int]) -> Iterator[int]:
    return _each(reversed(counts), reversed(values))


def _last_byte(movie: bytes, inside: dict[bytes, Box], samples: int) -> int:
    """Return where the last chunk ends, and no chunk ends later in a file that was written from its beginning to its
    end; where chunks lie in another order, the furthest one counts with the size of the last.
    """
    places = _chunk_places(movie, inside)
    firsts, per_chunk, _ = _table(movie, inside[b"stsc"], 3)
    before = 0
    for number, count in enumerate(per_chunk[:-1]):
        before += (firsts[number + 1] - firsts[number]) * count
    before += (len(places) - firsts[-1]) * per_chunk[-1]
    return max(places) + sum(_sizes(movie, inside, before, samples))
