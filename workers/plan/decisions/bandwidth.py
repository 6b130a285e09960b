"""Bit rates as playlists declare them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from math import ceil

SizedSegment = tuple[float, int]
"""Duration in seconds and size in bytes."""


def peak_bandwidth(segments: Sequence[SizedSegment], target_duration: float) -> int:
    """Peak segment bit rate in bit/s: the largest of any contiguous run of segments that lasts between 0.5 and
    1.5 target durations (RFC 8216bis, section 4.1). A rendition shorter than that is one run.
    """
    rates = [
        bits / seconds
        for first in range(len(segments))
        for seconds, bits in _runs(segments, first, target_duration)
        if seconds >= 0.5 * target_duration
    ]
    return ceil(max(rates, default=average_bandwidth(segments)))


def average_bandwidth(segments: Sequence[SizedSegment]) -> int:
    """Average bit rate in bit/s, rounded up, as what is declared may not be less than what is there."""
    return ceil(8 * sum(size for _, size in segments) / sum(seconds for seconds, _ in segments))


def _runs(segments: Sequence[SizedSegment], first: int, target_duration: float) -> list[tuple[float, int]]:
    runs = []
    seconds, bits = 0.0, 0
    for duration, size in islice(segments, first, None):
        seconds, bits = seconds + duration, bits + 8 * size
        if seconds > 1.5 * target_duration:
            break
        runs.append((seconds, bits))
    return runs
