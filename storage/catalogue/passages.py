"""Passages of tracks: which are missing, and their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from storage.catalogue.models import PASSAGES_MISSING, Passage, Track, Version
from storage.search_passages import FORMAT, passage_vector
from storage.search_passages import Passage as Said

AT_A_TIME: Final = 20
"""Tracks of one round."""


def missing(session: Session) -> Sequence[Track]:
    """Some tracks that viewers see and that have no passages yet, newest first: an author who has just put one does not
    wait for old ones.
    """
    query = select(Track).where(text(PASSAGES_MISSING)).order_by(Track.id.desc()).limit(AT_A_TIME)
    return session.execute(query).scalars().all()


def write(session: Session, track_id: str, passages: Iterable[Said]) -> None:
    """Let these be the passages of a track, unless it was replaced or removed meanwhile."""
    track = session.get(Track, track_id, with_for_update=True, populate_existing=True)
    if track is None:
        return
    asset_id = session.execute(select(Version.asset_id).where(Version.id == track.version_id)).scalar_one()
    session.execute(delete(Passage).where(Passage.track_id == track_id))
    rows = [
        {
            "track_id": track_id,
            "number": number,
            "asset_id": asset_id,
            "version_id": track.version_id,
            "kind": track.kind,
            "language": track.language,
            "start_ms": passage.lines[0].start,
            "end_ms": max(line.end for line in passage.lines),
            "times": [time for line in passage.lines for time in (line.start, line.end)],
            "text": passage.text,
            "words": passage_vector(passage.text),
        }
        for number, passage in enumerate(passages)
    ]
    if rows:
        session.execute(insert(Passage), rows)
    track.passages_format = FORMAT
