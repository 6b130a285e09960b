"""Passages: what is said, or what chapters are called, in pieces short enough to be jumped to.

A whole transcript has more words than PostgreSQL keeps places for (its manual, section 12.11), so that after an hour
phrases would not be found any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from configs.words import TrackKind
from storage.search_words import is_run, joined, words_of
from storage.tracks.cue import Cue
from storage.tracks.text import one_line

FORMAT: Final = 1
"""Raised when passages or their words are made in another way: the keeper makes those of older formats anew, and a
migration the index that it finds them by."""

ENOUGH: Final = 30_000
LONGEST: Final = 60_000
"""Milliseconds: a passage takes in no more cues once it lasts so long, and none by which it would last longer."""

MOST_CHARACTERS: Final = 1000
"""Of a passage with more than one cue."""


@dataclass(frozen=True)
class Line:
    """A cue in one line of text; times in milliseconds."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Passage:
    """Cues that follow one another, each a line of ``text``."""

    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """All that is said."""
        return "\n".join(line.text for line in self.lines)


def passages_of(cues: Iterable[Cue], kind: TrackKind) -> Iterator[Passage]:
    """What a track is found by; each chapter and each slide is a passage of its own. A line of captions that a
    sentence goes on in belongs to the passage before, too, so that no words are parted.
    """
    lines: list[Line] = []
    for cue in cues:
        line = Line(cue.start, cue.end, one_line(cue.text))
        if not line.text:
            continue
        if lines and (kind != "captions" or _is_full(lines, line)):
            is_parted = kind == "captions" and is_run(lines[-1].text[-1]) and is_run(line.text[0])
            yield Passage((*lines, line) if is_parted else (*lines,))
            lines = []
        lines.append(line)
    if lines:
        yield Passage((*lines,))


def passage_vector(text: str) -> str:
    """The ``tsvector`` of a passage, as text."""
    return " ".join(f"'{word}':{place}" for place, word in words_of(joined(text)))


def _is_full(lines: Sequence[Line], following: Line) -> bool:
    start = lines[0].start
    characters = sum(len(line.text) for line in lines) + len(following.text)
    return (
        lines[-1].end - start >= ENOUGH
        or following.end - start > LONGEST
        or following.start - start >= LONGEST
        or characters > MOST_CHARACTERS
    )
