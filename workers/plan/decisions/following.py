"""Where the sound of one version is found in that of another: pure arithmetic on fingerprints.

A fingerprint (Chromaprint, https://acoustid.org/chromaprint) has 8.08 numbers of 32 bits a second, each of which tells
of some two seconds of sound; loudness and codec hardly change it. Times are in seconds, from the start of each version.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from storage.catalogue.follows import Follows

NUMBER_SECONDS: Final = 1365 / 11025
"""Between two numbers: Chromaprint reads sound of 11,025 Hz in steps of 1,365 samples."""

WINDOW: Final = 48
STEP: Final = 8
"""Numbers that are compared at a time, some six seconds, and from one comparison to the next."""

MOST_ERRORS: Final = 0.22
"""Share of bits that may differ in a window that is the same sound. Encoded again and quieter, 0.05 were measured;
of other speech 0.4 and more."""

KEPT_SECONDS: Final = 0.1
"""Nobody notices captions that are off by less: where versions lie so, nothing is moved."""

LEAST_AGREEMENT: Final = 0.9
"""Share of windows that have to be found again."""

HEARD_SECONDS: Final = 2.7
"""How much sound a number tells of, from its own time on."""

ALWAYS: Final = 1e6
"""The end, in seconds, of what reaches to the end of the earlier version: its captions may outlast its sound."""

_MIDDLE_SECONDS: Final = 1.0
"""How much later sound changes than the number with which its fingerprint does."""

_VOTING_BITS: Final = 22
"""How many of a number's bits two must have in common to vote for an offset."""
_COMMON: Final = 24
"""A number that is there more often tells of silence or of a tone, and votes for nothing."""
_CANDIDATES: Final = 24
_LEAST_RUN: Final = 3
"""Windows in a row that must agree on an offset."""
_LEAST_DIFFERENT: Final = 6
"""Different numbers that a window must have to tell of anything."""


@dataclass(frozen=True)
class Piece:
    """What lay from ``start`` to ``end`` of the earlier version lies ``offset`` later in the new one, or earlier if
    that is negative."""

    start: float
    end: float
    offset: float


@dataclass(frozen=True)
class Alignment:
    """How two sounds lie to each other; no ``pieces`` if nobody can tell. ``agreement`` is the share of the earlier one
    that was found again, of what was not cut out."""

    pieces: tuple[Piece, ...]
    agreement: float


def align(before: Sequence[int], after: Sequence[int]) -> Alignment:
    """Find ``before`` in ``after``, both fingerprints. What was cut out at the front, at the end or within leaves
    several pieces or a shorter one; sound that is not the same leaves none.
    """
    starts = [
        start
        for start in range(0, len(before) - WINDOW + 1, STEP)
        if len(set(before[start : start + WINDOW])) >= _LEAST_DIFFERENT
    ]
    if not starts or len(after) < WINDOW:
        return Alignment((), 0.0)
    candidates = _candidates(before, after)
    found = _runs([(start, _best(before, after, start, candidates)) for start in starts])
    if not found:
        return Alignment((), 0.0)
    pieces = _joined(before, after, found)
    kept = [start for start in starts if _is_kept(start, pieces)]
    agreeing = sum(any(first <= start <= last for first, last, _ in found) for start in kept)
    agreement = agreeing / len(kept) if kept else 0.0
    if agreement < LEAST_AGREEMENT:
        return Alignment((), agreement)
    return Alignment(
        tuple(
            Piece(
                round(first * NUMBER_SECONDS + (_MIDDLE_SECONDS if number else 0.0), 3),
                _end(last, len(before), is_last=number == len(pieces) - 1),
                round(_exactly(before, after, first, last, offset) * NUMBER_SECONDS, 3),
            )
            for number, (first, last, offset) in enumerate(pieces)
        ),
        round(agreement, 3),
    )


def _end(last: int, whole: int, *, is_last: bool) -> float:
    if is_last and last >= whole - STEP:
        return ALWAYS
    return round(last * NUMBER_SECONDS + (HEARD_SECONDS if is_last else _MIDDLE_SECONDS), 3)


def _candidates(before: Sequence[int], after: Sequence[int]) -> list[int]:
    """Offsets for which most numbers vote, and none at all."""
    shift = 32 - _VOTING_BITS
    places: defaultdict[int, list[int]] = defaultdict(list)
    for place, number in enumerate(after):
        places[number >> shift].append(place)
    votes: Counter[int] = Counter()
    common = {number for number, count in Counter(n >> shift for n in before).items() if count > _COMMON}
    for place, number in enumerate(before):
        there = places.get(number >> shift, ())
        if len(there) <= _COMMON and number >> shift not in common:
            votes.update(other - place for other in there)
    return sorted({0, *(offset for offset, _ in votes.most_common(_CANDIDATES))}, key=abs)


def _best(before: Sequence[int], after: Sequence[int], start: int, candidates: Sequence[int]) -> int | None:
    errors = {
        offset: _errors(before, after, start, start + WINDOW, offset)
        for offset in candidates
        if start + offset >= 0 and start + offset + WINDOW <= len(after)
    }
    best = min(errors, key=lambda offset: errors[offset], default=None)
    return best if best is not None and errors[best] <= MOST_ERRORS else None


def _errors(before: Sequence[int], after: Sequence[int], first: int, last: int, offset: int) -> float:
    """Share of bits that differ."""
    wrong = sum((before[place] ^ after[place + offset]).bit_count() for place in range(first, last))
    return wrong / (32 * (last - first))


def _runs(windows: Sequence[tuple[int, int | None]]) -> list[tuple[int, int, int]]:
    """First and last start of windows in a row that agree on an offset, but for one number, and that offset; of these
    the most that keep their order in the new version.
    """
    runs: list[tuple[int, int, list[int]]] = []
    for start, offset in windows:
        if offset is None:
            continue
        if runs and abs(runs[-1][2][-1] - offset) <= 1:
            runs[-1] = (runs[-1][0], start, [*runs[-1][2], offset])
        else:
            runs.append((start, start, [offset]))
    long = [
        (first, last, Counter(offsets).most_common(1)[0][0])
        for first, last, offsets in runs
        if len(offsets) >= _LEAST_RUN
    ]
    merged: list[tuple[int, int, int]] = []
    for first, last, offset in _in_order(long):
        if merged and abs(merged[-1][2] - offset) <= 1:
            merged[-1] = (merged[-1][0], last, merged[-1][2])
        else:
            merged.append((first, last, offset))
    return merged


def _in_order(runs: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    chains: list[tuple[int, list[tuple[int, int, int]]]] = []
    for first, last, offset in runs:
        before = [chain for chain in chains if chain[1][-1][1] + chain[1][-1][2] <= first + offset]
        length, chain = max(before, key=lambda each: each[0], default=(0, []))
        chains.append((length + last - first + STEP, [*chain, (first, last, offset)]))
    return max(chains, key=lambda each: each[0], default=(0, []))[1]


def _joined(
    before: Sequence[int], after: Sequence[int], found: Sequence[tuple[int, int, int]]
) -> list[tuple[int, int, int]]:
    """Pieces of numbers that reach as far as they can: to the ends, and to where the next one begins."""
    first_offset, last_offset = found[0][2], found[-1][2]
    edges = [max(0, -first_offset)]
    begins = []
    for (_, last, offset), (next_first, _, next_offset) in pairwise(found):
        removed = max(0, offset - next_offset)
        border = _border(before, after, (last, next_first + WINDOW), (offset, next_offset))
        edges.append(border)
        begins.append(border + removed)
    ends = [*edges[1:], min(len(before), len(after) - last_offset)]
    return [
        (begin, end, offset)
        for begin, end, (_, _, offset) in zip([edges[0], *begins], ends, found, strict=True)
        if end > begin
    ]


def _border(
    before: Sequence[int], after: Sequence[int], within: tuple[int, int], offsets: tuple[int, int]
) -> int:
    """Where the sound changes from one offset to the next: what comes before fits the one best, what is left after what
    was cut out the other.
    """
    removed = max(0, offsets[0] - offsets[1])
    low, high = within[0], max(within[0], within[1] - removed)

    def wrong(place: int, offset: int) -> int:
        there = place + offset
        if not (0 <= place < len(before) and 0 <= there < len(after)):
            return 16
        return (before[place] ^ after[there]).bit_count()

    cost = sum(wrong(place + removed, offsets[1]) for place in range(low, high))
    best, least = low, cost
    for place in range(low, high):
        cost += wrong(place, offsets[0]) - wrong(place + removed, offsets[1])
        if cost < least:
            best, least = place + 1, cost
    return best


def _is_kept(start: int, pieces: Sequence[tuple[int, int, int]]) -> bool:
    """Whether a window lies where the new version has something: not in what was cut out."""
    lost = [(0, pieces[0][0]), *((a[1], b[0]) for a, b in pairwise(pieces)), (pieces[-1][1], 1 << 62)]
    return not any(first < start + WINDOW and start < last for first, last in lost if first < last)


def _exactly(before: Sequence[int], after: Sequence[int], first: int, last: int, offset: int) -> float:
    """The offset between two numbers, from how many bits differ on both sides of it."""

    def errors(at: int) -> float:
        start, end = max(first, -at), min(last, len(after) - at)
        return _errors(before, after, start, end, at) if end > start else 1.0

    left, here, right = errors(offset - 1), errors(offset), errors(offset + 1)
    slope = max(left, right) - here
    return offset + (0.5 * (left - right) / slope if slope > 0 else 0.0)


def decide(before_id: str, *, is_same: bool, prints: tuple[Sequence[int], Sequence[int]] | None) -> Follows:
    """How the version ``before_id`` lies to the one that takes its place: ``is_same``, of the same file, or by the
    fingerprints of both, None where one of them has no sound.
    """
    if is_same:
        return Follows(before_id, "kept", agreement=1.0, stretches=((0.0, ALWAYS, 0.0),))
    if prints is None:
        return Follows(before_id, "check", "no_sound")
    found = align(*prints)
    stretches = tuple((piece.start, piece.end, piece.offset) for piece in found.pieces)
    if not stretches:
        return Follows(before_id, "check", "other_sound", found.agreement)
    if len(stretches) > 1:
        return Follows(before_id, "pieces", None, found.agreement, stretches)
    [(_first, last, offset)] = stretches
    if abs(offset) <= KEPT_SECONDS:
        return Follows(before_id, "kept", None, found.agreement, ((0.0, last, 0.0),))
    return Follows(before_id, "shifted", None, found.agreement, stretches)
