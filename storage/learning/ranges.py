"""Ranges of media time in milliseconds, each ``(start, end)`` with ``start < end``. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

Range = tuple[int, int]

BINS: Final = 100
"""Parts of a time line by which retention is told."""

_SEAM: Final = 250
"""Milliseconds that may lie between two ranges that are one: players tell times to about a frame."""


def union(*groups: Iterable[Range], seam: int = _SEAM) -> list[Range]:
    """All that lies in any of the groups, in order, each moment once; what lies ``seam`` apart at most is one."""
    joined: list[Range] = []
    for start, end in sorted(each for group in groups for each in group):
        if joined and start <= joined[-1][1] + seam:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def length(ranges: Iterable[Range]) -> int:
    """Milliseconds of all ranges; what two of them share is counted twice."""
    return sum(end - start for start, end in ranges)


def clipped(ranges: Iterable[Range], limit: int) -> list[Range]:
    """What lies before ``limit``."""
    return [(start, min(end, limit)) for start, end in ranges if start < limit]


def within(ranges: Iterable[Range], allowed: Iterable[Range]) -> list[Range]:
    """What of ``ranges`` lies in one of ``allowed``, which do not overlap; in their order."""
    limits = list(allowed)
    return [
        (max(start, since), min(end, till))
        for start, end in ranges
        for since, till in limits
        if max(start, since) < min(end, till)
    ]


def first(ranges: Iterable[Range], most: int) -> list[Range]:
    """The first ``most`` milliseconds of ``ranges``, in their order."""
    found: list[Range] = []
    for start, end in ranges:
        took = min(end - start, most)
        if took <= 0:
            break
        found.append((start, start + took))
        most -= took
    return found


def to_bins(ranges: Sequence[Range], duration: int) -> list[Range]:
    """The bins of a time line of ``duration`` milliseconds that were seen, as ranges of their numbers, each but once.

    A bin is seen when at least half of it is, so that whoever saw everything is in all of them and who skipped
    through is in few.
    """
    seen: list[Range] = []
    for number in range(BINS):
        start, end = number * duration // BINS, (number + 1) * duration // BINS
        covered = sum(max(0, min(end, till) - max(start, since)) for since, till in ranges)
        if 2 * covered < end - start or end == start:
            continue
        if seen and seen[-1][1] == number:
            seen[-1] = (seen[-1][0], number + 1)
        else:
            seen.append((number, number + 1))
    return seen


def flat(ranges: Iterable[Range]) -> list[int]:
    """As rows keep them: start, end, start, end …"""
    return [edge for each in ranges for edge in each]


def paired(edges: Sequence[int]) -> Iterator[Range]:
    """Ranges out of what ``flat`` made."""
    return zip(edges[::2], edges[1::2], strict=True)
