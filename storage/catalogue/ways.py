"""A lesson may come by several ways: from its origin, and from others who pass it on. Only one of them is followed.

Who tells a lesson is known, for each link has its key; whose lesson it is, is hearsay where it is passed on. So what
its origin tells itself comes before what anybody says of it, and who brings nothing stands in nobody's way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session

from storage.catalogue import versions
from storage.catalogue.half_copies import discard_half
from storage.catalogue.models import FollowedLesson, PlatformLink, Subscription
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
    if mine.asset_id is not None:
        # What has begun goes on.
        return False
    if any(origin_of(station["url"]) == public_url for station in mine.stations):
        return True
    link = session.get_one(PlatformLink, mine.link_id)
    for other, other_link, is_followed in _others(session, mine):
        if _comes_before(mine, other, is_followed=is_followed):
            same_owner = link.organization_id == other_link.organization_id
            if same_owner and mine.asset_id is None and other.asset_id is not None and other.placed is None:
                _take_over(session, mine, other)
        elif _is_in_the_way(mine, other, is_followed=is_followed):
            return True
    return False


def set_aside(found: FollowedLesson) -> None:
    """It is here by another way."""
    found.state, found.due_at, found.lease_until = "elsewhere", None, None
    found.failure, found.failure_detail = None, ""


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


def _others(session: Session, mine: FollowedLesson) -> Iterator[tuple[FollowedLesson, PlatformLink, bool]]:
    """The other ways of the same lesson, and whether they are still followed."""
    query = (
        select(FollowedLesson, PlatformLink, Subscription.link_id)
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
        )
        .order_by(FollowedLesson.id)
    )
    for other, link, subscribed in session.execute(query).all():
        yield other, link, subscribed is not None


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
