"""Files that were made of a version: to be downloaded, or for those who edit."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from storage.catalogue import steps
from storage.catalogue.models import File
from storage.catalogue.new_steps import NewStep


def files_of(session: Session, version_id: str) -> Sequence[File]:
    """All files of a version, by name."""
    return (
        session.execute(select(File).where(File.version_id == version_id).order_by(File.name)).scalars().all()
    )


def find_file(session: Session, version_id: str, name: str) -> File | None:
    """One file, or None if it is not made (yet)."""
    return session.get(File, (version_id, name))


def order_peaks(sessions: sessionmaker[Session], version_id: str) -> None:
    """Have the peaks of a ready version made that an earlier release made without; ordered once, however often."""
    with sessions.begin() as session:
        steps.add_steps(session, version_id, [NewStep(kind="peaks", name="peaks", optional=True)])
