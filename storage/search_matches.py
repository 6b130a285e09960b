"""Where in a text stands what somebody looks for, as it is shown to people. PostgreSQL decides what is found; this only
points at it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from storage.search_folding import fold
from storage.search_words import Piece, Span, is_run, spans_of

MOST: Final = 50
"""Ranges of one text."""

Range = tuple[int, int]
"""First character and the one after the last, counted in code points."""

_ENDS_OF_LINES: Final = "\n"
_VOICED: Final = "\uff9e\uff9f"
"""Halfwidth marks, which join the character before them when they are folded."""


def matches(text: str, chunks: Sequence[Sequence[Piece]]) -> list[Range]:
    """Ranges of ``text`` that hold one of ``chunks`` (``search_words.chunks_of``), in order, none touching another."""
    characters = list(_folded(text))
    folded = "".join(character for character, _, _ in characters)
    spans = [] if all(map(_is_run_alone, chunks)) else list(spans_of(folded))
    found = sorted(
        (characters[first][1], characters[last - 1][2])
        for chunk in chunks
        for first, last in _places(folded, spans, chunk)
    )
    ranges: list[Range] = []
    for start, end in found:
        if ranges and start <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(end, ranges[-1][1]))
        else:
            ranges.append((start, end))
    return ranges[:MOST]


def _folded(text: str) -> Iterator[tuple[str, int, int]]:
    """Folded characters, each with the place of what it was made of. Ends of lines inside a run are left out."""
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and _joins(text[end]):
            end += 1
        is_inside = text[start] == _ENDS_OF_LINES and start > 0 and end < len(text)
        if not (is_inside and is_run(text[start - 1]) and is_run(text[end])):
            for character in _fold(text[start:end]):
                yield character, start, end
        start = end


# A language has a few thousand characters, and asking for each anew takes longer than all else.
@lru_cache(maxsize=20_000)
def _joins(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" or character in _VOICED


_fold = lru_cache(maxsize=20_000)(fold)


def _places(folded: str, spans: Sequence[Span], chunk: Sequence[Piece]) -> Iterator[Range]:
    if _is_run_alone(chunk):
        wanted = chunk[0][1]
        at = folded.find(wanted)
        while at >= 0:
            yield at, at + len(wanted)
            at = folded.find(wanted, at + len(wanted))
        return
    for number in range(len(spans) - len(chunk) + 1):
        those = spans[number : number + len(chunk)]
        if all(
            _fits(folded[start:end], kind, piece, is_first=place == 0, is_last=place == len(chunk) - 1)
            for place, ((kind, start, end), piece) in enumerate(zip(those, chunk, strict=True))
        ):
            (kind, start, end), (_, wanted) = those[0], chunk[0]
            yield (end - len(wanted) if kind == "run" else start), those[-1][1] + len(chunk[-1][1])


def _is_run_alone(chunk: Sequence[Piece]) -> bool:
    """Whether it is found wherever its characters stand, whatever pieces the text has."""
    return len(chunk) == 1 and chunk[0][0] == "run"


def _fits(there: str, kind: str, piece: Piece, *, is_first: bool, is_last: bool) -> bool:
    """Whether a piece of the text is this one of a chunk, whose inner ones have to be whole."""
    wanted_kind, wanted = piece
    if kind != wanted_kind:
        return False
    if kind == "word":
        return there.startswith(wanted)
    if is_first:
        return there.endswith(wanted)
    return there.startswith(wanted) if is_last else there == wanted
