"""Words that texts are found by, of Chinese too, which has no spaces: as PostgreSQL stores and asks for them.

A run of Han, kana or Hangul becomes its pairs of neighbours and its last character alone, so that words of any length
are found as phrases of pairs, and single characters as beginnings of them. Other letters and digits are words.
PostgreSQL's own configurations take a Chinese sentence for one word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal

from storage.search_folding import fold

FORMAT: Final = 2
"""Raised when words are made in another way. It stands among the words themselves, so that the keeper finds what an
older release wrote; a migration makes the indexes of what is missing anew."""

OF_FORMAT: Final = f"#{FORMAT}"
"""The word that tells the format. Nobody asks for it: no text has words with such a character."""

LONGEST_WORD: Final = 60
"""Characters of a word that count."""

MOST_DESCRIBED: Final = 2000
"""Characters of a description that count: what it is about stands at its beginning, and an index has its price."""

LONGEST_QUERY: Final = 200
"""Characters of a query that count."""

MOST_BEGINNINGS: Final = 20
"""Words of a query that need only be begun: each costs a walk through all that begin so, and what follows does not
count."""

_LAST_POSITION: Final = 16_383
"""PostgreSQL's largest place of a word (its manual, section 12.11)."""

_FIELD_GAP: Final = 10
"""Places between two fields, so that no phrase goes from one to the next."""

_RUNS: Final = (
    (0x1100, 0x11FF),  # Hangul Jamo
    (0x2E80, 0x2FDF),  # radicals
    (0x3005, 0x3007),  # iteration mark, closing mark, zero
    (0x3040, 0x30FF),  # kana
    (0x3100, 0x31FF),  # Bopomofo, strokes, more kana
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7FF),  # Hangul
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFD),
)
"""Scripts that are cut into pairs."""

Word = tuple[int, str]
"""Place in the text, from 1, and the word."""

Piece = tuple[Literal["run", "word"], str]

Span = tuple[Literal["run", "word"], int, int]
"""A piece by its first character and the one after its last."""


def search_vector(title: str, tags: Sequence[str], description: str) -> str:
    """The ``tsvector`` of a lesson, as text: words of its title weigh A, of its tags B, of its description D."""
    found = [f"'{OF_FORMAT}'"]
    place = 0
    for text, weight in ((title, "A"), *((tag, "B") for tag in tags), (description[:MOST_DESCRIBED], "D")):
        last = 0
        for last, word in words_of(text):
            if place + last <= _LAST_POSITION:
                found.append(f"'{word}':{place + last}{weight}")
        place += last + _FIELD_GAP
    return " ".join(found)


def search_query(text: str) -> str | None:
    """The ``tsquery``, as text, of what somebody looks for; None if that holds no word. What spaces part may stand
    anywhere; what stands together has to stand together. Words other than Chinese ones need only be begun.
    """
    return query_of(chunks_of(text)) or None


def query_of(chunks: Sequence[Sequence[Piece]], weights: str = "") -> str:
    """The ``tsquery`` of chunks, as text; with ``weights`` each word has to have one of these."""
    return " & ".join(dict.fromkeys(_phrase(chunk, weights) for chunk in chunks))


def chunks_of(text: str) -> list[list[Piece]]:
    """What somebody looks for, in pieces: those of a chunk have to stand together. So much of it as counts."""
    found: list[list[Piece]] = []
    beginnings = 0
    for chunk in text[:LONGEST_QUERY].split():
        pieces = []
        for piece in pieces_of(fold(chunk)):
            beginnings += piece[0] == "word" or len(piece[1]) == 1
            if beginnings > MOST_BEGINNINGS:
                break
            pieces.append(piece)
        if pieces and pieces not in found:
            found.append(pieces)
    return found


def words_of(text: str) -> Iterator[Word]:
    """Words of a text with their places."""
    place = 0
    for kind, piece in pieces_of(fold(text)):
        if kind == "word":
            place += 1
            yield place, piece
            continue
        for pair in pairwise(piece):
            place += 1
            yield place, "".join(pair)
        place += 1
        yield place, piece[-1]


def pieces_of(folded: str) -> Iterator[Piece]:
    """Runs and words of a text that is folded already."""
    for kind, start, end in spans_of(folded):
        yield kind, folded[start : end if kind == "run" else min(end, start + LONGEST_WORD)]


def spans_of(folded: str) -> Iterator[Span]:
    """Where pieces of a text stand that is folded already."""
    kind: Literal["run", "word"] | None = None
    start = 0
    for place, character in enumerate(folded):
        now = _kind(character)
        if now != kind:
            if kind:
                yield kind, start, place
            kind, start = now, place
    if kind:
        yield kind, start, len(folded)


def is_run(character: str) -> bool:
    """Whether it is of a script that is cut into pairs."""
    return _kind(character) == "run"


def joined(text: str) -> str:
    """Lines as one, those of a script without spaces without any: a sentence goes on in the next line."""
    first, *others = text.split("\n")
    whole = [first]
    for line in others:
        goes_on = whole[-1] and line and is_run(whole[-1][-1]) and is_run(line[0])
        whole.append(line if goes_on else f" {line}")
    return "".join(whole)


def _phrase(pieces: Sequence[Piece], weights: str) -> str:
    """Words in their distances, each found by its beginning where it may be longer."""
    parts: list[tuple[int, str]] = []
    place = 0
    for kind, piece in pieces:
        if kind == "word" or len(piece) == 1:
            place += 1
            parts.append((place, f"'{piece}':*{weights}"))
        else:
            parts += [
                (place + number, f"'{one}{two}'{weights and f':{weights}'}")
                for number, (one, two) in enumerate(pairwise(piece), 1)
            ]
            place += len(piece)
    steps = (f" <{place - before}> {word}" for (before, _), (place, word) in pairwise(parts))
    return f"({parts[0][1]}{''.join(steps)})"


@lru_cache(maxsize=20_000)
def _kind(character: str) -> Literal["run", "word"] | None:
    code = ord(character)
    if unicodedata.category(character)[0] not in "LNM":
        return None
    return "run" if any(first <= code <= last for first, last in _RUNS) else "word"
