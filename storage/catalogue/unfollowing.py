"""The end of a subscription: what is here stays as it is, and nothing stays half here."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage.catalogue import trash, unchecked, versions, ways
from storage.catalogue.half_copies import discard_half
from storage.catalogue.models import (
    Asset,
    FollowedCourse,
    FollowedLesson,
    Subscription,
)


def unfollow(session: Session, link_id: str, *, accepted: bool = False) -> None:
    """Follow nothing of a link any more; lessons of which an offer was accepted only if ``accepted``. What is half here
    goes with all that belongs to it, or plays as it was before. Whoever copies loses the lease."""
    of_link = FollowedLesson.link_id == link_id
    query = select(FollowedLesson.id, FollowedLesson.asset_id).where(
        of_link, FollowedLesson.state.in_(("waiting", "copying", "current", "left_out"))
    )
    if not accepted:
        query = query.where(FollowedLesson.placed.is_(None))
    for followed_id, asset_id in session.execute(query).all():
        # In the order in which everybody locks them.
        asset = versions.hold(session, asset_id) if asset_id is not None else None
        found = session.get(FollowedLesson, followed_id, with_for_update=True, populate_existing=True)
        if found is not None:
            _stop(session, found, asset)
    session.execute(
        update(FollowedCourse)
        .where(FollowedCourse.link_id == link_id)
        .values(due_at=None, failure=None, failure_detail="")
    )
    subscription = session.get(Subscription, link_id)
    if subscription is not None and subscription.suspended_at is not None:
        unchecked.resume(session, subscription)
    left = select(FollowedLesson.id).where(of_link, FollowedLesson.placed.is_not(None)).limit(1)
    if subscription is None:
        return
    if not accepted and session.execute(left).first() is not None:
        subscription.everything = False
    else:
        session.delete(subscription)
    session.flush()


def _stop(session: Session, found: FollowedLesson, asset: Asset | None) -> None:
    found.fence += 1
    found.due_at = found.lease_until = found.failure = None
    found.failure_detail = ""
    ways.let_others_look(session, found)
    if found.copied_version_id is None:
        if asset is not None and asset.deleted_at is None:
            trash.remove(session, asset)
        session.delete(found)
    elif found.state == "copying":
        discard_half(session, found)
        found.state = "current"
    session.flush()
