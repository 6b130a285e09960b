"""Courses of other platforms that are followed here: each is a collection of the lessons that came, in their order."""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ARRAY, Text, Update, cast, func, select, update
from sqlalchemy.orm import Session

from configs.words import LinkFailure
from storage.catalogue import collection_items, mirrors
from storage.catalogue.models import (
    Asset,
    Collection,
    CollectionItem,
    FollowedCourse,
    FollowedLesson,
    PlatformLink,
    Subscription,
)
from storage.catalogue.reach import Reach
from storage.exchange.lessons import SharedChange, SharedCourse
from storage.exchange.parts import read_parts, wants_course

TURN: Final = timedelta(seconds=60)
"""How long others leave a course alone that somebody looks at."""

_LONGEST_DETAIL: Final = 300


@dataclass(frozen=True)
class Due:
    """A course to be looked at: ``id`` is that of its row here."""

    id: str
    link_id: str
    origin_id: str


def learn(session: Session, link_id: str, changes: Sequence[SharedChange]) -> None:
    """Write down what became of courses there, of as many as of lessons; a lesson that came may belong into any."""
    known = select(func.count()).where(FollowedCourse.link_id == link_id)
    room = mirrors.MOST_FOLLOWED - session.execute(known).scalar_one()
    for change in changes:
        if change.kind == "course":
            room -= _learn(session, link_id, change, has_room=room > 0)
    if any(change.kind == "asset" and change.change == "created" for change in changes):
        session.execute(_of(link_id).values(due_at=func.now()))


def _learn(session: Session, link_id: str, change: SharedChange, *, has_room: bool) -> bool:
    """Return whether it was not known."""
    query = select(FollowedCourse).where(
        FollowedCourse.link_id == link_id, FollowedCourse.origin_id == change.id
    )
    known = session.execute(query.with_for_update()).scalar_one_or_none()
    is_new = known is None and change.change != "deleted"
    if is_new and has_room:
        session.add(FollowedCourse(link_id=link_id, origin_id=change.id, due_at=func.now()))
    elif known is not None and known.state != "dropped":
        known.due_at, known.attempts = func.now(), 0
    session.flush()
    return is_new


def touch(session: Session, link_id: str, lesson_id: str) -> None:
    """Have the courses looked at in which a lesson stands: it is here now, or not any more."""
    holds = FollowedCourse.lesson_ids.op("@>")(func.jsonb_build_array(lesson_id))
    session.execute(_of(link_id).where(holds).values(due_at=func.now()))


def with_lesson(session: Session, link_id: str, lesson_id: str) -> set[str]:
    """What courses are called there in which a lesson stands."""
    holds = FollowedCourse.lesson_ids.op("@>")(func.jsonb_build_array(lesson_id))
    query = select(FollowedCourse.origin_id).where(
        FollowedCourse.link_id == link_id, FollowedCourse.state != "gone", holds
    )
    return set(session.execute(query).scalars())


def claim(session: Session, link_ids: Sequence[str]) -> Due | None:
    """A course of the first of these links that has any, the one that is due for longest; others leave it alone for a
    while."""
    turn = func.array_position(cast(list(link_ids), ARRAY(Text)), FollowedCourse.link_id)
    query = (
        select(FollowedCourse)
        .join(Subscription, Subscription.link_id == FollowedCourse.link_id)
        .where(
            FollowedCourse.link_id.in_(link_ids),
            FollowedCourse.due_at <= func.now(),
            Subscription.everything,
        )
        .order_by(turn, FollowedCourse.due_at)
        .limit(1)
        .with_for_update(of=FollowedCourse, skip_locked=True)
    )
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        return None
    found.due_at = func.now() + TURN
    return Due(found.id, found.link_id, found.origin_id)


def put_off(session: Session, due: Due, failure: LinkFailure, detail: str) -> None:
    """It could not be asked for."""
    found = session.get(FollowedCourse, due.id, with_for_update=True)
    if found is None:
        return
    delay = min(mirrors.LONGEST_DELAY, mirrors.FIRST_DELAY * 2 ** min(found.attempts, 10))
    found.attempts += 1
    found.due_at = func.now() + delay
    found.failure, found.failure_detail = failure, detail[:_LONGEST_DETAIL]


def apply(session: Session, due: Due, told: SharedCourse) -> None:
    """Let what is told of a course be so here."""
    found = session.get(FollowedCourse, due.id, with_for_update=True)
    subscription = session.get(Subscription, due.link_id)
    if found is None or subscription is None:
        return
    _end_turn(found)
    only = read_parts(subscription.only)
    others = {*found.lesson_ids} ^ {*told.asset_ids}
    found.lesson_ids, found.title = list(dict.fromkeys(told.asset_ids)), told.metadata.title
    if only and others:
        _look_again(session, due.link_id, others)
    if not wants_course(only, due.origin_id, told.metadata):
        _remove(session, found)
        found.state = "left_out"
        return
    collection = session.get(Collection, found.collection_id) if found.collection_id else None
    if collection is None:
        if found.state == "current":
            # Somebody here does not want it.
            found.state = "dropped"
            return
        link = session.get_one(PlatformLink, due.link_id)
        collection = Collection(
            organization_id=link.organization_id,
            title=told.metadata.title,
            visibility=subscription.visibility,
        )
        session.add(collection)
        session.flush()
        found.collection_id = collection.id
    mirrors.describe(session, collection, told.metadata)
    _arrange(session, collection, found)
    found.state = "current"
    session.flush()


def withdraw(session: Session, due: Due) -> None:
    """It is not shared any more."""
    found = session.get(FollowedCourse, due.id, with_for_update=True)
    if found is None:
        return
    _end_turn(found)
    _look_again(session, due.link_id, found.lesson_ids)
    _remove(session, found)
    found.state, found.lesson_ids = "gone", []


def of_link(session: Session, link_id: str, limit: int, after: str | None) -> Sequence[FollowedCourse]:
    """Courses that came by a link, oldest first."""
    query = select(FollowedCourse).where(FollowedCourse.link_id == link_id, FollowedCourse.id > (after or ""))
    return session.execute(query.order_by(FollowedCourse.id).limit(limit)).scalars().all()


def _of(link_id: str) -> Update:
    return update(FollowedCourse).where(
        FollowedCourse.link_id == link_id, FollowedCourse.state.in_(("waiting", "current", "left_out"))
    )


def _end_turn(found: FollowedCourse) -> None:
    found.due_at, found.attempts = None, 0
    found.failure, found.failure_detail = None, ""


def _remove(session: Session, found: FollowedCourse) -> None:
    collection = session.get(Collection, found.collection_id) if found.collection_id else None
    found.collection_id = None
    session.flush()
    if collection is not None:
        session.delete(collection)
        session.flush()


def _look_again(session: Session, link_id: str, lesson_ids: AnyOf[str]) -> None:
    """Lessons that belong to a course now, or no more, may be followed because of that."""
    session.execute(
        update(FollowedLesson)
        .where(
            FollowedLesson.link_id == link_id,
            FollowedLesson.origin_id.in_(lesson_ids),
            FollowedLesson.state.in_(("waiting", "copying", "current", "left_out")),
        )
        .values(due_at=func.now(), attempts=0)
    )


def _arrange(session: Session, collection: Collection, found: FollowedCourse) -> None:
    """The lessons that are here, in the order that they have there."""
    here = _assets_of(session, found)
    mine = select(Asset.id).where(
        Asset.id.in_(here.values()),
        Asset.deleted_at.is_(None),
        Asset.organization_id.in_(Reach(collection.organization_id).select()),
    )
    usable = set(session.execute(mine).scalars())
    wanted = list(dict.fromkeys(here[each] for each in found.lesson_ids if here.get(each) in usable))
    before = select(CollectionItem.asset_id).where(CollectionItem.collection_id == collection.id)
    if list(session.execute(before.order_by(CollectionItem.position)).scalars()) != wanted:
        collection_items.replace_items(session, collection, wanted, Reach(collection.organization_id))


def _assets_of(session: Session, found: FollowedCourse) -> dict[str, str]:
    """What plays here for each lesson: what came by this link or by another one, or is our own from the beginning."""
    query = select(FollowedLesson).where(
        FollowedLesson.link_id == found.link_id, FollowedLesson.origin_id.in_(found.lesson_ids)
    )
    assets: dict[str, str] = {}
    lessons = session.execute(query).scalars().all()
    first = [lesson.first_id for lesson in lessons if lesson.state == "elsewhere"]
    own = {*session.execute(select(Asset.id).where(Asset.id.in_(first))).scalars()}
    for lesson in lessons:
        if lesson.state in ("copying", "current", "adopted") and lesson.copied_version_id and lesson.asset_id:
            assets[lesson.origin_id] = lesson.asset_id
        elif lesson.state == "elsewhere" and lesson.first_id in own:
            # Whatever the address of this platform was when it went out.
            assets[lesson.origin_id] = str(lesson.first_id)
        elif lesson.state == "elsewhere":
            other = select(FollowedLesson.asset_id).where(
                FollowedLesson.first_url == lesson.first_url,
                FollowedLesson.first_id == lesson.first_id,
                FollowedLesson.asset_id.is_not(None),
            )
            by_another = session.execute(other.limit(1)).scalar_one_or_none()
            if by_another is not None:
                assets[lesson.origin_id] = by_another
    return assets
