"""Lessons that viewers are soon not to meet any more: who keeps them is told in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.catalogue.models import Asset

BEFORE: Final = timedelta(days=7)
"""How long before it is told."""

_AT_A_TIME: Final = 500


def remind(session: Session) -> int:
    """Tell of some that end soon, each once for each end, by the event ``asset.withdrawing``. Returns how many."""
    ending = (
        select(Asset)
        .where(
            Asset.withdraw_at.is_not(None),
            Asset.withdraw_at.between(func.now(), func.now() + BEFORE),
            Asset.withdraw_told.is_distinct_from(Asset.withdraw_at),
            Asset.deleted_at.is_(None),
        )
        .order_by(Asset.id)
        .limit(_AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    found = session.execute(ending).scalars().all()
    for asset in found:
        asset.withdraw_told = asset.withdraw_at
        told = func.jsonb_build_object("withdraw_at", asset.withdraw_at)
        session.execute(select(func.tell_event_of("asset.withdrawing", asset.id, told)))
    return len(found)
