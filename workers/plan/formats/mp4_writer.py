"""Whole MP4 files from the fragments of chunks (ISO/IEC 14496-12): nothing is encoded again.

The index stands first, so that a file plays while it loads; then come the samples of all tracks, in turns of some
seconds, so that picture and sound that belong together lie near each other. What lies between two fragments where
they are stored may come along: no sample is there, so nobody reads it, and both are taken by one request.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from workers.plan.formats.boxes import MATRIX, box, full_box
from workers.plan.formats.cmaf import Box, Fragment, MalformedMp4, Track, boxes, read_track

MOVIE_TIMESCALE: Final = 1000
"""Ticks per second of the file as a whole."""

VIDEO_BRANDS: Final = (b"isom", b"iso2", b"avc1", b"mp41")
SOUND_BRANDS: Final = (b"M4A ", b"mp42", b"isom")
"""What the file calls itself first, then what else it conforms to (ISO/IEC 14496-12, annex E; 14496-14)."""

TURN_SECONDS: Final = 12
"""How long the other tracks wait while one has its turn."""

_LONG: Final = 1 << 32
_IN_USE: Final = 3
"""Track flags: enabled, part of the presentation."""


@dataclass(frozen=True)
class _Piece:
    """A fragment: its time in ticks, how many samples, bytes of them, and bytes between it and the one before."""

    time: int
    count: int
    size: int
    gap: int | None


@dataclass
class Samples:
    """All samples of one track, gathered fragment by fragment. ``moov`` is that of its initialization segment."""

    moov: bytes
    track: Track = field(init=False)
    sizes: array[int] = field(default_factory=lambda: array("I"))
    durations: array[int] = field(default_factory=lambda: array("I"))
    offsets: array[int] = field(default_factory=lambda: array("i"))
    keyframes: array[int] = field(default_factory=lambda: array("I"))
    pieces: list[_Piece] = field(default_factory=list)
    duration: int = 0

    def __post_init__(self) -> None:
        self.track = read_track(self.moov)

    def add(self, fragment: Fragment, gap: int | None = None) -> None:
        """Append a fragment, whose media lie ``gap`` bytes behind those of the one before; None if elsewhere. Raises
        ``MalformedMp4`` unless it begins where the one before ended."""
        if fragment.decode_time != self.duration:
            raise MalformedMp4(f"a fragment is at {fragment.decode_time} instead of {self.duration}")
        size = sum(sample.size for sample in fragment.samples)
        self.pieces.append(_Piece(self.duration, len(fragment.samples), size, gap))
        for sample in fragment.samples:
            if sample.keyframe:
                self.keyframes.append(len(self.sizes) + 1)
            self.sizes.append(sample.size)
            self.durations.append(sample.duration)
            self.offsets.append(sample.offset)
        self.duration += fragment.duration

    @property
    def seconds(self) -> float:
        """How long the track is."""
        return self.duration / self.track.timescale


@dataclass(frozen=True)
class Run:
    """``size`` bytes of the next ``count`` samples of a track, by its number, after ``gap`` bytes that come along."""

    track: int
    count: int
    size: int
    gap: int


@dataclass(frozen=True)
class Movie:
    """A file: ``head``, then the bytes of each run with its gap. ``size`` is that of the whole file."""

    head: bytes
    runs: tuple[Run, ...]
    size: int


def lay_out(tracks: Sequence[Samples], brands: Sequence[bytes]) -> Movie:
    """Return the file that holds all samples of ``tracks``. Raises ``MalformedMp4`` for a track without any."""
    if not all(samples.sizes for samples in tracks):
        raise MalformedMp4("a track has no samples")
    runs = tuple(_in_turn(tracks))
    kind = box(b"ftyp", brands[0], struct.pack(">I", 0x200), *brands)
    media = sum(run.gap + run.size for run in runs)
    # 64 MiB is more than any index takes: 12 hours are 2.6 million frames of some 20 bytes.
    wide = media + (1 << 26) >= _LONG
    opening = (
        struct.pack(">I4sQ", 1, b"mdat", media + 16) if wide else struct.pack(">I4s", media + 8, b"mdat")
    )
    # The index tells places in the file and is as long whichever they are.
    length = len(_index(tracks, runs, 0, wide=wide))
    before = len(kind) + length + len(opening)
    head = kind + _index(tracks, runs, before, wide=wide) + opening
    return Movie(head, runs, len(head) + media)


def _in_turn(tracks: Sequence[Samples]) -> Iterator[Run]:
    """All fragments by turn; in one turn those of the first track come first."""
    turns = sorted(
        (piece.time // (samples.track.timescale * TURN_SECONDS), number, place)
        for number, samples in enumerate(tracks)
        for place, piece in enumerate(samples.pieces)
    )
    before = None
    for _turn, number, place in turns:
        piece = tracks[number].pieces[place]
        yield Run(number, piece.count, piece.size, (piece.gap or 0) if before == number else 0)
        before = number


def _index(tracks: Sequence[Samples], runs: Sequence[Run], start: int, *, wide: bool) -> bytes:
    places: list[list[tuple[int, int]]] = [[] for _ in tracks]
    for run in runs:
        places[run.track].append((start + run.gap, run.count))
        start += run.gap + run.size
    duration = max(_movie_time(samples) for samples in tracks)
    header = full_box(
        b"mvhd",
        0,
        0,
        struct.pack(">IIII", 0, 0, MOVIE_TIMESCALE, duration),
        struct.pack(">IH10x", 0x10000, 0x100),
        MATRIX,
        bytes(24),
        struct.pack(">I", len(tracks) + 1),
    )
    parts = [_track(number + 1, samples, places[number], wide) for number, samples in enumerate(tracks)]
    return box(b"moov", header, *parts)


def _track(number: int, samples: Samples, places: Sequence[tuple[int, int]], wide: bool) -> bytes:
    sound = samples.track.codecs.startswith("mp4a")
    duration = _movie_time(samples)
    header = full_box(
        b"tkhd",
        0,
        _IN_USE,
        struct.pack(">IIIII8x", 0, 0, number, 0, duration),
        struct.pack(">HHHH", 0, 0, 0x100 if sound else 0, 0),
        MATRIX,
        struct.pack(">II", samples.track.width << 16, samples.track.height << 16),
    )
    # Frames are decoded in another order than shown. Times of showing count from an origin at which none is negative,
    # and the edit list says that the presentation begins there: older players know no negative offsets.
    delay = max(0, -min(samples.offsets))
    edits = (
        box(b"edts", full_box(b"elst", 0, 0, struct.pack(">IIiI", 1, duration, delay, 0x10000)))
        if delay
        else b""
    )
    long = samples.duration >= _LONG
    media_header = full_box(
        b"mdhd",
        int(long),
        0,
        struct.pack(">QQIQ" if long else ">IIII", 0, 0, samples.track.timescale, samples.duration),
        _language(samples.moov),
        bytes(2),
    )
    media = _inside(samples.moov, b"trak", b"mdia")
    information = _inside(media, b"minf")
    table = box(
        b"stbl",
        _child(_inside(information, b"stbl"), b"stsd"),
        _counted(b"stts", ">II", _repeats(samples.durations)),
        _counted(b"ctts", ">II", _repeats(offset + delay for offset in samples.offsets))
        if any(samples.offsets)
        else b"",
        _numbers(b"stss", samples.keyframes) if len(samples.keyframes) < len(samples.sizes) else b"",
        _counted(b"stsc", ">III", _changes(count for _place, count in places)),
        full_box(b"stsz", 0, 0, struct.pack(">II", 0, len(samples.sizes)), _big_endian(samples.sizes)),
        _counted(b"co64" if wide else b"stco", ">Q" if wide else ">I", [(place,) for place, _ in places]),
    )
    return box(
        b"trak",
        header,
        edits,
        box(
            b"mdia",
            media_header,
            _child(media, b"hdlr"),
            box(
                b"minf",
                _child(information, b"smhd" if sound else b"vmhd"),
                _child(information, b"dinf"),
                table,
            ),
        ),
    )


def _movie_time(samples: Samples) -> int:
    """Rounded up, so that no player leaves the last frame out."""
    return -(-samples.duration * MOVIE_TIMESCALE // samples.track.timescale)


def _language(moov: bytes) -> bytes:
    header = _child(_inside(moov, b"trak", b"mdia"), b"mdhd")
    at = 40 if header[8] == 1 else 28
    return header[at : at + 2]


def _repeats(values: Iterable[int]) -> list[tuple[int, int]]:
    """Return how often each value stands there in a row, and the value."""
    return [(sum(1 for _ in group), value) for value, group in groupby(values)]


def _changes(counts: Iterable[int]) -> list[tuple[int, int, int]]:
    """For each change of the number of samples in a run: the run, the number, the sample description."""
    entries: list[tuple[int, int, int]] = []
    for number, count in enumerate(counts, start=1):
        if not entries or entries[-1][1] != count:
            entries.append((number, count, 1))
    return entries


def _counted(kind: bytes, form: str, entries: Sequence[tuple[int, ...]]) -> bytes:
    body = b"".join(struct.pack(form, *entry) for entry in entries)
    return full_box(kind, 0, 0, struct.pack(">I", len(entries)), body)


def _numbers(kind: bytes, values: array[int]) -> bytes:
    return full_box(kind, 0, 0, struct.pack(">I", len(values)), _big_endian(values))


def _big_endian(values: array[int]) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def _inside(data: bytes, *path: bytes) -> bytes:
    """A container with its header, by the way to it. ``data`` is a container with its header itself."""
    for kind in path:
        data = _child(data, kind)
    return data


def _child(container: bytes, kind: bytes) -> bytes:
    found: Box | None = next((box for box in boxes(container, 8) if box.kind == kind), None)
    if found is None:
        raise MalformedMp4(f"no {kind.decode()} box")
    return container[found.start : found.end]
