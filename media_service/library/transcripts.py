"""What is said in a lesson, as lines with their times: which part of them a page shows, and where words stand in them.
Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from storage.search_matches import Range, matches
from storage.search_words import Piece
from storage.tracks.cue import Cue
from storage.tracks.text import one_line

MOST_LINES: Final = 1500
"""Lines of one part: some two hours of speech. What is longer is shown in parts, so that a page stays small."""

AROUND: Final = 40
"""Characters of an excerpt before and after the first match."""

Bit = tuple[str, bool]
"""A piece of a text, and whether it is marked."""


@dataclass(frozen=True)
class Line:
    """What is said from ``start`` to ``end``, in seconds, in pieces."""

    start: float
    end: float
    bits: Sequence[Bit]
    is_match: bool


@dataclass(frozen=True)
class Part:
    """Lines of a transcript: part ``number`` of ``count``, from 1. ``found`` is how many lines of all parts hold the
    words, ``current`` the start of the line that is said at the moment asked for."""

    lines: Sequence[Line]
    number: int
    count: int
    found: int
    current: float | None


def part_of(
    cues: Sequence[Cue], chunks: Sequence[Sequence[Piece]], moment: float | None, number: int | None
) -> Part:
    """The part of a transcript that was asked for by its ``number``, else the one with the ``moment``, else the first
    one that holds the words."""
    lines = [line for line in (_line(cue, chunks) for cue in cues) if line is not None]
    count = max(1, -(-len(lines) // MOST_LINES))
    said = _index_at(lines, moment) if moment is not None else None
    first_match = next((at for at, line in enumerate(lines) if line.is_match), None)
    at = said if said is not None else first_match or 0
    shown = min(count, number) if number else at // MOST_LINES + 1
    return Part(
        lines=lines[(shown - 1) * MOST_LINES : shown * MOST_LINES],
        number=shown,
        count=count,
        found=sum(line.is_match for line in lines),
        current=lines[said].start if said is not None else None,
    )


def plain(cues: Iterable[Cue], most: int) -> str:
    """All that is said as one text of so many characters at most."""
    found, length = [], 0
    for cue in cues:
        text = one_line(cue.text)
        if length + len(text) > most:
            break
        found.append(text)
        length += len(text) + 1
    return " ".join(found)


def marked(text: str, ranges: Sequence[Range]) -> list[Bit]:
    """A text in pieces, those in ``ranges`` marked."""
    bits: list[Bit] = []
    at = 0
    for start, end in ranges:
        bits += [(text[at:start], False), (text[start:end], True)]
        at = end
    bits.append((text[at:], False))
    return [bit for bit in bits if bit[0]]


def excerpt(text: str, ranges: Sequence[Range]) -> list[Bit]:
    """What stands around the first match, in one line."""
    if not ranges:
        return [(_flat(text[: 2 * AROUND]) + ("…" if len(text) > 2 * AROUND else ""), False)]
    start, end = ranges[0]
    first, last = max(0, start - AROUND), min(len(text), end + AROUND)
    inside = [(max(a, first) - first, min(b, last) - first) for a, b in ranges if a < last]
    bits = [(_flat(bit), is_marked) for bit, is_marked in marked(text[first:last], inside)]
    before: list[Bit] = [("…", False)] if first > 0 else []
    return [*before, *bits, *([("…", False)] if last < len(text) else [])]


def clock(seconds: float) -> str:
    """A time as people read it: 3:12, 1:02:03."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def _line(cue: Cue, chunks: Sequence[Sequence[Piece]]) -> Line | None:
    text = one_line(cue.text)
    if not text:
        return None
    ranges = matches(text, chunks) if chunks else []
    return Line(cue.start / 1000, cue.end / 1000, marked(text, ranges), bool(ranges))


def _index_at(lines: Sequence[Line], moment: float) -> int | None:
    """The last line that has begun; None before the first."""
    begun = [at for at, line in enumerate(lines) if line.start <= moment + 0.05]
    return begun[-1] if begun else None


def _flat(text: str) -> str:
    return text.replace("\n", " ")
