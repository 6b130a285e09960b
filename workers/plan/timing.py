"""The one time grid of a version: frames, segments and chunks."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf

STANDARD_RATES = tuple(
    Fraction(rate)
    for rate in (
        "10",
        "12",
        "12.5",
        "15",
        "20",
        "24000/1001",
        "24",
        "25",
        "30000/1001",
        "30",
        "48",
        "50",
        "60000/1001",
        "60",
    )
)
MAX_RATE = Fraction(60)
MIN_RATE = Fraction(1)
SLOWEST_VARIABLE = Fraction(24_000, 1001)
ROUNDED_FRAMES = 2

CLOCK_TICK = Fraction(1, 1000)
"""Seconds: clocks of Matroska, FLV and ASF count milliseconds, and averages are often made of rounded ones."""

ALIKE = Fraction(1, 40)
"""Share by which an average may differ from a rate that it means."""

SAMPLE_RATE = 48000
AAC_FRAME = 1024
"""Samples in one AAC frame (ISO/IEC 14496-3)."""

AUDIO_CHUNK_SECONDS = (4, 56, 600)
"""The first chunk of the sound is there as soon as that of the picture, the next one in time; then long ones."""

LONGEST_CHUNK_SECONDS = 64


@dataclass(frozen=True)
class Span:
    """A chunk: ``count`` frames from ``start``, both in frames of its grid."""

    number: int
    start: int
    count: int


def is_constant(nominal: Fraction, average: Fraction, seconds: float = inf) -> bool:
    """Return whether a rate does not vary: both say the same as nearly as clocks tell, or in ``seconds``, the duration,
    it makes no difference of two frames, for recorders round at both ends.
    """
    if abs(nominal / average - 1) < Fraction(1, 200) or abs(nominal - average) * seconds < ROUNDED_FRAMES:
        return True
    apart = abs(nominal / average - 1) < ALIKE or abs(1 / nominal - 1 / average) < CLOCK_TICK
    return nominal <= MAX_RATE and apart


def output_rate(nominal: Fraction, average: Fraction, seconds: float = inf) -> Fraction:
    """Return the constant rate of all renditions: the source's own where it is sane, else the standard one that is
    meant, else the nearest standard above.

    Variable rates (nominal and average differ) get a standard rate that is at least about the average, so that no
    motion is lost; at most 60 frames per second are kept.
    """
    if is_constant(nominal, average, seconds):
        rate = nominal
        while rate > MAX_RATE:
            rate /= 2
        return max(snapped(rate), MIN_RATE)
    usual = [rate for rate in STANDARD_RATES if rate >= SLOWEST_VARIABLE]
    nearest = min(usual, key=lambda rate: abs(rate - average))
    if abs(nearest / average - 1) < ALIKE:
        return nearest
    wanted = max(average, Fraction(24))
    return next((rate for rate in usual if rate >= wanted), MAX_RATE)


def segment_frames(rate: Fraction, seconds: float) -> int:
    """Frames of one segment: a whole number, so that every segment starts on a keyframe of every rung."""
    return max(1, round(rate * Fraction(seconds)))


def chunk_spans(total: int, segment: int, longest: int, long_segment: int = 0) -> tuple[Span, ...]:
    """Cut ``total`` frames into chunks of whole segments: one segment first, then doubling up to ``longest``
    frames, so that the first seconds are out almost at once. A rest shorter than a segment joins its neighbour. With a
    ``long_segment``, three times as long, chunks are of whole ones of these after the first.
    """
    spans: list[Span] = []
    start, length = 0, segment
    while start < total:
        if long_segment and start >= long_segment:
            length = max(long_segment, length - length % long_segment)
        count = min(length, total - start)
        if total - (start + count) < segment:
            count = total - start
        spans.append(Span(len(spans), start, count))
        start += count
        length = min(length * 2, max(segment, longest - longest % segment))
    return tuple(spans)


def audio_spans(total: int, segment: int) -> tuple[Span, ...]:
    """Cut ``total`` AAC frames into chunks of whole segments, as long as ``AUDIO_CHUNK_SECONDS`` says in turn and
    then as its last. A rest shorter than a segment joins its neighbour.
    """
    spans: list[Span] = []
    start = 0
    while start < total:
        seconds = AUDIO_CHUNK_SECONDS[min(len(spans), len(AUDIO_CHUNK_SECONDS) - 1)]
        count = min(_whole_segments(seconds, segment), total - start)
        if total - (start + count) < segment:
            count = total - start
        spans.append(Span(len(spans), start, count))
        start += count
    return tuple(spans)


def _whole_segments(seconds: int, segment: int) -> int:
    return max(1, round(seconds * SAMPLE_RATE / AAC_FRAME / segment)) * segment


def snapped(rate: Fraction) -> Fraction:
    """Return the standard rate that is meant, if one is within a thousandth, else a near simple fraction."""
    nearest = min(STANDARD_RATES, key=lambda standard: abs(standard - rate))
    return nearest if abs(nearest / rate - 1) < Fraction(1, 1000) else rate.limit_denominator(1001)
