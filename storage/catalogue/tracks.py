"""Captions and chapters of a version. Every change raises the version's ``tracks_revision``."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from configs.words import TrackKind
from storage.catalogue.models import Track, Version

MAX_TRACKS = 64
"""Tracks of one version: every language anybody teaches in, and an end to what one author can pile up."""


def tracks_of(session: Session, version_id: str) -> Sequence[Track]:
    """Captions and chapters of a version."""
    return (
        session.execute(
            select(Track).where(Track.version_id == version_id).order_by(Track.kind, Track.language)
        )
        .scalars()
        .all()
    )


def put(session: Session, track: Track) -> tuple[bool, str | None]:
    """Let ``track`` be the version's only one of its kind and language.

    Returns whether there was room for it, and the object key of the track that it replaces. What is replaced goes
    with its ID: an address never changes what it shows.
    """
    _change(session, track.version_id)
    others = tracks_of(session, track.version_id)
    before = next((t for t in others if (t.kind, t.language) == (track.kind, track.language)), None)
    if before is None and len(others) >= MAX_TRACKS:
        return False, None
    key = None
    if before is not None:
        key = before.object_key
        session.delete(before)
        session.flush()
    session.add(track)
    session.flush()
    return True, key


def add_missing(session: Session, version_id: str, tracks: Sequence[Track]) -> None:
    """Add those tracks whose kind and language the version does not have yet: what an author sent stays."""
    _change(session, version_id)
    known = tracks_of(session, version_id)
    taken = {(track.kind, track.language) for track in known}
    missing = [track for track in tracks if (track.kind, track.language) not in taken]
    session.add_all(missing[: MAX_TRACKS - len(known)])
    session.flush()


def remove(session: Session, version_id: str, kind: TrackKind, language: str) -> str | None:
    """Take a track away; returns its object key, None if there is no such track."""
    _change(session, version_id)
    return session.execute(
        delete(Track)
        .where(Track.version_id == version_id, Track.kind == kind, Track.language == language)
        .returning(Track.object_key)
    ).scalar_one_or_none()


def _change(session: Session, version_id: str) -> None:
    """Raise the revision, which also lets one transaction at a time change the tracks of a version."""
    session.execute(
        update(Version)
        .where(Version.id == version_id)
        .values(tracks_revision=Version.tracks_revision + 1)
        .execution_options(synchronize_session=False)
    )
