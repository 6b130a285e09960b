"""Statements of study sessions: written in the transaction in which study records change, sent in order and in batches.
All times are the database's own, but for what statements say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection as AnyOf
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from configs.words import StatementKind
from storage.catalogue.models import (
    Asset,
    Collection,
    RecordStore,
    Statement,
    StoredStudySession,
    StudyCourse,
    StudyRecord,
)
from storage.catalogue.reach import above
from storage.learning.ranges import paired
from storage.learning.statements import Watched, statement
from storage.learning.study_terms import threshold

QUIET: Final = timedelta(minutes=10)
"""After which a session that nobody ended counts as left: players tell something every half minute."""

BATCH: Final = 50
LEASE: Final = timedelta(seconds=60)
KEPT: Final = timedelta(days=30)
"""For how long it is remembered what was sent, so that nothing is told twice."""

_AT_ONCE: Final = 200


@dataclass(frozen=True)
class Batch:
    """A lease on a store: what it gets next. ``attempts`` have failed before."""

    organization_id: str
    fence: int
    attempts: int
    url: str
    username: str
    password: bytes
    numbers: Sequence[int]
    statements: Sequence[dict[str, Any]]


def store_of(session: Session, portal_id: str) -> RecordStore | None:
    """The store that is told of the learners of an organization: its own, else the nearest above."""
    found = session.scalars(
        select(RecordStore).where(RecordStore.organization_id.in_(above(portal_id)))
    ).all()
    own = next((each for each in found if each.organization_id == portal_id), None)
    chosen = own or (found[0] if found else None)
    return chosen if chosen is not None and chosen.enabled else None


def tell(session: Session, home: str, session_ids: AnyOf[str]) -> None:
    """Write what sessions, as they stand now, say for the first time: that they began; that a lesson is completed. What
    is completed says so once, whatever is studied again. ``home`` is the service's own address."""
    if not session_ids or session.scalars(select(RecordStore.organization_id).limit(1)).first() is None:
        return
    rows = session.scalars(
        select(StoredStudySession).where(StoredStudySession.id.in_(sorted(session_ids)))
    ).all()
    for row in rows:
        store, record = store_of(session, row.portal_id), _record(session, row)
        if store is None or record is None or not row.believed:
            continue
        _add(session, store, "initialized", _watched(session, home, row), at=row.opened_at)
        if record.completed_at is not None:
            subject = hashlib.sha256("\n".join(_key(row)).encode()).hexdigest()
            watched = _watched(session, home, row, believed=record.believed)
            at = row.heard_at or record.completed_at
            _add(session, store, "completed", watched, at=at, subject=subject)


def tell_of_ends(session: Session, home: str) -> None:
    """Write of sessions that are over what was played in them."""
    now = datetime.now(UTC)
    said = aliased(Statement)
    ended = exists().where(said.subject == StoredStudySession.id, said.kind == "terminated")
    over = or_(StoredStudySession.ended_at.is_not(None), StoredStudySession.heard_at < now - QUIET)
    rows = session.scalars(
        select(StoredStudySession)
        .join(Statement, Statement.subject == StoredStudySession.id)
        .where(Statement.kind == "initialized", ~ended, over)
        .limit(_AT_ONCE)
    ).all()
    for row in rows:
        store = store_of(session, row.portal_id)
        if store is not None:
            at = row.heard_at or row.opened_at
            _add(session, store, "terminated", _watched(session, home, row), at=at)


def claim(session: Session) -> Batch | None:
    """Lease a store that has something waiting: what it gets next, the oldest first."""
    waiting = exists().where(
        Statement.organization_id == RecordStore.organization_id,
        Statement.sent_at.is_(None),
        Statement.refusal.is_(None),
    )
    free = or_(RecordStore.lease_until.is_(None), RecordStore.lease_until < func.now())
    store = session.scalars(
        select(RecordStore)
        .where(RecordStore.enabled, RecordStore.next_at <= func.now(), free, waiting)
        .order_by(RecordStore.next_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if store is None:
        return None
    rows = session.scalars(
        select(Statement)
        .where(
            Statement.organization_id == store.organization_id,
            Statement.sent_at.is_(None),
            Statement.refusal.is_(None),
        )
        .order_by(Statement.number)
        .limit(BATCH)
    ).all()
    leased = {"fence": RecordStore.fence + 1, "lease_until": func.now() + LEASE}
    of_store = RecordStore.organization_id == store.organization_id
    fence = session.execute(
        update(RecordStore)
        .where(of_store)
        .values(**leased, updated_at=RecordStore.updated_at)
        .returning(RecordStore.fence)
    ).scalar_one()
    return Batch(
        store.organization_id,
        fence,
        store.attempts,
        store.url,
        store.username,
        store.password,
        [row.number for row in rows],
        [row.statement for row in rows],
    )


def settle(
    session: Session,
    batch: Batch,
    *,
    sent: Sequence[int],
    refused: Sequence[tuple[int, str]] = (),
    failure: str | None = None,
    wait: float = 0.0,
) -> None:
    """Write which of a batch the store has, which it will never have and why; with ``failure``, that it took no more
    and is asked again in ``wait`` seconds."""
    if sent:
        new = session.execute(
            update(Statement)
            .where(Statement.number.in_(sent), Statement.sent_at.is_(None))
            .values(sent_at=func.now())
            .returning(Statement.number)
        ).all()
        session.execute(
            update(RecordStore)
            .where(RecordStore.organization_id == batch.organization_id)
            .values(sent=RecordStore.sent + len(new), sent_at=func.now(), updated_at=RecordStore.updated_at)
        )
    for number, reason in refused:
        session.execute(update(Statement).where(Statement.number == number).values(refusal=reason[:300]))
    values: dict[str, Any] = {"attempts": 0, "failing_since": None, "failure": None, "next_at": func.now()}
    if failure is not None:
        values = {
            "attempts": batch.attempts + 1,
            "failure": failure[:300],
            "failing_since": func.coalesce(RecordStore.failing_since, func.now()),
            "next_at": func.now() + timedelta(seconds=wait),
        }
    session.execute(
        update(RecordStore)
        .where(RecordStore.organization_id == batch.organization_id, RecordStore.fence == batch.fence)
        .values(**values, lease_until=None, updated_at=RecordStore.updated_at)
    )


def begin_anew(store: RecordStore) -> None:
    """Ask a store again, whatever it has answered."""
    store.attempts, store.next_at, store.failing_since, store.failure = 0, datetime.now(UTC), None, None


def counts(session: Session, organization_id: str) -> tuple[int, int]:
    """How many statements wait, and how many the store has refused."""
    of_store = Statement.organization_id == organization_id
    count = select(func.count()).select_from(Statement).where(of_store)
    waiting = count.where(Statement.sent_at.is_(None), Statement.refusal.is_(None))
    refused = count.where(Statement.refusal.is_not(None))
    return session.execute(waiting).scalar_one(), session.execute(refused).scalar_one()


def last_refusal(session: Session, organization_id: str) -> str | None:
    """Why a store refused what it refused last."""
    query = select(Statement.refusal).where(
        Statement.organization_id == organization_id, Statement.refusal.is_not(None)
    )
    return session.execute(query.order_by(Statement.number.desc()).limit(1)).scalar_one_or_none()


def send_again(session: Session, organization_id: str) -> int:
    """Let what a store refused wait once more. Returns how many there are."""
    found = session.execute(
        update(Statement)
        .where(Statement.organization_id == organization_id, Statement.refusal.is_not(None))
        .values(refusal=None)
        .returning(Statement.number)
    )
    return len(found.all())


def forget(session: Session) -> None:
    """Remove what was sent, or refused, long ago."""
    old = func.now() - KEPT
    is_over = or_(Statement.sent_at < old, (Statement.refusal.is_not(None)) & (Statement.created_at < old))
    # That something was completed is told once, so it stays.
    session.execute(delete(Statement).where(is_over, Statement.kind != "completed"))


def _add(
    session: Session,
    store: RecordStore,
    kind: StatementKind,
    watched: Watched,
    *,
    at: datetime,
    subject: str | None = None,
) -> None:
    said = statement(kind, str(uuid4()), at, watched)
    writing = insert(Statement).values(
        organization_id=store.organization_id,
        subject=subject or watched.session_id,
        kind=kind,
        session_id=watched.session_id,
        statement=said,
    )
    session.execute(writing.on_conflict_do_nothing(index_elements=["subject", "kind"]))


def _key(row: StoredStudySession) -> tuple[str, str, str, str, str]:
    return row.collection_id, row.portal_id, row.learner, row.asset_id, row.version_id


def _record(session: Session, row: StoredStudySession) -> StudyRecord | None:
    return session.get(StudyRecord, _key(row), populate_existing=True)


def _watched(
    session: Session, home: str, row: StoredStudySession, *, believed: Sequence[int] | None = None
) -> Watched:
    asset, course = session.get(Asset, row.asset_id), session.get(Collection, row.collection_id)
    terms = session.get(StudyCourse, row.collection_id)
    asked = terms.threshold if terms is not None else None
    return Watched(
        session_id=row.id,
        home=home,
        portal_id=row.portal_id,
        learner=row.learner,
        asset_id=row.asset_id,
        title=asset.title if asset is not None else row.asset_id,
        language=(asset.language if asset is not None else None) or "und",
        course_id=row.collection_id,
        course_title=course.title if course is not None else "",
        duration=row.duration,
        needed=asked if asked is not None else (threshold(row.duration) if row.duration else None),
        opened_at=row.opened_at,
        believed=list(paired(row.believed if believed is None else believed)),
    )
