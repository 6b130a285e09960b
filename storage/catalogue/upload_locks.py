"""Who writes an upload: a request holds a *lock* that it renews while bytes arrive. A lock that was not renewed for
``LOCK`` may be taken over; whoever lost it is refused. All times are the database's own.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from storage.catalogue.models import Upload

LOCK = timedelta(seconds=10)
"""How long a silent request keeps others away; after a crash a client waits at most this long."""


class LockLost(Exception):
    """Another request has taken the upload over, or it is gone. Nothing more may be written."""


def is_held(session: Session, upload_id: str) -> bool:
    """Whether a request is writing the upload."""
    return session.execute(select(Upload.id).where(Upload.id == upload_id, ~unlocked())).first() is not None


def silent_until(session: Session, upload_id: str) -> datetime | None:
    """Until when whoever writes the upload may stay silent; None if nobody does."""
    held = select(Upload.lock_until).where(Upload.id == upload_id, ~unlocked())
    return session.execute(held).scalar_one_or_none()


def take(session: Session, upload_id: str, owner: str) -> bool:
    """Take the upload for ``owner``, a text of one request alone; False if another request holds it or it is gone."""
    taken = session.execute(
        update(Upload)
        .where(Upload.id == upload_id, unlocked())
        .values(lock_owner=owner, lock_until=func.now() + LOCK)
    )
    return changed_rows(taken) > 0


def seize(session: Session, upload_id: str, owner: str) -> None:
    """Take the upload whoever holds it: the holder is refused at its next ``record``."""
    session.execute(
        update(Upload).where(Upload.id == upload_id).values(lock_owner=owner, lock_until=func.now() + LOCK)
    )


def renew(session: Session, upload_id: str, owner: str) -> None:
    """Keep the lock while bytes arrive. Raises ``LockLost``."""
    renewed = session.execute(
        update(Upload)
        .where(Upload.id == upload_id, Upload.lock_owner == owner)
        .values(lock_until=func.now() + LOCK)
    )
    if not changed_rows(renewed):
        raise LockLost


def renew_all(session: Session, held: Collection[tuple[str, str]]) -> set[tuple[str, str | None]]:
    """Keep locks, given as IDs of uploads and their owners; those that still were the owners'."""
    if not held:
        return set()
    renewed = session.execute(
        update(Upload)
        .where(tuple_(Upload.id, Upload.lock_owner).in_(held))
        .values(lock_until=func.now() + LOCK)
        .returning(Upload.id, Upload.lock_owner)
    )
    return {(upload_id, owner) for upload_id, owner in renewed}


def still_held(session: Session, held: Collection[tuple[str, str]]) -> set[tuple[str, str | None]]:
    """Those locks that nobody else has taken; they are not renewed, so that others may."""
    if not held:
        return set()
    found = session.execute(
        select(Upload.id, Upload.lock_owner).where(tuple_(Upload.id, Upload.lock_owner).in_(held))
    )
    return {(upload_id, owner) for upload_id, owner in found}


def release(session: Session, upload_id: str, owner: str) -> None:
    """Give the lock back, if it is still held."""
    session.execute(
        update(Upload)
        .where(Upload.id == upload_id, Upload.lock_owner == owner)
        .values(lock_owner=None, lock_until=None)
    )


def unlocked() -> ColumnElement[bool]:
    """Whether nobody writes an upload, as a condition."""
    return or_(Upload.lock_owner.is_(None), Upload.lock_until < func.now())


def changed_rows(result: Any) -> int:
    """How many rows a statement changed."""
    assert isinstance(result, CursorResult)  # noqa: S101
    return result.rowcount
