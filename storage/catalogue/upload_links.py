"""Links by which people without an account send lessons: made, found by their secret, open by the database's clock."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from configs.words import UploadLinkState
from storage.catalogue import pages
from storage.catalogue.models import UploadLink
from storage.catalogue.pages import Listed, Order
from storage.catalogue.reach import Reach

SECRET_PREFIX: Final = "lsu_"  # noqa: S105  (no secret, but how all of them begin)


def create(
    session: Session, organization_id: str, owner_id: str | None, values: dict[str, Any]
) -> tuple[UploadLink, str]:
    """A new link; open from now on if ``opens_at`` of its values is None. The second value is its secret, told once and
    never kept.
    """
    secret = SECRET_PREFIX + secrets.token_urlsafe(24)
    link = UploadLink(digest=_digest(secret), organization_id=organization_id, owner_id=owner_id, **values)
    if link.opens_at is None:
        link.opens_at = now(session)
    session.add(link)
    session.flush()
    session.refresh(link)
    return link, secret


def renew_secret(session: Session, link: UploadLink) -> str:
    """Give the link another secret, which is told once: the one before counts no more."""
    secret = SECRET_PREFIX + secrets.token_urlsafe(24)
    link.digest = _digest(secret)
    session.flush()
    return secret


def find(session: Session, link_id: str, reach: Reach, *, for_update: bool = False) -> UploadLink | None:
    """The link, if it is in ``reach``; with ``for_update``, others wait with their changes."""
    query = select(UploadLink).where(UploadLink.id == link_id)
    return reach.find(session, query, for_update=for_update)


def find_by_secret(session: Session, secret: str) -> UploadLink | None:
    """The link whose secret this is."""
    query = select(UploadLink).where(UploadLink.digest == _digest(secret))
    return session.execute(query).scalar_one_or_none()


def list_links(session: Session, reach: Reach, limit: int, after: str | None) -> Sequence[UploadLink]:
    """Newest first; ``after`` is the last ID of the page before."""
    listed = Listed(UploadLink.organization_id, (), person=UploadLink.owner_id)
    order = Order((UploadLink.id,), descending=True)
    ids = pages.page(session, reach, listed, order=order, limit=limit, cursor=[after] if after else None)
    query = select(UploadLink).where(UploadLink.id.in_(ids)).order_by(UploadLink.id.desc())
    return session.execute(query).scalars().all()


def state_of(session: Session, link: UploadLink) -> UploadLinkState:
    """What the link is at this moment, by the database's clock."""
    return states_of(session, [link])[link.id]


def states_of(session: Session, links: Sequence[UploadLink]) -> dict[str, UploadLinkState]:
    """What links are at this moment, by their IDs."""
    clock, ends = func.clock_timestamp(), UploadLink.closes_at
    grace = func.make_interval(0, 0, 0, 0, 0, 0, UploadLink.grace_seconds)
    state = case(
        (clock < UploadLink.opens_at, "upcoming"),
        (clock < ends, "open"),
        (clock < ends + grace, "late"),
        else_="closed",
    )
    asked = select(UploadLink.id, state).where(UploadLink.id.in_([link.id for link in links]))
    return {row[0]: row[1] for row in session.execute(asked)}


def ends_at(link: UploadLink) -> datetime:
    """When the link is closed, its grace over: the last moment of all if that is beyond the year 9999."""
    try:
        return link.closes_at + timedelta(seconds=link.grace_seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def end_now_if_past(session: Session, link: UploadLink) -> None:
    """Of an open link whose end was just moved into the past: it ends now, for what has come in has come in before. The
    link is held for update."""
    with session.no_autoflush:  # the row must not be written while it closes before it opens
        clock = session.execute(select(func.clock_timestamp())).scalar_one()
    if ends_at(link) < clock:
        link.closes_at, link.grace_seconds = clock, 0


def now(session: Session) -> Any:
    """This moment, by the database's clock."""
    return session.execute(select(func.now())).scalar_one()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
