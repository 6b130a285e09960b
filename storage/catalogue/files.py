"""Files to be downloaded that were made of a version."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.catalogue.models import File


def files_of(session: Session, version_id: str) -> Sequence[File]:
    """All files of a version, by name."""
    return (
        session.execute(select(File).where(File.version_id == version_id).order_by(File.name)).scalars().all()
    )


def find_file(session: Session, version_id: str, name: str) -> File | None:
    """One file, or None if it is not made (yet)."""
    return session.get(File, (version_id, name))
