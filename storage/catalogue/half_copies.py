"""What is half here of a lesson that is being copied."""

from __future__ import annotations

from sqlalchemy import delete, func
from sqlalchemy.orm import Session

from storage.catalogue.models import FollowedLesson, MirroredObject, Version


def discard_half(session: Session, found: FollowedLesson) -> None:
    """The version into which is copied goes; the one that plays stays."""
    version = session.get(Version, found.version_id) if found.version_id else None
    if version is not None and version.state == "processing":
        session.execute(delete(MirroredObject).where(MirroredObject.version_id == version.id))
        version.discarded_at, version.awaited = func.now(), False
    found.version_id = None
    found.bytes_done = found.bytes_total
