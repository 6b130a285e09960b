"""What is written on slides: which line is the title, what stands on every slide, and what is kept of the rest."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import isfinite
from typing import Any, Final

from storage.tracks.text import one_line

WIDTH: Final = 960
HEIGHT: Final = 540
"""Of the pictures that are read, in pixels."""

PAGE_BYTES: Final = 3 * WIDTH * HEIGHT

MOST_READ: Final = 300
"""Slides of one lesson."""

MOST_LINES: Final = 60
MOST_CHARACTERS: Final = 200
"""Lines of a slide, characters of a line: what is beyond is no slide that anybody reads."""

MOST_TEXT: Final = 1800
"""Characters of a slide that are kept."""

LONGEST_TITLE: Final = 80

_LEAST_SCORE: Final = 0.6
"""How sure the reader has to be of a line."""

_UPPER: Final = 0.5
"""Share of the slide in which a title stands."""

_LARGE: Final = 0.8
"""Share of the height of the largest line there that a title has."""

_FEW: Final = 3
_EVERYWHERE: Final = 0.5
"""Slides, and share of all of them, on which the same line in the same place belongs to the template."""

_PLACE: Final = 10
"""Pixels from one place to the next, which is the same still."""


@dataclass(frozen=True)
class Line:
    """A line of text; ``top``, ``left`` and ``height`` in pixels."""

    text: str
    left: float
    top: float
    height: float


@dataclass(frozen=True)
class Written:
    """What is kept of a slide: its ``title``, empty if it has none, and its other lines from top to bottom."""

    title: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it, a line each, the title first."""
        return "\n".join(filter(None, (self.title, *self.lines)))[:MOST_TEXT].strip()


def parse_reading(told: bytes, slides: int) -> list[tuple[Line, ...]]:
    """Return the lines of so many ``slides``. Who read them had a stranger's pictures in its hands: its word counts as
    far as it is text of sensible length within the picture.
    """
    found = [_lines(line) for line in told.splitlines()[:slides]]
    return found + [()] * (slides - len(found))


def _lines(told: bytes) -> tuple[Line, ...]:
    try:
        document = json.loads(told)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(document, list):
        return ()
    lines = (_line(entry) for entry in document[:MOST_LINES])
    return tuple(line for line in lines if line is not None)


def _line(entry: Any) -> Line | None:
    match entry:
        case [str(text), float(left), float(top), float(right), float(bottom), float(score)]:
            pass
        case _:
            return None
    inside = 0 <= top < bottom <= HEIGHT + 1 and -1 <= left < right <= WIDTH + 1
    if not (inside and isfinite(score) and score >= _LEAST_SCORE):
        return None
    cleaned = one_line(text[:MOST_CHARACTERS])
    return Line(cleaned, left, top, bottom - top) if cleaned else None


def written(slides: Sequence[Sequence[Line]]) -> list[Written]:
    """Return title and text of each slide, without what stands on most of them: a name, a date, a footer."""
    holders: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    for number, lines in enumerate(slides):
        for line in lines:
            holders[line.text, *_place(line)].add(number)
    often = max(_FEW, _EVERYWHERE * len(slides))

    def stands_everywhere(line: Line) -> bool:
        column, row = _place(line)
        # Where one place goes over into the next, a line would be here on one slide and there on another.
        near = product((line.text,), range(column - 1, column + 2), range(row - 1, row + 2))
        return len(set().union(*(holders.get(place, ()) for place in near))) >= often

    return [_written([line for line in lines if not stands_everywhere(line)]) for lines in slides]


def _place(line: Line) -> tuple[int, int]:
    return round(line.left / _PLACE), round(line.top / _PLACE)


def _written(lines: Sequence[Line]) -> Written:
    ordered = _in_order(lines)
    upper = [line for line in ordered if line.top < _UPPER * HEIGHT]
    if not upper:
        return Written("", tuple(line.text for line in ordered))
    largest = max(line.height for line in upper)
    title = next(line for line in upper if line.height >= _LARGE * largest)
    return Written(title.text[:LONGEST_TITLE], tuple(line.text for line in ordered if line is not title))


def _in_order(lines: Sequence[Line]) -> list[Line]:
    """From top to bottom; those whose middles differ by less than half their height from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.top + line.height / 2):
        middle = line.top + line.height / 2
        if rows:
            first = rows[-1][0]
            if middle - (first.top + first.height / 2) < first.height / 2:
                rows[-1].append(line)
                continue
        rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.left)]
