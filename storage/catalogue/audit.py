"""The audit log: who changed what, when and from where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from configs.words import AuditAction
from storage.catalogue import pages
from storage.catalogue.models import AuditEntry
from storage.catalogue.pages import Listed, Order
from storage.catalogue.reach import Reach

_AT_A_TIME: Final = 10_000
"""Entries that one transaction removes."""


def list_entries(
    session: Session,
    reach: Reach,
    limit: int,
    *,
    after: int | None = None,
    action: AuditAction | None = None,
    target_id: str | None = None,
    key_id: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    person_id: str | None = None,
) -> Sequence[AuditEntry]:
    """What was changed in ``reach``, newest first; ``after`` is the last ID of the page before, ``since`` the first
    moment and ``before`` the first one that is too late.
    """
    where: list[ColumnElement[bool]] = []
    if action is not None:
        where.append(AuditEntry.action == action)
    if target_id is not None:
        where.append(AuditEntry.target_id == target_id)
    if key_id is not None:
        where.append(AuditEntry.key_id == key_id)
    if since is not None:
        where.append(AuditEntry.at >= since)
    if before is not None:
        where.append(AuditEntry.at < before)
    if person_id is not None:
        where.append(AuditEntry.person_id == person_id)
    listed = Listed(AuditEntry.organization_id, where)
    order = Order((AuditEntry.id,), descending=True)
    cursor = None if after is None else [after]
    ids = pages.page(session, reach, listed, order=order, limit=limit, cursor=cursor)
    query = select(AuditEntry).where(AuditEntry.id.in_(ids)).order_by(AuditEntry.id.desc())
    return session.execute(query).scalars().all()


def forget(session: Session, days: int) -> None:
    """Remove some of what is older than ``days``."""
    old = select(AuditEntry.id).where(AuditEntry.at < func.now() - timedelta(days=days)).limit(_AT_A_TIME)
    session.execute(delete(AuditEntry).where(AuditEntry.id.in_(old)))
