"""Passages of tracks that have none yet: of those that were just put, and of all that were there before."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import passages
from storage.objects import ObjectNotFound, ObjectStore
from storage.search_passages import passages_of
from storage.tracks.read import read
from workers.rounds import Round

log = logging.getLogger(__name__)


def write_missing_passages(sessions: sessionmaker[Session], objects: ObjectStore) -> Round:
    """Write those of some tracks. Their files are read outside of a transaction; who dies in between leaves the track
    as it was.
    """
    with sessions() as session:
        found = passages.missing(session)
    for track in found:
        try:
            cues = read(b"".join(objects.stream(track.object_key))).cues
        except ObjectNotFound:
            log.warning("track %s of version %s is lost and not searched", track.id, track.version_id)
            cues = ()
        with sessions.begin() as session:
            passages.write(session, track.id, passages_of(cues, track.kind))
    return Round(pause=0) if len(found) == passages.AT_A_TIME else Round()
