"""What is said in the lessons of a measured catalogue: words as frequent as in a language, by Zipf's law."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random
from typing import Any, Final

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from storage.catalogue.models import Passage, Track
from storage.ids import new_id
from storage.search_passages import FORMAT, passage_vector

PASSAGES: Final = 10
"""Of a lesson with captions: five minutes and a half."""

_WORDS: Final = 5000
_WORDS_OF_A_LINE, _LINES = 4, 8
_SECONDS_OF_A_LINE: Final = 4
_POOL: Final = 3000
"""Passages that differ; making words of them takes longer than writing them."""

_CHARACTERS: Final = "".join(chr(0x4E00 + 7 * number) for number in range(900))


@cache
def vocabulary() -> Sequence[str]:
    """Words of two characters, the commonest first: it stands in a tenth of all passages, the last nearly nowhere."""
    random = Random(2)
    return ["".join(random.choices(_CHARACTERS, k=2)) for _ in range(_WORDS)]


@cache
def _pool() -> Sequence[tuple[str, str]]:
    random = Random(3)
    weights = [1 / (rank + 10) for rank in range(_WORDS)]
    found = []
    for _ in range(_POOL):
        said = random.choices(vocabulary(), weights, k=_WORDS_OF_A_LINE * _LINES)
        lines = [said[start::_LINES] for start in range(_LINES)]
        whole = "\n".join("".join(line) for line in lines)
        found.append((whole, passage_vector(whole)))
    return found


def caption(session: Session, versions: Sequence[tuple[str, str]]) -> None:
    """Captions of lessons, given by the IDs of asset and version."""
    random = Random(len(versions))
    tracks: list[dict[str, Any]] = []
    passages: list[dict[str, Any]] = []
    for asset_id, version_id in versions:
        track_id = new_id()
        track = {"id": track_id, "version_id": version_id, "kind": "captions", "language": "zh"}
        tracks.append({**track, "label": "", "object_key": "none", "passages_format": FORMAT})
        for number in range(PASSAGES):
            whole, words = random.choice(_pool())
            first = number * _LINES * _SECONDS_OF_A_LINE * 1000
            starts = [first + 1000 * _SECONDS_OF_A_LINE * line for line in range(_LINES)]
            times = [time for start in starts for time in (start, start + 1000 * _SECONDS_OF_A_LINE)]
            passages.append(
                {
                    "track_id": track_id,
                    "number": number,
                    "asset_id": asset_id,
                    "version_id": version_id,
                    "kind": "captions",
                    "language": "zh",
                    "start_ms": times[0],
                    "end_ms": times[-1],
                    "times": times,
                    "text": whole,
                    "words": words,
                }
            )
    session.execute(insert(Track), tracks)
    # Word by word it would take minutes.
    session.execute(text("DROP INDEX ix_passages_words"))
    for start in range(0, len(passages), 5000):
        session.execute(insert(Passage), passages[start : start + 5000])
    session.execute(
        text("CREATE INDEX ix_passages_words ON passages USING gin (words) WITH (fastupdate = off)")
    )
