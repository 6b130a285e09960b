"""Which stretch of time a segment holds, and where its bytes lie: what proofs of study sessions are compared with."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from storage.catalogue import chunks
from storage.packed_chunks import UnknownPacking

log = logging.getLogger(__name__)

_MOST_TABLES: Final = 500


@dataclass(frozen=True)
class SegmentPlace:
    """``start`` and ``end`` in milliseconds of the version; ``offset`` and ``length`` in bytes of the object."""

    start: int
    end: int
    key: str
    offset: int
    length: int


class SegmentTables:
    """Segments of renditions as one process remembers them. Segments never change; more may follow."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Sequence[SegmentPlace]] = OrderedDict()

    def find(self, session: Session, version_id: str, name: str, number: int) -> SegmentPlace | None:
        """A segment as media playlists count it, from 0; None if there is none."""
        key = (version_id, name)
        found = self._known.get(key, ())
        if number >= len(found):
            found = _read(session, version_id, name)
            self._known[key] = found
            while len(self._known) > _MOST_TABLES:
                self._known.popitem(last=False)
        return found[number] if 0 <= number < len(found) else None


def _read(session: Session, version_id: str, name: str) -> Sequence[SegmentPlace]:
    try:
        found = chunks.find(session, version_id, name)
    except UnknownPacking as error:
        # What everybody else told waits behind this.
        log.warning("what was studied of version %s cannot be told: %s", version_id, error)
        return []
    places: list[SegmentPlace] = []
    at = 0.0
    for expected, chunk in enumerate(found.chunks if found else ()):
        if chunk.number != expected:
            break  # what comes after a hole is in no playlist
        for duration, offset, length in chunk.segments:
            start, at = at, at + duration
            places.append(
                SegmentPlace(round(start * 1000), round(at * 1000), chunk.object_key, offset, length)
            )
    return places
