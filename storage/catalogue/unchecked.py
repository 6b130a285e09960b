"""Copied lessons of which nobody knows whether they were withdrawn, for their platform could not be asked for long.

They are withdrawn here for the time being: by the date from which viewers see a lesson no more, so they stop playing
as any other. What was told of that date before takes its place again once the platform is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from storage.catalogue.models import PlatformLink, Subscription

_SUSPEND: Final = text("""
UPDATE assets SET withdraw_at = now(), updated_at = now() FROM followed_lessons AS followed
 WHERE followed.asset_id = assets.id AND followed.link_id = :link AND followed.state IN ('current', 'copying')
   AND followed.mode IS DISTINCT FROM 'reference'
   AND assets.deleted_at IS NULL AND (assets.withdraw_at IS NULL OR assets.withdraw_at > now())
""")
_RESUME: Final = text("""
UPDATE assets SET withdraw_at = CAST(followed.metadata ->> 'withdraw_at' AS timestamptz), updated_at = now()
  FROM followed_lessons AS followed
 WHERE followed.asset_id = assets.id AND followed.link_id = :link
   AND followed.state IN ('current', 'copying', 'adopted')
   AND assets.withdraw_at IS DISTINCT FROM CAST(followed.metadata ->> 'withdraw_at' AS timestamptz)
""")


def suspend(session: Session, after: timedelta | None) -> Sequence[str]:
    """Let copies stop playing whose platform could not be asked for so long (None: however long), and those play again
    of which it could. Returns the links whose copies stopped."""
    for subscription in session.execute(
        select(Subscription).where(Subscription.suspended_at.is_not(None))
    ).scalars():
        link = session.get_one(PlatformLink, subscription.link_id)
        if link.state == "ended" or after is None or not _is_unchecked(session, subscription, after):
            resume(session, subscription)
    if after is None:
        return []
    late = (
        select(Subscription)
        .join(PlatformLink, PlatformLink.id == Subscription.link_id)
        .where(
            PlatformLink.state != "ended",
            Subscription.suspended_at.is_(None),
            Subscription.read_at < func.now() - after,
        )
        .with_for_update(of=Subscription, skip_locked=True)
    )
    stopped = []
    for subscription in session.execute(late).scalars():
        session.execute(_SUSPEND, {"link": subscription.link_id})
        subscription.suspended_at = func.now()
        stopped.append(subscription.link_id)
    session.flush()
    return stopped


def resume(session: Session, subscription: Subscription) -> None:
    """Let copies play again."""
    session.execute(_RESUME, {"link": subscription.link_id})
    subscription.suspended_at = None
    session.flush()


def _is_unchecked(session: Session, subscription: Subscription, after: timedelta) -> bool:
    is_late = select(Subscription.read_at < func.now() - after).where(
        Subscription.link_id == subscription.link_id
    )
    return bool(session.execute(is_late).scalar_one())
