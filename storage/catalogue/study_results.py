"""What learners studied of a course: one by one, in pages, and taken away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, true, tuple_
from sqlalchemy.orm import Session

from storage.catalogue import collection_items, owed_totals, visibility
from storage.catalogue.models import (
    Collection,
    LtiPlatform,
    LtiScore,
    Statement,
    StoredStudySession,
    StudyCourse,
    StudyRecord,
)
from storage.catalogue.publication import is_published
from storage.catalogue.reach import Reach
from storage.catalogue.visibility import Viewer
from storage.learning.ranges import BINS, paired, to_bins
from storage.learning.study_results import Course, Learner, Record, result_of


def find_course(session: Session, collection_id: str, reach: Reach, viewer: Viewer) -> Course | None:
    """A course, if somebody within reach studied it, or may; also one that was deleted after that. A lesson that
    ``viewer`` does not see has an empty title."""
    collection = session.get(Collection, collection_id)
    settings = session.get(StudyCourse, collection_id)
    is_seen = (
        collection is not None
        and (
            reach.includes(session, collection.organization_id)
            or Reach(collection.organization_id).includes(session, reach.root)
        )
        and visibility.seen(session, viewer, [collection])
    )
    if not is_seen and not list_learners(session, collection_id, reach, limit=1):
        return None
    items = collection_items.items_of(session, collection_id)
    seen = visibility.seen(session, viewer, items)
    lessons = {
        item.asset_id: (
            item.title if item.asset_id in seen else "",
            round(item.duration * 1000) if item.duration else None,
        )
        for item in items
        # What nobody meets, nobody has to complete.
        if item.effective_visibility != "private" and is_published(item)
    }
    required = settings.required_seconds if settings else None
    return Course(
        id=collection_id,
        title=collection.title if collection else "",
        lessons=lessons,
        mode=settings.mode if settings else None,
        asked=settings.threshold if settings else None,
        required_ms=None if required is None else required * 1000,
    )


def list_learners(
    session: Session, collection_id: str, reach: Reach, *, limit: int, after: tuple[str, str] | None = None
) -> list[tuple[str, str]]:
    """Portals and learners of a course, in order; ``after`` is the last of the page before."""
    query = select(StudyRecord.portal_id, StudyRecord.learner).where(
        StudyRecord.collection_id == collection_id, StudyRecord.portal_id.in_(reach.select())
    )
    if after is not None:
        query = query.where(tuple_(StudyRecord.portal_id, StudyRecord.learner) > after)
    rows = session.execute(query.distinct().order_by(StudyRecord.portal_id, StudyRecord.learner).limit(limit))
    return [(portal_id, learner) for portal_id, learner in rows]


def results_of(
    session: Session,
    course: Course,
    learners: Sequence[tuple[str, str]],
    *,
    counted_in: str | None = None,
) -> list[Learner]:
    """What each of these learners studied of a course; of whom nothing is known is left out. ``counted_in``: what was
    studied in another collection, as far as it is of the course's lessons."""
    rows = session.scalars(
        select(StudyRecord).where(
            StudyRecord.collection_id == (counted_in or course.id),
            true() if counted_in is None else StudyRecord.asset_id.in_(course.lessons),
            tuple_(StudyRecord.portal_id, StudyRecord.learner).in_(learners),
        )
    )
    found: defaultdict[tuple[str, str], list[Record]] = defaultdict(list)
    for row in rows:
        found[row.portal_id, row.learner].append(_record(row))
    return [result_of(course, *name, found[name]) for name in learners if found[name]]


def retention(session: Session, collection_id: str, asset_id: str, reach: Reach) -> list[int]:
    """How many learners studied each hundredth of a lesson, by the rule of views."""
    counts = [0] * BINS
    rows = session.execute(
        select(StudyRecord.believed, StudyRecord.duration)
        .where(
            StudyRecord.collection_id == collection_id,
            StudyRecord.asset_id == asset_id,
            StudyRecord.portal_id.in_(reach.select()),
            StudyRecord.duration > 0,
        )
        .execution_options(yield_per=1000)
    )
    for believed, duration in rows:
        for first, last in to_bins(list(paired(believed)), duration or 0):
            for number in range(first, last):
                counts[number] += 1
    return counts


def forget(session: Session, learner: str, reach: Reach, collection_id: str | None = None) -> int:
    """Delete all that is kept of a learner of organizations within reach, of one course or of all. Returns how many
    lessons it was of."""

    def of(table: Any) -> list[ColumnElement[bool]]:
        conditions = [table.learner == learner, table.portal_id.in_(reach.select())]
        return conditions if collection_id is None else [*conditions, table.collection_id == collection_id]

    sessions = select(StoredStudySession.id).where(*of(StoredStudySession))
    days = select(StoredStudySession.asset_id, StoredStudySession.opened_at).where(*of(StoredStudySession))
    around = [timedelta(days=apart) for apart in (-1, 0, 1)]  # by whatever time zone
    told = {
        (row.asset_id, (row.opened_at + apart).date()) for row in session.execute(days) for apart in around
    }
    owed_totals.mark_again(session, told)
    session.execute(delete(Statement).where(Statement.session_id.in_(sessions)))
    session.execute(delete(StoredStudySession).where(*of(StoredStudySession)))
    # A launch writes down anew where a learner's scores go, and begins at nothing.
    scores = [LtiScore.learner == learner, LtiScore.platform_id.in_(_platforms(reach))]
    if collection_id is not None:
        scores.append(or_(LtiScore.course_id == collection_id, LtiScore.studied_in == collection_id))
    session.execute(delete(LtiScore).where(*scores))
    gone = session.execute(delete(StudyRecord).where(*of(StudyRecord)).returning(StudyRecord.asset_id))
    return len(gone.all())


def _platforms(reach: Reach) -> Any:
    return select(LtiPlatform.id).where(LtiPlatform.organization_id.in_(reach.select()))


def _record(row: StudyRecord) -> Record:
    return Record(
        asset_id=row.asset_id,
        version_id=row.version_id,
        duration=row.duration,
        segments=list(paired(row.believed)),
        studied_ms=row.believed_ms,
        played_ms=row.played_ms,
        refused=row.refused,
        completed_at=row.completed_at,
        first_at=row.first_at,
        last_at=row.last_at,
    )
