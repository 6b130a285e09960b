"""Links to other platforms: how they are made, what is shared by them, and how the other side was met last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from configs.messages import Message
from configs.words import LicenceCode, LinkFailure
from storage.catalogue import categories
from storage.catalogue.models import (
    Asset,
    Category,
    Collection,
    Offer,
    Organization,
    PlatformLink,
    PlatformShare,
    RecordMark,
)
from storage.catalogue.reach import Reach, above
from storage.catalogue.visibility import Platform, SharedSet, Viewer, shared_by

MOST: Final = 200
"""Links of one organization that have not ended."""

MOST_SHARES: Final = 200
"""Lines of one link's statement; a set of any size is one."""

_LONGEST_DETAIL: Final = 300


@dataclass(frozen=True)
class Share:
    """A line of what is shared: ``PlatformShare`` without its link."""

    organization_id: str | None = None
    category_id: str | None = None
    licence: LicenceCode | None = None
    asset_id: str | None = None
    collection_id: str | None = None
    with_source: bool = False


class ShareUnknown(Exception):
    """What is to be shared is not the organization's, nor below it: named in the message."""


def find(session: Session, link_id: str, reach: Reach, *, for_update: bool = False) -> PlatformLink | None:
    """The link, if it belongs to an organization in ``reach``."""
    query = select(PlatformLink).where(PlatformLink.id == link_id)
    return reach.find(session, query, for_update=for_update)


def list_links(session: Session, reach: Reach, limit: int, after: str | None) -> Sequence[PlatformLink]:
    """Oldest first, ended ones too; ``after`` is the last ID of the page before."""
    query = select(PlatformLink).where(
        PlatformLink.organization_id.in_(reach.select()), PlatformLink.id > (after or "")
    )
    return session.execute(query.order_by(PlatformLink.id).limit(limit)).scalars().all()


def count(session: Session, organization_id: str) -> int:
    """How many an organization has that have not ended."""
    query = select(func.count()).where(
        PlatformLink.organization_id == organization_id, PlatformLink.state != "ended"
    )
    return session.execute(query).scalar_one()


def to_be_met(session: Session) -> Sequence[PlatformLink]:
    """Links over which the other platform can be spoken to, those first that were not for longest."""
    query = select(PlatformLink).where(
        PlatformLink.state.in_(("waiting", "linked")),
        PlatformLink.peer_url.is_not(None),
        PlatformLink.asks_only.is_(False),
    )
    return session.execute(query.order_by(PlatformLink.tried_at.nulls_first())).scalars().all()


def peers(session: Session) -> Sequence[PlatformLink]:
    """Links whose other platform may play from here what is shared with it."""
    query = (
        select(PlatformLink)
        .join(Organization, Organization.id == PlatformLink.organization_id)
        .where(
            PlatformLink.state == "linked",
            PlatformLink.peer_key.is_not(None),
            Organization.closed_at.is_(None),
        )
    )
    return session.execute(query).scalars().all()


def shares_asset(session: Session, link_id: str, asset_id: str) -> bool:
    """Whether an asset is shared by a link that is neither paused nor ended."""
    link = session.get(PlatformLink, link_id)
    if link is None or link.state != "linked":
        return False
    return bool(shared_by(session, viewer_of(session, link), Asset, [asset_id]))


def set_linked(link: PlatformLink) -> None:
    """Both platforms know each other."""
    link.state = "linked"
    link.linked_at = func.now()


def end(session: Session, link: PlatformLink) -> None:
    """For good: nobody can sign for it any more."""
    _mark(session, link)
    link.state = "ended"
    link.private_key = None
    link.ended_at = func.now()
    link.failure, link.failing_since, link.failure_detail = None, None, ""


def heard(sessions: sessionmaker[Session], link_id: str, clock_ahead: float) -> None:
    """Write down, whatever comes of it, that the other platform has asked something: both know each other."""
    with sessions.begin() as session:
        _set(session, link_id, heard_at=func.now(), clock_ahead=clock_ahead)
        _now_linked(session, link_id)


def reached(session: Session, link_id: str, clock_ahead: float) -> None:
    """Write down that the other platform has answered."""
    _set(
        session,
        link_id,
        tried_at=func.now(),
        reached_at=func.now(),
        clock_ahead=clock_ahead,
        failure=None,
        failure_detail="",
        failing_since=None,
    )
    _now_linked(session, link_id)


def not_reached(
    session: Session, link_id: str, failure: LinkFailure, detail: str, clock_ahead: float | None = None
) -> None:
    """Write down that it could not be spoken to, and why."""
    told = {} if clock_ahead is None else {"clock_ahead": clock_ahead}
    _set(
        session,
        link_id,
        tried_at=func.now(),
        failure=failure,
        failure_detail=detail[:_LONGEST_DETAIL],
        failing_since=func.coalesce(PlatformLink.failing_since, func.now()),
        **told,
    )


def _set(session: Session, link_id: str, **values: Any) -> None:
    session.execute(
        update(PlatformLink)
        .where(PlatformLink.id == link_id)
        .values(updated_at=PlatformLink.updated_at, **values)
    )


def _now_linked(session: Session, link_id: str) -> None:
    session.execute(
        update(PlatformLink)
        .where(
            PlatformLink.id == link_id, PlatformLink.state == "waiting", PlatformLink.peer_key.is_not(None)
        )
        .values(state="linked", linked_at=func.now())
    )


def shares_of(session: Session, link_ids: Sequence[str]) -> dict[str, list[PlatformShare]]:
    """What is shared by each of some links, in the order in which it was said."""
    found: dict[str, list[PlatformShare]] = {link_id: [] for link_id in link_ids}
    query = select(PlatformShare).where(PlatformShare.link_id.in_(link_ids)).order_by(PlatformShare.id)
    for share in session.execute(query).scalars():
        found[share.link_id].append(share)
    return found


def named_in(share: PlatformShare) -> list[str]:
    """IDs of what a line of what is shared names."""
    every = (share.asset_id, share.collection_id, share.organization_id, share.category_id)
    return [each for each in every if each is not None]


def names_of(session: Session, shares: Iterable[PlatformShare]) -> dict[str, Message]:
    """What is called by the IDs in lines of what is shared."""
    ids = {each for share in shares for each in named_in(share)}
    titles = (
        select(Asset.id, Asset.title).where(Asset.id.in_(ids)),
        select(Collection.id, Collection.title).where(Collection.id.in_(ids)),
        select(Organization.id, Organization.name).where(Organization.id.in_(ids)),
    )
    names = {row[0]: Message(row[1], row[1]) for query in titles for row in session.execute(query)}
    found = session.execute(
        select(Category.id, Category.name_en, Category.name_zh).where(Category.id.in_(ids))
    )
    return names | {row[0]: Message(row[1], row[2]) for row in found}


def share(session: Session, link: PlatformLink, shares: Sequence[Share]) -> None:
    """Share this by a link, and nothing else. Raises ``ShareUnknown``."""
    for each in shares:
        _require_own(session, link.organization_id, each)
    session.execute(delete(PlatformShare).where(PlatformShare.link_id == link.id))
    for each in shares:
        session.add(PlatformShare(link_id=link.id, **vars(each)))
    _mark(session, link)
    session.flush()


def _require_own(session: Session, organization_id: str, wanted: Share) -> None:
    reach = Reach(organization_id)
    if wanted.organization_id is not None and not reach.includes(session, wanted.organization_id):
        raise ShareUnknown(wanted.organization_id)
    for model, name in ((Asset, wanted.asset_id), (Collection, wanted.collection_id)):
        row: Any = session.get(model, name) if name is not None else None
        is_gone = row is not None and getattr(row, "deleted_at", None) is not None
        if name is not None and (row is None or is_gone or not reach.holds(session, row)):
            raise ShareUnknown(name)
    if wanted.category_id is not None:
        usable = or_(
            Category.organization_id.in_(reach.select()), Category.organization_id.in_(above(organization_id))
        )
        if not session.execute(
            select(exists().where(Category.id == wanted.category_id, usable))
        ).scalar_one():
            raise ShareUnknown(wanted.category_id)


def viewers(session: Session) -> Sequence[Viewer]:
    """All platforms with which something is shared, as those who look."""
    shares = exists().where(PlatformShare.link_id == PlatformLink.id)
    accepted = exists().where(
        Offer.link_id == PlatformLink.id, Offer.direction == "sent", Offer.state == "accepted"
    )
    found = session.execute(
        select(PlatformLink)
        .where(PlatformLink.state != "ended", or_(shares, accepted))
        .order_by(PlatformLink.id)
    )
    return [viewer_of(session, link) for link in found.scalars()]


def _mark(session: Session, link: PlatformLink) -> None:
    """Have the log of changes look at all that could be shared by a link."""
    session.add(RecordMark(kind="organization", id=link.organization_id))


def viewer_of(session: Session, link: PlatformLink) -> Viewer:
    """The other platform of a link as one who looks (``visibility``)."""
    sets = []
    for each in shares_of(session, [link.id])[link.id]:
        if each.asset_id is None and each.collection_id is None:
            below = categories.with_those_below(session, [each.category_id]) if each.category_id else None
            sets.append(
                SharedSet(
                    organization_id=each.organization_id,
                    category_ids=frozenset(below) if below is not None else None,
                    licence=each.licence,
                )
            )
    return Viewer(platform=Platform(link.id, link.organization_id, tuple(sets)))
