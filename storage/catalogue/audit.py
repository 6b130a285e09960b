"""The audit log: who changed what, when and from where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from configs.words import AuditAction
from storage.catalogue.models import AuditEntry

_AT_A_TIME: Final = 10_000
"""Entries that one transaction removes."""


def list_entries(
    session: Session,
    organizations: set[str],
    limit: int,
    *,
    after: int | None = None,
    action: AuditAction | None = None,
    target_id: str | None = None,
    key_id: str | None = None,
) -> Sequence[AuditEntry]:
    """What was changed of ``organizations``, newest first; ``after`` is the last ID of the page before."""
    query = select(AuditEntry).where(AuditEntry.organization_id.in_(organizations))
    if after is not None:
        query = query.where(AuditEntry.id < after)
    if action is not None:
        query = query.where(AuditEntry.action == action)
    if target_id is not None:
        query = query.where(AuditEntry.target_id == target_id)
    if key_id is not None:
        query = query.where(AuditEntry.key_id == key_id)
    return session.execute(query.order_by(AuditEntry.id.desc()).limit(limit)).scalars().all()


def forget(session: Session, days: int) -> None:
    """Remove some of what is older than ``days``."""
    old = select(AuditEntry.id).where(AuditEntry.at < func.now() - timedelta(days=days)).limit(_AT_A_TIME)
    session.execute(delete(AuditEntry).where(AuditEntry.id.in_(old)))
