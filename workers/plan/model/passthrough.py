"""The author's own encoding, served as it is where it conforms: nothing of it is decoded or encoded again.

It must be cut where the other rungs are cut, so its keyframes decide where that is. Only what every player takes is
taken over: H.264 up to level 4.2 with 4:2:0 colour, one parameter set, a constant rate, and at each cut a keyframe
which nothing that is decoded later precedes (a closed GOP).
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from math import ceil, floor
from typing import Final

from workers.plan.formats.cmaf import MalformedMp4, boxes
from workers.plan.formats.cmaf_writer import Frame
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
_SAMPLE_ENTRY: Final = 78
_OFF: Final = Fraction(2, 5)
"""Share of a frame's time by which a frame may stand beside its place on the grid: the nearest place is its own."""


@dataclass(frozen=True)
class SourceEncoding:
    """A source's encoding that can be served: its bit rate in kbit/s, and how it can be cut."""

    frames: int
    segment_frames: int
    bit_rate: int
    configuration: str
    """``avcC``, the decoder configuration (ISO/IEC 14496-15), in hexadecimal."""
    decode_delay: int = 0
    """Frames by which it is decoded ahead of what is shown."""

    @property
    def avc_c(self) -> bytes:
        """The decoder configuration."""
        return bytes.fromhex(self.configuration)


def has_constant_rate(video: VideoStream, track: IndexedTrack) -> bool:
    """Return whether the picture's rate is constant, which is known before every sample is looked at."""
    return abs(track.end * float(video.nominal_rate) - track.samples) < 1


def source_encoding(
    media: MediaInfo, table: SampleTable, rate: Fraction, duration: float, usual: float
) -> SourceEncoding | None:
    """Return the encoding of a source if it can be served as it is at a constant ``rate``, or None. ``duration``
    is that of the whole source, ``usual`` the length of a segment, both in seconds.
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
        len(shown),
        segment,
        round(mean * 8 / 1000 * float(rate / segment)),
        configuration.hex(),
        max(place - number for place, number in enumerate(shown)),
    )


def frames_of(table: SampleTable, rate: Fraction, start: int, count: int) -> list[Frame]:
    """Return the frames of a chunk that begins at a cut. Raises ``MalformedMp4`` if there are not so many."""
    shown = _numbers(table.shown[start : start + count], table.timescale, rate)
    if sorted(shown) != list(range(start, start + count)):
        raise MalformedMp4("the source is not what was planned")
    keyframes = set(table.keyframes)
    return [
        Frame(number, table.places[sample], table.sizes[sample], sample in keyframes)
        for sample, number in enumerate(shown, start=start)
    ]


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
        and not video.cropped
        and abs(video.start) < 0.001
    )


def _configuration(description: bytes) -> bytes | None:
    """Return the decoder configuration of an ``avc1`` sample entry, if it is one that every player takes."""
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
    """Return the number of each frame on the grid, in decoding order; None unless each place has exactly one frame."""
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
    """Return the nearest place on the grid for each time."""
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
    """Return whether bytes belong to two frames: a small file could so become a large one."""
    lying = sorted(zip(table.places, table.sizes, strict=True))
    return any(place + size > after for (place, size), (after, _) in pairwise(lying))
