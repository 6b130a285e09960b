"""Scores on their way to learning platforms: remembered at each launch, looked at again whenever study records of their
learner change, leased by whoever carries them. All times are the database's own.
"""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import and_, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.catalogue import study_results
from storage.catalogue.models import LtiPlatform, LtiScore, Organization
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import Viewer
from storage.ids import new_id
from storage.learning.study_results import Course, Learner
from storage.lti.scores import Standing, standing

LEASE: Final = timedelta(seconds=60)
"""Longer than the two requests of an attempt may take; nobody renews it."""

PAUSE: Final = timedelta(seconds=30)
"""Between two scores of one learner and line item: beats change a record every few seconds."""

OF_ONE: Final = 2
"""Scores of one platform that are on their way at a time: one that answers nothing holds up no other."""

_SOON: Final = timedelta(seconds=2)


@dataclass(frozen=True)
class Errand:
    """A lease on a score: what is to be told, and to whom. ``attempts`` have failed before."""

    score_id: str
    fence: int
    attempts: int
    platform: LtiPlatform
    line_item: str
    user_id: str
    found: Standing


def remember(
    session: Session,
    platform: LtiPlatform,
    *,
    line_item: str,
    learner: str,
    user_id: str,
    course_id: str,
    studied_in: str,
    asset_id: str | None,
) -> None:
    """Tell this line item from now on how far the learner is; what they studied before, at once."""
    values = {
        "user_id": user_id,
        "course_id": course_id,
        "studied_in": studied_in,
        "asset_id": asset_id,
        "due_at": func.now(),
    }
    writing = insert(LtiScore).values(
        id=new_id(),
        platform_id=platform.id,
        line_item=line_item,
        learner=learner,
        attempts=0,
        fence=0,
        **values,
    )
    session.execute(
        writing.on_conflict_do_update(index_elements=["platform_id", "line_item", "learner"], set_=values)
    )


def wake(session: Session, studied: AnyOf[tuple[str, str]]) -> None:
    """Look again at the scores of these learners in these collections, in the transaction in which their records
    change."""
    if not studied:
        return
    soon = func.greatest(func.now() + _SOON, LtiScore.sent_at + PAUSE)
    session.execute(
        update(LtiScore)
        .where(tuple_(LtiScore.learner, LtiScore.studied_in).in_(sorted(studied)))
        .where(or_(LtiScore.due_at.is_(None), LtiScore.attempts == 0))
        .values(due_at=func.least(LtiScore.due_at, soon), fence=LtiScore.fence + 1, lease_until=None)
    )


def claim(session: Session, owner: str, room: int) -> list[Errand]:
    """Lease up to ``room`` scores that are due. What has not changed since it was told is told no more."""
    free = or_(LtiScore.lease_until.is_(None), LtiScore.lease_until < func.now())
    due = session.scalars(
        select(LtiScore)
        .where(LtiScore.id.in_(_next(room)), LtiScore.due_at <= func.now(), free)
        .order_by(LtiScore.due_at, LtiScore.id)
        .with_for_update(skip_locked=True)
    ).all()
    found: list[Errand] = []
    for row in due:
        platform = session.get_one(LtiPlatform, row.platform_id)
        told = _standing(session, platform, row)
        if told.permille == (row.sent_permille or 0):
            row.due_at, row.attempts, row.failure, row.failing_since = None, 0, None, None
            continue
        row.lease_owner, row.fence = owner, row.fence + 1
        session.flush()
        session.execute(update(LtiScore).where(LtiScore.id == row.id).values(lease_until=func.now() + LEASE))
        found.append(Errand(row.id, row.fence, row.attempts, platform, row.line_item, row.user_id, told))
    return found


def settle(
    session: Session, errand: Errand, failure: str | None, wait: float | None, spare: float = 0.0
) -> bool:
    """Write what came of an attempt: told, or why not and after how many seconds it is tried again (None: not before
    something changes). ``spare`` are seconds in which the platform is told nothing of anybody. False if the lease was
    lost; then it is looked at again, for something has changed."""
    if spare > 0:
        until = func.now() + timedelta(seconds=spare)
        session.execute(
            update(LtiPlatform)
            .where(LtiPlatform.id == errand.platform.id)
            .values(
                spared_until=func.greatest(LtiPlatform.spared_until, until), updated_at=LtiPlatform.updated_at
            )
        )
    of_lease = and_(LtiScore.id == errand.score_id, LtiScore.fence == errand.fence)
    if failure is None:
        told = {"sent_permille": errand.found.permille, "sent_at": func.now()}
        # Told it is, whoever has changed the record meanwhile.
        session.execute(update(LtiScore).where(LtiScore.id == errand.score_id).values(**told))
        # While it failed, changes woke nobody.
        again = func.now() + _SOON if errand.attempts else None
        outcome: dict[str, Any] = {"due_at": again, "attempts": 0, "failure": None, "failing_since": None}
    else:
        due_at = None if wait is None else func.now() + timedelta(seconds=wait)
        since = func.coalesce(LtiScore.failing_since, func.now())
        outcome = {
            "due_at": due_at,
            "attempts": errand.attempts + 1,
            "failure": failure[:300],
            "failing_since": since,
        }
    written = session.execute(
        update(LtiScore)
        .where(of_lease)
        .values(**outcome, lease_owner=None, lease_until=None)
        .returning(LtiScore.id)
    )
    return written.first() is not None


def waiting(session: Session, platform_id: str) -> tuple[int, str | None]:
    """How many scores a platform has not taken, and what one of them met."""
    failing = LtiScore.failure.is_not(None)
    of_platform = (LtiScore.platform_id == platform_id, failing)
    count = session.execute(select(func.count()).select_from(LtiScore).where(*of_platform)).scalar_one()
    last = select(LtiScore.failure).where(*of_platform).order_by(LtiScore.due_at.desc()).limit(1)
    return count, session.execute(last).scalar_one_or_none()


def course_of(
    session: Session, organization_id: str, course_id: str, studied_in: str, learner: str
) -> tuple[Course, Learner | None] | None:
    """A course, and what somebody has studied of its lessons, wherever that is counted. None if it is gone."""
    reach, viewer = Reach(organization_id), Viewer(organization_id, manages=True)
    course = study_results.find_course(session, course_id, reach, viewer)
    if course is None:
        return None
    found = study_results.results_of(session, course, [(organization_id, learner)], counted_in=studied_in)
    return course, found[0] if found else None


def _next(room: int) -> Any:
    """IDs of scores that are next: of each platform that is told some now at most so many at a time."""
    leased = LtiScore.lease_until > func.now()
    busy = (
        select(LtiScore.platform_id, func.count().label("scores"))
        .where(LtiScore.due_at.is_not(None), leased)
        .group_by(LtiScore.platform_id)
        .subquery()
    )
    place = func.row_number().over(partition_by=LtiScore.platform_id, order_by=(LtiScore.due_at, LtiScore.id))
    ranked = (
        select(LtiScore.id, LtiScore.due_at, (place + func.coalesce(busy.c.scores, 0)).label("place"))
        .join(LtiPlatform, LtiPlatform.id == LtiScore.platform_id)
        .join(Organization, Organization.id == LtiPlatform.organization_id)
        .outerjoin(busy, busy.c.platform_id == LtiScore.platform_id)
        .where(LtiScore.due_at <= func.now(), or_(LtiScore.lease_until.is_(None), ~leased), *_told())
        .subquery()
    )
    return (
        select(ranked.c.id).where(ranked.c.place <= OF_ONE).order_by(ranked.c.due_at, ranked.c.id).limit(room)
    )


def _told() -> list[Any]:
    """Platforms that are told scores now."""
    spared = or_(LtiPlatform.spared_until.is_(None), LtiPlatform.spared_until <= func.now())
    return [LtiPlatform.enabled, Organization.closed_at.is_(None), spared]


def _standing(session: Session, platform: LtiPlatform, row: LtiScore) -> Standing:
    found = course_of(session, platform.organization_id, row.course_id, row.studied_in, row.learner)
    return standing(*found, row.asset_id) if found else Standing(row.sent_permille or 0, False)
