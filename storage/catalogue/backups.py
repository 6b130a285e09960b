"""Backups under way. While one is, no object is removed that its dump of the catalogue may name.

Whoever removes objects first commits that nothing names them any more, and then asks ``removals_are_held``. If a backup
began after that answer, so did its dump, which then does not name them either.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import CursorResult, exists, func, select, update
from sqlalchemy.orm import Session

from storage.catalogue.models import Backup

HOLD = timedelta(minutes=10)
"""A backup that was not heard of for so long holds nothing any more."""


def begin(session: Session) -> str:
    """Hold all removals from the commit of this transaction on; returns the backup's ID."""
    backup = Backup(held_until=func.clock_timestamp() + HOLD)
    session.add(backup)
    session.flush()
    return backup.id


def renew(session: Session, backup_id: str) -> bool:
    """Hold on. False if the hold had run out: then something may have been removed."""
    renewed = session.execute(
        update(Backup)
        .where(Backup.id == backup_id, Backup.held_until > func.clock_timestamp())
        .values(held_until=func.clock_timestamp() + HOLD)
    )
    assert isinstance(renewed, CursorResult)  # noqa: S101
    return renewed.rowcount == 1


def end(session: Session, backup_id: str, *, finished: bool) -> None:
    """Let removals go on."""
    values = {"held_until": func.clock_timestamp(), **({"finished_at": func.now()} if finished else {})}
    session.execute(update(Backup).where(Backup.id == backup_id).values(values))


def removals_are_held(session: Session) -> bool:
    """Whether a backup is under way."""
    return bool(
        session.execute(select(exists().where(Backup.held_until > func.clock_timestamp()))).scalar_one()
    )
