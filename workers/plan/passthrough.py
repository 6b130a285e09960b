"""The author's own encoding, served as it is where it conforms: nothing of it is decoded or encoded again.

It must be cut where the other rungs are cut, so its keyframes decide where that is. Only what every player takes is
taken over: H.264 up to level 4.2 with 4:2:0 colour, one parameter set, a constant rate, and at each cut a keyframe
which nothing that is decoded later precedes (a closed GOP).
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from math import ceil, floor
from typing import Final

from workers.plan.formats.boxes import MATRIX, box, full_box
from workers.plan.formats.cmaf import MalformedMp4, boxes
from workers.plan.formats.mp4_index import IndexedTrack, SampleTable
from workers.plan.source.probe import HD_LINES, MediaInfo, VideoStream

SHORTEST_SEGMENT: Final = Fraction(7, 2)
LONGEST_SEGMENT: Final = Fraction(13, 2)
"""Seconds between which the usual length of a segment may give way to the source's keyframes."""

LONGER_SOUND: Final = 0.1
"""Seconds by which sound may outlast the picture: encoders fill their last frame."""

PEAK: Final = 2
"""How far above its mean the bit rate of one segment may be."""

_PROFILES: Final = {66, 77, 100}
_HIGHEST_LEVEL: Final = 42
_UNIT_TYPE: Final = 0x1F
_IDR: Final = 5
_PARAMETERS: Final = (7, 8)
"""Kinds of NAL unit: sequence and picture parameter sets (ITU-T H.264, table 7-1)."""

_SAMPLE_ENTRY: Final = 78
_OFF: Final = Fraction(2, 5)
"""Share of a frame's time by which a frame may stand beside its place on the grid: the nearest place is its own."""

_NON_SYNC: Final = 0x0101_0000
_SYNC: Final = 0x0200_0000
"""Sample flags: depends on others and cannot be entered; depends on none."""


@dataclass(frozen=True)
class SourceEncoding:
    """A source's encoding that can be served: its bit rate in kbit/s, and how it can be cut."""

    frames: int
    segment_frames: int
    bit_rate: int
    configuration: str
    """``avcC``, the decoder configuration (ISO/IEC 14496-15), in hexadecimal."""

    @property
    def avc_c(self) -> bytes:
        """The decoder configuration."""
        return bytes.fromhex(self.configuration)


@dataclass(frozen=True)
class Frame:
    """A frame in decoding order: where it is shown (a number on the grid), where its bytes lie."""

    shown: int
    place: int
    size: int
    keyframe: bool


def may_conform(video: VideoStream, track: IndexedTrack) -> bool:
    """What can be said at once, before every sample is looked at: the picture is plain and its rate constant."""
    return _is_plain(video) and abs(track.end * float(video.nominal_rate) - track.samples) < 1


def source_encoding(
    media: MediaInfo, table: SampleTable, rate: Fraction, duration: float, usual: float
) -> SourceEncoding | None:
    """What of a source can be served as it is at a constant ``rate``; None if it does not conform. ``duration`` is
    that of the whole source, ``usual`` the length of a segment, both in seconds.
    """
    video = media.video
    if video is None or not _is_plain(video):
        return None
    configuration = _configuration(table.description)
    if configuration is None:
        return None
    shown = _on_grid(table, rate)
    if shown is None or duration - float(len(shown) / rate) > LONGER_SOUND:
        return None
    segment = _segment(shown, table.keyframes, rate, usual)
    if segment is None:
        return None
    segments = [sum(table.sizes[start : start + segment]) for start in range(0, len(shown), segment)]
    mean = sum(segments) / len(shown) * segment
    if max(segments) > PEAK * mean or _overlap(table):
        return None
    return SourceEncoding(
        len(shown), segment, round(mean * 8 / 1000 * float(rate / segment)), configuration.hex()
    )


def frames_of(table: SampleTable, rate: Fraction, start: int, count: int) -> list[Frame]:
    """The frames of a chunk that begins at a cut. Raises ``MalformedMp4`` if there are not so many."""
    shown = _numbers(table.shown[start : start + count], table.timescale, rate)
    if sorted(shown) != list(range(start, start + count)):
        raise MalformedMp4("the source is not what was planned")
    keyframes = set(table.keyframes)
    return [
        Frame(number, table.places[sample], table.sizes[sample], sample in keyframes)
        for sample, number in enumerate(shown, start=start)
    ]


def initialization(configuration: bytes, width: int, height: int, timescale: int) -> bytes:
    """The initialization segment of a rendition with this decoder configuration."""
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
    """The ``moof`` box of a segment and the header of the ``mdat`` box that follows. ``number`` counts segments,
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


def check_frame(frame: bytes, configuration: bytes, *, at_cut: bool) -> None:
    """Raise ``MalformedMp4`` if a frame is damaged, or brings other parameter sets than ``configuration`` has: the
    picture's size, for one, would be another from there on. ``at_cut`` a decoder must also forget all that was before
    (an IDR picture, ITU-T H.264, 7.4.1.2.4): files call some frames keyframes that only most decoders can begin with.
    """
    anew = False
    for unit in _units(frame, configuration):
        kind = unit[0] & _UNIT_TYPE
        anew |= kind == _IDR
        if kind in _PARAMETERS and unit not in configuration:
            raise MalformedMp4("the parameters of the picture change in the middle")
    if at_cut and not anew:
        raise MalformedMp4("nothing begins anew where it is to be cut")


def _units(frame: bytes, configuration: bytes) -> Iterator[bytes]:
    """The NAL units of a frame (ISO/IEC 14496-15, 5.3.3). Raises ``MalformedMp4`` if they do not fill it."""
    width, at = (configuration[4] & 3) + 1, 0
    while at < len(frame):
        start = at + width
        at = start + int.from_bytes(frame[at:start], "big")
        if not start < at <= len(frame):
            raise MalformedMp4("a frame is damaged")
        yield frame[start:at]


def _is_plain(video: VideoStream) -> bool:
    size = (video.width, video.height)
    hd_or_tagged = video.color_space == "bt709" or (video.color_space == "unknown" and min(size) >= HD_LINES)
    return (
        video.codec == "h264"
        and video.pixel_format == "yuv420p"
        and video.declared_fields == "progressive"
        and video.color == "sdr"
        and hd_or_tagged
        and video.coded_size == size
        and abs(video.start) < 0.001
    )


def _configuration(description: bytes) -> bytes | None:
    """The decoder configuration of an ``avc1`` sample entry, if it is one that every player takes."""
    try:
        entry = next(boxes(description))
        inside = list(boxes(description, entry.body + _SAMPLE_ENTRY, entry.end))
    except MalformedMp4:
        return None
    found = next((description[each.body : each.end] for each in inside if each.kind == b"avcC"), b"")
    if entry.kind != b"avc1":
        return None
    if len(found) < 7 or found[0] != 1 or found[5] & 0x1F != 1:
        return None
    return found if found[1] in _PROFILES and found[3] <= _HIGHEST_LEVEL else None


def _on_grid(table: SampleTable, rate: Fraction) -> array[int] | None:
    """The number of each frame on the grid, in decoding order; None unless each place has exactly one frame."""
    numbers = _numbers(table.shown, table.timescale, rate)
    per_tick = rate / table.timescale
    furthest = max(
        abs(time * per_tick.numerator - number * per_tick.denominator)
        for time, number in zip(table.shown, numbers, strict=True)
    )
    if furthest > _OFF * per_tick.denominator or sorted(numbers) != list(range(len(numbers))):
        return None
    return numbers


def _numbers(times: Sequence[int], timescale: int, rate: Fraction) -> array[int]:
    """The nearest place on the grid for each time."""
    per_tick = rate / timescale
    numerator, denominator = 2 * per_tick.numerator, 2 * per_tick.denominator
    return array("q", ((time * numerator + per_tick.denominator) // denominator for time in times))


def _segment(shown: Sequence[int], keyframes: Sequence[int], rate: Fraction, usual: float) -> int | None:
    """Frames of a segment, as near to the usual length as can be, with a cut at each multiple; None if none fits."""
    latest = list(accumulate(shown, max, initial=-1))
    cuts = {number for number in keyframes if shown[number] == number and latest[number] == number - 1}
    candidates = range(ceil(SHORTEST_SEGMENT * rate), floor(LONGEST_SEGMENT * rate) + 1)
    for length in sorted(candidates, key=lambda length: abs(length - usual * rate)):
        if all(cut in cuts for cut in range(0, len(shown), length)):
            return length
    return None


def _overlap(table: SampleTable) -> bool:
    """Whether bytes belong to two frames: a small file could so become a large one."""
    lying = sorted(zip(table.places, table.sizes, strict=True))
    return any(place + size > after for (place, size), (after, _) in pairwise(lying))
