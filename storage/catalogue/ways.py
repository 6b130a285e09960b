"""A lesson may come by several ways: from its origin, and from others who pass it on. Only one of them is followed.

Who tells a lesson is known, for each link has its key; whose lesson it is, is hearsay where it is passed on. So what
its origin tells itself comes before what anybody says of it, and who brings nothing stands in nobody's way. Only the
ways of one organization are compared: what another one has, this one may not see.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import and_, exists, func, select, update
from sqlalchemy.orm import Session

from storage.catalogue import trash, versions
from storage.catalogue.half_copies import discard_half
from storage.catalogue.models import Asset, FollowedLesson, PlatformLink, Subscription
from storage.exchange.lessons import Station
from storage.origins import origin_of

TRIES: Final = 3
"""After so many that brought nothing a way is in no other's way."""

_IN_THE_WAY: Final = ("waiting", "copying", "current", "adopted", "dropped")


def stations_by(link: PlatformLink, origin_id: str, told: Sequence[Station]) -> list[Station]:
    """The platforms through which a lesson came, with the one that tells it at the end, whether it says so or not."""
    teller = link.peer_url or ""
    if told and origin_of(told[-1].url) == origin_of(teller):
        return list(told)
    return [*told, Station(url=teller, name=link.name, asset_id=origin_id)]


def is_elsewhere(session: Session, mine: FollowedLesson, public_url: str) -> bool:
    """Whether a lesson need not be followed by this way: it is our own, or comes by another way. One that its origin
    tells itself takes over what came here by hearsay: the asset stays, and what is the same is not fetched again."""
    if mine.asset_id is not None and mine.state != "elsewhere":
        # What has begun goes on.
        return False
    if any(origin_of(station["url"]) == public_url for station in mine.stations) or _was_here(session, mine):
        return True
    for other, is_followed in _others(session, mine):
        if _comes_before(mine, other, is_followed=is_followed):
            if mine.asset_id is None and other.asset_id is not None and _are_seen_alike(session, mine, other):
                _take_over(session, mine, other)
        elif _is_in_the_way(mine, other, is_followed=is_followed):
            return True
    return False


def _was_here(session: Session, mine: FollowedLesson) -> bool:
    """Whether an asset here is one of those through which it came: this platform may have had another address then."""
    names = [station["asset_id"] for station in mine.stations]
    return bool(session.execute(select(exists().where(Asset.id.in_(names)))).scalar_one())


def set_aside(found: FollowedLesson) -> None:
    """It is here by another way."""
    found.state, found.due_at, found.lease_until = "elsewhere", None, None
    found.failure, found.failure_detail = None, ""


def set_others_aside(session: Session, mine: FollowedLesson, kept: timedelta) -> Iterator[FollowedLesson]:
    """What the origin itself tells is here: what others passed on in its name, and it could not take over, leaves."""
    if not _is_direct(mine) or mine.state != "current":
        return
    for other in [each for each, _ in _others(session, mine) if _gives_way(each)]:
        # In the order in which everybody locks them.
        asset = versions.hold(session, other.asset_id) if other.asset_id is not None else None
        session.refresh(other, with_for_update=True)
        if not _gives_way(other):
            continue
        if asset is not None and asset.id == other.asset_id and asset.deleted_at is None:
            trash.put(session, asset, kept)
        other.fence += 1
        set_aside(other)
        session.flush()
        yield other


def _gives_way(other: FollowedLesson) -> bool:
    """Whether it is followed by hearsay alone, and not because somebody here has accepted it."""
    return not _is_direct(other) and other.placed is None and other.state in ("waiting", "copying", "current")


def let_others_look(session: Session, found: FollowedLesson) -> None:
    """A lesson does not come by this way, or not now: what was set aside for it is looked at again."""
    session.execute(
        update(FollowedLesson)
        .where(
            FollowedLesson.first_url == found.first_url,
            FollowedLesson.first_id == found.first_id,
            FollowedLesson.id != found.id,
            FollowedLesson.state == "elsewhere",
            FollowedLesson.due_at.is_(None),
        )
        .values(due_at=func.now(), attempts=0)
    )


def _others(session: Session, mine: FollowedLesson) -> Iterator[tuple[FollowedLesson, bool]]:
    """The other ways of the same lesson, and whether they are still followed."""
    own = session.get_one(PlatformLink, mine.link_id).organization_id
    query = (
        select(FollowedLesson, Subscription.link_id)
        .join(PlatformLink, PlatformLink.id == FollowedLesson.link_id)
        .outerjoin(
            Subscription,
            and_(Subscription.link_id == PlatformLink.id, PlatformLink.state != "ended"),
        )
        .where(
            FollowedLesson.first_url == mine.first_url,
            FollowedLesson.first_id == mine.first_id,
            FollowedLesson.id != mine.id,
            FollowedLesson.state.in_(_IN_THE_WAY),
            PlatformLink.organization_id == own,
        )
        .order_by(FollowedLesson.id)
    )
    for other, subscribed in session.execute(query).all():
        yield other, subscribed is not None


def _are_seen_alike(session: Session, mine: FollowedLesson, other: FollowedLesson) -> bool:
    """Whether what came by one way is for the same people as what comes by this one; what was accepted into a place of
    its own, or is wanted for one, is not."""
    wish, its = (session.get(Subscription, each.link_id) for each in (mine, other))
    is_placed = mine.placed is not None or other.placed is not None
    # Of what is not followed any more nobody says for whom it is but the asset.
    asset = session.get(Asset, other.asset_id) if other.asset_id is not None else None
    before = its.visibility if its is not None else asset.visibility if asset is not None else None
    return not is_placed and wish is not None and wish.visibility == before


def _is_direct(lesson: FollowedLesson) -> bool:
    return len(lesson.stations) == 1


def _comes_before(mine: FollowedLesson, other: FollowedLesson, *, is_followed: bool) -> bool:
    if other.state in ("adopted", "dropped") or _is_direct(other) > _is_direct(mine):
        return False
    return _is_direct(mine) > _is_direct(other) or not is_followed


def _is_in_the_way(mine: FollowedLesson, other: FollowedLesson, *, is_followed: bool) -> bool:
    if other.state == "dropped":
        # Somebody here does not want it, unless it was asked for by this way.
        return mine.placed is None
    if other.state == "adopted" or other.copied_version_id is not None:
        return True
    if not is_followed or other.attempts >= TRIES:
        return False
    # Of two ways that have brought nothing yet one goes on.
    return _is_direct(other) > _is_direct(mine) or other.asset_id is not None or other.id < mine.id


def _take_over(session: Session, mine: FollowedLesson, other: FollowedLesson) -> None:
    """Let the asset that came by ``other`` be what comes by this way; it plays until that is here."""
    # In the order in which everybody locks them.
    versions.hold(session, str(other.asset_id))
    session.refresh(other, with_for_update=True)
    if other.asset_id is None or other.state == "adopted":
        return
    discard_half(session, other)
    asset_id, other.asset_id = other.asset_id, None
    other.copied_version_id = other.mode = None
    other.fence += 1
    set_aside(other)
    # One asset comes by one way at a time.
    session.flush()
    mine.asset_id, mine.copied_version_id, mine.mode = asset_id, None, None
    session.flush()
