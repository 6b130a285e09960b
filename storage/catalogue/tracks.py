"""Captions and chapters of a version. Every change raises the version's ``tracks_revision``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from configs.words import TrackKind
from storage.catalogue.models import Track, Version
from storage.languages import primary
from storage.tracks.names import CAPTIONS, language_name

MAX_TRACKS = 64
"""Tracks of one version: every language anybody teaches in, and an end to what one author can pile up."""


# Written once: making them takes as long as asking.
_TRACKS: Final = (
    select(Track).where(Track.version_id == bindparam("version_id")).order_by(Track.kind, Track.language)
)
_SHOWN: Final = _TRACKS.where(Track.state == "shown")


def tracks_of(session: Session, version_id: str, *, drafts: bool = False) -> Sequence[Track]:
    """Captions and chapters of a version; with ``drafts`` those, too, that viewers do not see yet."""
    query = _TRACKS if drafts else _SHOWN
    return session.execute(query, {"version_id": version_id}).scalars().all()


def accept(session: Session, version_id: str, kind: TrackKind, language: str) -> Track | None:
    """Let viewers see a track that somebody has looked at; None if there is no such track. What a machine wrote is
    somebody's from then on, and is called so."""
    _change(session, version_id)
    query = select(Track).where(
        Track.version_id == version_id, Track.kind == kind, Track.language == language
    )
    track = session.execute(query).scalar_one_or_none()
    if track is not None:
        track.state = "shown"
        if track.automatic:
            track.automatic, track.label = False, language_name(language)
        session.flush()
    return track


def find(
    session: Session, version_id: str, kind: TrackKind, language: str, *, for_change: bool = False
) -> Track | None:
    """The track of a kind and language; ``for_change`` keeps others from changing any of the version until the
    transaction ends.
    """
    if for_change:
        _change(session, version_id)
    return session.execute(
        select(Track).where(Track.version_id == version_id, Track.kind == kind, Track.language == language)
    ).scalar_one_or_none()


def put(session: Session, track: Track) -> tuple[bool, list[str]]:
    """Let ``track`` be the version's only one of its kind and language.

    Returns whether there was room for it, and the object keys of the track that it replaces. What is replaced goes
    with its ID: an address never changes what it shows. One in the place of an automatic one is not called so any more.
    """
    _change(session, track.version_id)
    others = tracks_of(session, track.version_id, drafts=True)
    before = next((t for t in others if (t.kind, t.language) == (track.kind, track.language)), None)
    if before is None and len(others) >= MAX_TRACKS:
        return False, []
    replaced: list[str] = []
    if before is not None:
        replaced = _keys_of(before)
        if before.automatic and track.label == before.label:
            track.label = language_name(track.language)
        session.delete(before)
        session.flush()
    session.add(track)
    session.flush()
    return True, replaced


def add_missing(session: Session, version_id: str, tracks: Sequence[Track]) -> None:
    """Add those tracks whose kind and language the version does not have yet: what an author sent stays."""
    _change(session, version_id)
    known = tracks_of(session, version_id, drafts=True)
    taken = {(track.kind, track.language) for track in known}
    missing = [track for track in tracks if (track.kind, track.language) not in taken]
    session.add_all(missing[: MAX_TRACKS - len(known)])
    session.flush()


def suggest(session: Session, suggested: Track) -> None:
    """Add a track that viewers do not see before somebody accepts it, unless the version has one of its kind."""
    _change(session, suggested.version_id)
    known = tracks_of(session, suggested.version_id, drafts=True)
    if len(known) < MAX_TRACKS and all(track.kind != suggested.kind for track in known):
        suggested.state = "suggested"
        session.add(suggested)
        session.flush()


def has_captions(session: Session, version_id: str, language: str) -> bool:
    """Return whether there are captions in a language, in whatever script or of whatever country."""
    return _have_captions(tracks_of(session, version_id, drafts=True), language)


def _have_captions(known: Sequence[Track], language: str) -> bool:
    return any(track.kind == CAPTIONS and primary(track.language) == primary(language) for track in known)


def add_automatic(session: Session, made: Track) -> bool:
    """Add captions that a machine wrote, unless the version has some in their language; returns whether they were."""
    _change(session, made.version_id)
    known = tracks_of(session, made.version_id, drafts=True)
    if len(known) >= MAX_TRACKS or _have_captions(known, made.language):
        return False
    made.automatic = True
    session.add(made)
    session.flush()
    return True


def remove(session: Session, version_id: str, kind: TrackKind, language: str) -> list[str]:
    """Take a track away; returns its object keys, none if there is no such track."""
    track = find(session, version_id, kind, language, for_change=True)
    if track is None:
        return []
    session.delete(track)
    session.flush()
    return _keys_of(track)


def _keys_of(track: Track) -> list[str]:
    return [track.object_key, *([track.source_key] if track.source_key else [])]


def _change(session: Session, version_id: str) -> None:
    """Raise the revision, which also lets one transaction at a time change the tracks of a version."""
    session.execute(
        update(Version)
        .where(Version.id == version_id)
        .values(tracks_revision=Version.tracks_revision + 1)
        .execution_options(synchronize_session=False)
    )
