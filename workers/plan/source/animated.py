"""Animated images: what their first bytes say, and when each of their pictures is shown.

GIF89a (W3C), PNG 3rd edition (W3C) for APNG, the WebP container (RFC 9649), image sequences of AVIF and HEIF
(ISO/IEC 23008-12, 7), and JPEG XL. Pictures of browsers' "too short" delays, 10 ms or less, are shown for 100 ms, as
every browser does (so FFmpeg is told for each format where it can be).
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, gcd, lcm
from typing import Final

from workers.plan.formats.cmaf import Box, MalformedMp4, boxes
from workers.plan.formats.jpeg_xl import read_jpeg_xl
from workers.plan.source.selection import SEQUENCE_BRANDS
from workers.plan.timing import MAX_RATE, STANDARD_RATES, snapped

HEADER_BYTES: Final = 256 * 1024
"""Where the loop count stands at the latest: colour profiles may come before it."""

LOWEST_RATE: Final = 10
"""A slide show of pictures that each stand for seconds still gets some frames per second, so that players seek
and join segments as in any video."""

AS_GOOD_AS_EXACT: Final = 0.0005
"""Seconds. Less than any display can show; FFmpeg rounds APNG times to 10 microseconds."""

MOST_ROUNDED: Final = 0.01
"""Seconds: the unit of GIF's delays, the coarsest."""

SEQUENCES: Final = "mov"
"""FFmpeg's reader of AVIF and HEIF."""

JPEG_XL: Final = "jpegxl_anim"
"""FFmpeg's reader of moving JPEG XL: only when it is decoded, it is known when its pictures are shown."""

_LONGEST_BRANDS: Final = 256

_JUDGED: Final = 2000
"""Pictures by which a rate is chosen."""


@dataclass(frozen=True)
class Header:
    """``demuxer`` is FFmpeg's name of the format, ``plays`` how often it is played, 0 for without end. ``frames`` and
    ``size`` (bytes) are what a whole file has, where the format says it. ``alpha_apart``: its transparency is a track
    of its own."""

    demuxer: str
    width: int
    height: int
    plays: int
    frames: int | None = None
    size: int | None = None
    alpha_apart: bool = False

    @property
    def loop(self) -> bool:
        """Return whether it is meant to be played again and again."""
        return self.plays != 1


@dataclass(frozen=True)
class Pictures:
    """``starts`` and ``durations`` of all pictures, in seconds from the first."""

    width: int
    height: int
    starts: tuple[Fraction, ...]
    durations: tuple[Fraction, ...]

    @property
    def duration(self) -> Fraction:
        """Seconds from the first picture's beginning to the last one's end."""
        return self.starts[-1] + self.durations[-1]


@dataclass(frozen=True)
class Timing:
    """``rate`` is that of the renditions. Pictures that all stand equally long have a ``source_rate``; their times
    are counted by it, because rounded timestamps drift."""

    rate: Fraction
    source_rate: Fraction | None


def read_header(head: bytes) -> Header | None:
    """Return what the beginning of a file (``HEADER_BYTES``) says, or None if it is no animated image."""
    try:
        if head.startswith((b"GIF87a", b"GIF89a")):
            return _gif(head)
        if head.startswith(b"\x89PNG\r\n\x1a\n"):
            return _apng(head)
        if head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X":
            return _webp(head)
        return _sequence(head) if is_sequence(head) else _jpeg_xl(head)
    except (struct.error, LookupError, ValueError):
        return None


def is_sequence(head: bytes) -> bool:
    """Return whether a file says that it is a moving AVIF or HEIF, whatever still picture it has besides."""
    if head[4:8] != b"ftyp":
        return False
    (length,) = struct.unpack_from(">I", head)
    brands = head[8 : min(length, _LONGEST_BRANDS)].decode("latin-1")
    return any(brands[at : at + 4] in SEQUENCE_BRANDS for at in range(0, len(brands), 4))


def parse_frames(listing: str) -> Pictures | None:
    """Read what FFmpeg's ``framecrc`` muxer wrote for one copied stream; None if there is no picture."""
    tick, width, height = Fraction(1, 1000), 0, 0
    starts: list[Fraction] = []
    durations: list[Fraction] = []
    for line in listing.splitlines():
        if line.startswith("#tb 0:"):
            tick = Fraction(*(int(part) for part in line.partition(":")[2].split("/")))
        elif line.startswith("#dimensions 0:"):
            width, height = (int(side) for side in line.partition(":")[2].split("x"))
        elif line and not line.startswith("#"):
            _stream, _decoded, shown, duration, *_ = line.split(",")
            starts.append(int(shown) * tick)
            durations.append(int(duration) * tick)
    if not starts or not width or not height:
        return None
    return Pictures(width, height, tuple(start - starts[0] for start in starts), tuple(durations))


def timing_of(pictures: Pictures) -> Timing:
    """Return the constant rate at which every picture begins and ends when it should, at most 60 frames per second.

    That is one by the greatest common divisor of all delays, where it is low enough; else the one that shifts the
    beginning of no picture by more than needed.
    """
    intervals = [after - before for before, after in pairwise(pictures.starts)]
    last = pictures.durations[-1]
    if intervals and max(intervals) - min(intervals) <= Fraction(1, 100_000) and min(intervals) > 0:
        timing = constant(source_rate := snapped(Fraction(len(intervals)) / sum(intervals, Fraction())))
        # The last picture may stand for longer than the others.
        if _shift([float(last)], max(timing.rate, source_rate)) <= AS_GOOD_AS_EXACT:
            return timing
    delays = [delay for delay in (*intervals, last) if delay > 0]
    if not delays:
        return Timing(Fraction(LOWEST_RATE), None)
    rate = 1 / _divisor(delays)
    if rate > MAX_RATE:
        rate = _nearest(pictures.starts[:_JUDGED], pictures.duration, rate)
    return Timing(_lifted(rate), None)


def constant(source_rate: Fraction) -> Timing:
    """Return the timing of pictures that all stand equally long."""
    return Timing(_lifted(source_rate / ceil(source_rate / MAX_RATE)), source_rate)


def _nearest(starts: Sequence[Fraction], end: Fraction, exact: Fraction) -> Fraction:
    times = [float(start) for start in starts]
    parts = (exact / number for number in range(ceil(exact / MAX_RATE), ceil(exact / LOWEST_RATE) + 1))
    whole = (Fraction(number) for number in range(LOWEST_RATE, int(MAX_RATE) + 1))
    rates = sorted({*list(parts)[:100], *whole, *STANDARD_RATES})
    # Delays were rounded to what the format can say: GIF writes 15 frames per second as 6 and 7 hundredths in turns.
    rounding = max(AS_GOOD_AS_EXACT, min(float(1 / exact), MOST_ROUNDED) / 2 + 1e-9)
    # The last delay is often cut off where the others were rounded.
    shifts = {rate: max(_shift(times, rate), _shift([float(end)], rate) / 2) for rate in rates}
    good = [rate for rate in rates if shifts[rate] <= rounding]
    if good:
        return min(good, key=lambda rate: (ceil(rate), rate.denominator))
    return min(rates, key=lambda rate: (shifts[rate], -rate))


def _shift(times: Sequence[float], rate: Fraction) -> float:
    """By how many seconds the worst of ``times`` is moved to the beginning of a frame."""
    per_second = float(rate)
    return max(abs(time * per_second - round(time * per_second)) for time in times) / per_second


def _lifted(rate: Fraction) -> Fraction:
    return rate * ceil(LOWEST_RATE / rate) if rate < LOWEST_RATE else rate


def _divisor(delays: Sequence[Fraction]) -> Fraction:
    """Return the greatest common divisor."""
    common = lcm(*(delay.denominator for delay in delays))
    return Fraction(gcd(*(int(delay * common) for delay in delays)), common)


def _gif(head: bytes) -> Header:
    width, height, flags = struct.unpack_from("<HHB", head, 6)
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    plays = 1
    while head[at : at + 1] == b"\x21":
        name = head[at + 3 : at + 14]
        at += 2
        while size := (head[at] if at < len(head) else 0):
            block = head[at + 1 : at + 1 + size]
            if name in (b"NETSCAPE2.0", b"ANIMEXTS1.0") and len(block) == 3 and block[0] == 1:
                # The number says how often it is repeated.
                repeats = int.from_bytes(block[1:], "little")
                plays = repeats + 1 if repeats else 0
            at += 1 + size
        at += 1
    return Header("gif", width, height, plays)


def _apng(head: bytes) -> Header | None:
    width, height = struct.unpack_from(">II", head, 16)
    at = 8
    while at + 8 <= len(head):
        length, kind = struct.unpack_from(">I4s", head, at)
        if kind == b"acTL":
            frames, plays = struct.unpack_from(">II", head, at + 8)
            return Header("apng", width, height, plays, frames=frames)
        if kind == b"IDAT":
            return None
        at += 12 + length
    return None


def _sequence(head: bytes) -> Header | None:
    """Read the first track of pictures: how large it is, and whether its edit list is repeated (ISO/IEC 14496-12,
    8.6.6). One without an edit list plays without end, as in browsers.
    """
    [movie] = (part for part in _parts(head, 0, len(head)) if part.kind == b"moov")
    tracks = [part for part in _parts(head, movie.body, movie.end) if part.kind == b"trak"]
    handlers = [_handler(head, track) for track in tracks]
    inside = {part.kind: part for part in _parts(head, tracks[0].body, tracks[0].end)}
    header, edits = inside[b"tkhd"], inside.get(b"edts")
    width, height = (side >> 16 for side in struct.unpack_from(">II", head, header.end - 8))
    plays = 0 if edits is None else _repeats(head, header, edits)
    return Header(SEQUENCES, width, height, plays, alpha_apart=b"auxv" in handlers)


def _handler(head: bytes, track: Box) -> bytes:
    """Return what a track holds: pictures, or what belongs to those of another track."""
    [media] = (part for part in _parts(head, track.body, track.end) if part.kind == b"mdia")
    [handler] = (part for part in _parts(head, media.body, media.end) if part.kind == b"hdlr")
    return head[handler.body + 8 : handler.body + 12]


def _repeats(head: bytes, header: Box, edits: Box) -> int:
    """Return how often a track is played by its edit list; the header says how long that takes together."""
    [table] = (part for part in _parts(head, edits.body, edits.end) if part.kind == b"elst")
    if not head[table.body + 3] & 1:
        return 1
    long, at = (">Q", 28) if head[header.body] == 1 else (">I", 20)
    (together,) = struct.unpack_from(long, head, header.body + at)
    (once,) = struct.unpack_from(">Q" if head[table.body] == 1 else ">I", head, table.body + 8)
    endless = (1 << 8 * struct.calcsize(long)) - 1
    # FFmpeg writes the largest number with a sign.
    return 0 if together in (endless, endless >> 1) or not once else max(1, ceil(together / once))


def _parts(head: bytes, start: int, end: int) -> list[Box]:
    """Return the boxes that are all there."""
    found: list[Box] = []
    with contextlib.suppress(MalformedMp4):
        for part in boxes(head, start, end):
            found.append(part)
    return found


def _webp(head: bytes) -> Header | None:
    (size,) = struct.unpack_from("<I", head, 4)
    if not head[20] & 0x02:
        return None
    width, height = (1 + int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
    at = 12
    while at + 8 <= len(head):
        kind, length = struct.unpack_from("<4sI", head, at)
        if kind == b"ANIM":
            (plays,) = struct.unpack_from("<H", head, at + 12)
            return Header("webp_anim", width, height, plays, size=size + 8)
        at += 8 + length + length % 2
    return None


def _jpeg_xl(head: bytes) -> Header | None:
    found = read_jpeg_xl(head)
    if found is None or found.plays is None:
        return None
    return Header(JPEG_XL, found.width, found.height, found.plays)
