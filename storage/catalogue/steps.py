"""The step ledger: the truth of what is to be done, being done and done.

A step is carried at least once and published exactly once. A worker takes it by a lease and holds a *fence*;
whoever lost the lease has a lower fence than the step and can no longer publish. Recovery depends on nothing
but this table: expired leases are given back by ``reap``, wake-ups that were lost by ``requeue_lost``.

All times are the database's own, so that clocks of machines need not agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import CursorResult, Select, and_, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from storage.catalogue.models import Asset, OutboxEntry, Step, Turn, Version

UNFINISHED = ("waiting", "queued", "leased")
"""States of steps that are still to be done."""

UNREADY = ("queued", "processing", "playable")
"""States of versions that still have such steps, but for what they do without."""

LAST_KIND = "publish"
"""The kind of the step that makes a version ready: once it is there, all that is needed is planned."""

LEASE = timedelta(seconds=30)
"""A step whose worker has not renewed its lease for this long is given to another."""

MAX_ATTEMPTS = 5
RETRY_DELAYS = (timedelta(0), timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=30))

LAST_STEPS = 4
"""A version that was begun and has no more steps than this left in a lane is nearly through."""

PROCESSING_FAILED = "processing_failed"
"""Failure code of a version one of whose steps failed on every attempt."""


class StaleFence(Exception):
    """The lease was lost: another worker has the step, or its version was cancelled. Nothing may be published."""


@dataclass(frozen=True)
class NewStep:
    """A step to add. ``after`` names the kinds of step that must all be done before it; ``weight`` is the
    expected work in CPU seconds. A version does without ``optional`` ones: they are no part of its progress, and it
    does not fail with them."""

    kind: str
    name: str
    params: dict[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    weight: float = 1.0
    optional: bool = False


@dataclass(frozen=True)
class Claim:
    """A lease on a step. ``fence`` marks every object and row that this attempt writes."""

    step_id: str
    version_id: str
    kind: str
    params: dict[str, Any]
    fence: int
    attempt: int
    owner: str


def add_steps(session: Session, version_id: str, steps: Iterable[NewStep]) -> None:
    """Add steps that are not there yet and queue those that wait for nothing."""
    rows = [
        {
            "version_id": version_id,
            "kind": step.kind,
            "name": step.name,
            "params": step.params,
            "after": list(step.after),
            "weight": step.weight,
            "optional": step.optional,
        }
        for step in steps
    ]
    if rows:
        session.execute(
            insert(Step).values(rows).on_conflict_do_nothing(index_elements=["version_id", "name"])
        )
    _queue_unblocked(session, version_id)


def expect(session: Session, version_id: str, weight: float) -> None:
    """Tell what steps that will be added later are going to weigh in all, so that progress counts them beforehand."""
    session.execute(update(Version).where(Version.id == version_id).values(unplanned_weight=weight))


def advance(session: Session, version_id: str) -> None:
    """Let the version's progress rise to what its steps tell, once it is known what there is to do. It never falls:
    not by steps that are done again, nor by steps that were not expected.
    """
    told = (
        select(
            Step.version_id,
            func.sum(Step.weight * Step.progress).filter(Step.state.in_(("leased", "done"))).label("done"),
            func.sum(Step.weight).label("planned"),
            func.bool_or(Step.kind == LAST_KIND).label("complete"),
        )
        .where(Step.version_id == version_id, Step.optional.is_(False))
        .group_by(Step.version_id)
        .subquery()
    )
    share = told.c.done / func.nullif(told.c.planned + Version.unplanned_weight, 0)
    session.execute(
        update(Version)
        .where(Version.id == told.c.version_id, or_(told.c.complete, Version.unplanned_weight > 0))
        .values(progress=func.greatest(Version.progress, share))
    )


def claim(session: Session, step_id: str, owner: str) -> Claim | None:
    """Take this step if nobody holds it. None if it is done, cancelled, or in good hands."""
    step = session.execute(
        update(Step)
        .where(
            Step.id == step_id,
            or_(Step.state == "queued", and_(Step.state == "leased", Step.lease_until < func.now())),
        )
        .values(
            state="leased",
            lease_owner=owner,
            lease_until=func.now() + LEASE,
            fence=Step.fence + 1,
            attempts=Step.attempts + 1,
            progress=0.0,
            started_at=func.now(),
        )
        .returning(Step)
    ).scalar_one_or_none()
    if step is None:
        return None
    session.execute(
        update(Version)
        .where(Version.id == step.version_id, Version.state == "queued")
        .values(state="processing")
    )
    return Claim(step.id, step.version_id, step.kind, step.params, step.fence, step.attempts, owner)


def kind_of(session: Session, step_id: str) -> str | None:
    """The kind of a step; None if its asset was removed."""
    return session.execute(select(Step.kind).where(Step.id == step_id)).scalar_one_or_none()


def claim_best(
    session: Session, lane: str, kinds: Sequence[str], owner: str, *, finish_first: bool = False
) -> Claim | None:
    """Take whatever the lane, which carries steps of ``kinds``, should do next. None if nothing is queued.

    That is the organization that was not served for the longest time and of its versions the oldest. With
    ``finish_first`` versions that are nearly through come before, so that the last chunks of one never wait behind
    the bulk of another.
    """
    last_steps = LAST_STEPS if finish_first else 0
    while (chosen := session.execute(_best(lane, kinds, last_steps)).first()) is not None:
        step_id, organization_id = chosen
        # Another worker may have chosen the same one at the same moment.
        if (taken := claim(session, step_id, owner)) is not None:
            turn = insert(Turn).values(
                lane=lane, organization_id=organization_id, taken_at=func.clock_timestamp()
            )
            session.execute(
                turn.on_conflict_do_update(
                    index_elements=[Turn.lane, Turn.organization_id],
                    set_={Turn.taken_at: func.clock_timestamp()},
                )
            )
            return taken
    return None


def _best(lane: str, kinds: Sequence[str], last_steps: int) -> Select[str, str]:
    queued = (Step.state == "queued", Step.kind.in_(kinds), Step.queued_at <= func.now())
    left = (
        select(Step.version_id, func.count().label("steps"))
        .where(*queued)
        .group_by(Step.version_id)
        .subquery()
    )
    begun = aliased(Step)
    nearly_through = and_(
        left.c.steps <= last_steps,
        exists().where(
            begun.version_id == Step.version_id, begun.kind.in_(kinds), begun.state.in_(("leased", "done"))
        ),
    )
    return (
        select(Step.id, Asset.organization_id)
        .join(Version, Version.id == Step.version_id)
        .join(Asset, Asset.id == Version.asset_id)
        .join(left, left.c.version_id == Step.version_id)
        .outerjoin(Turn, and_(Turn.lane == lane, Turn.organization_id == Asset.organization_id))
        .where(*queued)
        .order_by(nearly_through.desc(), Turn.taken_at.asc().nulls_first(), Version.queued_at, Step.position)
        .limit(1)
    )


def claim_next(session: Session, version_id: str, kind: str, owner: str) -> Claim | None:
    """Take the version's first queued step of this kind, for a worker that is at it already."""
    first = session.execute(
        select(Step.id)
        .where(Step.version_id == version_id, Step.kind == kind, Step.state == "queued")
        .order_by(Step.position)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    return None if first is None else claim(session, first, owner)


def renew(session: Session, held: Claim, progress: float) -> None:
    """Keep the lease and tell how far the step is (0 to 1). Raises ``StaleFence``."""
    renewed = session.execute(
        update(Step).where(*_held(held)).values(lease_until=func.now() + LEASE, progress=progress)
    )
    _require_one(renewed)


def complete(session: Session, held: Claim) -> None:
    """Mark the step done and queue what waited for it; part of the transaction that publishes its results.

    Raises ``StaleFence``; the caller's transaction must then be rolled back.
    """
    _lock_version(session, held.version_id)
    done = session.execute(
        update(Step)
        .where(*_held(held))
        .values(
            state="done",
            progress=1.0,
            lease_owner=None,
            lease_until=None,
            last_error=None,
            finished_at=func.now(),
        )
    )
    _require_one(done)
    _queue_unblocked(session, held.version_id)
    advance(session, held.version_id)


def fail(session: Session, held: Claim, code: str, detail: str) -> None:
    """End a step for good, for a reason that no other attempt changes, and with it the version, unless the step is
    ``optional``. Does nothing if the lease is already lost.
    """
    step = _lock_held(session, held)
    if step is not None:
        _fail(session, step, f"{code}: {detail}", code, detail)


def redo(
    session: Session, held: Claim, blamed: Callable[[dict[str, Any]], bool], error: str, code: str
) -> None:
    """End an attempt that found the results of other steps wrong: of those that are done, ``blamed`` (asked with their
    parameters) are done again, and afterwards this one. Attempts are counted as in ``give_back``.

    Does nothing if the lease is already lost.
    """
    step = _lock_held(session, held)
    if step is None:
        return
    done = session.execute(
        select(Step)
        .where(Step.version_id == held.version_id, Step.state == "done")
        .order_by(Step.position)
        .with_for_update()
    ).scalars()
    again = [other for other in done if blamed(other.params)]
    if not again or any(each.attempts >= MAX_ATTEMPTS for each in (step, *again)):
        step.attempts = MAX_ATTEMPTS if again else step.attempts
        _retry(session, step, error, code)
        return
    for other in again:
        other.state = "queued"
        other.queued_at = func.now()
        other.finished_at = None
        other.progress = 0.0
        other.last_error = error[:4000]
        session.add(OutboxEntry(step_id=other.id))
    step.state = "waiting"
    step.last_error = error[:4000]
    step.lease_owner = None
    step.lease_until = None
    session.flush()


def give_back(session: Session, held: Claim, error: str, code: str = PROCESSING_FAILED) -> None:
    """End an attempt that failed for a passing reason: the step is tried again, ``MAX_ATTEMPTS`` times in all.

    After the last the version fails with ``code``, unless the step is ``optional``. Does nothing if the lease is
    already lost.
    """
    step = _lock_held(session, held)
    if step is not None:
        _retry(session, step, error, code)


def give_back_of(session: Session, owner: str, error: str) -> None:
    """Like ``give_back``, for a worker process that learns that its child died with the step it had."""
    held = session.execute(
        select(Step).where(Step.state == "leased", Step.lease_owner == owner).with_for_update()
    ).scalars()
    for step in held:
        _retry(session, step, error)


def reap(session: Session) -> int:
    """Give back every step whose lease has run out; returns how many."""
    expired = session.execute(
        select(Step)
        .where(Step.state == "leased", Step.lease_until < func.now())
        .with_for_update(skip_locked=True)
        .limit(500)
    ).scalars()
    count = 0
    for step in expired:
        _retry(session, step, f"worker {step.lease_owner} vanished")
        count += 1
    return count


def queued_longest(session: Session, kinds: Sequence[str], older_than: timedelta) -> Sequence[str]:
    """Steps of these kinds that have been queued for ``older_than`` and whose wake-ups were sent, oldest first."""
    unsent = exists().where(OutboxEntry.step_id == Step.id, OutboxEntry.sent_at.is_(None))
    return (
        session.execute(
            select(Step.id)
            .where(
                Step.state == "queued",
                Step.kind.in_(kinds),
                Step.queued_at < func.now() - older_than,
                ~unsent,
            )
            .order_by(Step.queued_at)
        )
        .scalars()
        .all()
    )


@dataclass(frozen=True)
class Backlog:
    """Steps of one kind that wait for a worker or have one; the first has been queued for ``oldest`` seconds."""

    kind: str
    queued: int
    leased: int
    oldest: float


def backlog(session: Session) -> list[Backlog]:
    """What there is to do now, by kind of step."""
    queued = Step.state == "queued"
    age = func.extract("epoch", func.now() - func.min(Step.queued_at).filter(queued))
    rows = session.execute(
        select(Step.kind, func.count().filter(queued), func.count().filter(~queued), age)
        .where(Step.state.in_(("queued", "leased")))
        .group_by(Step.kind)
    )
    return [Backlog(kind, waiting, leased, float(oldest or 0)) for kind, waiting, leased, oldest in rows]


def requeue(session: Session, step_id: str) -> None:
    """Write a new wake-up for a step that is queued already."""
    session.add(OutboxEntry(step_id=step_id))


def fail_version(session: Session, version_id: str, code: str, detail: str) -> None:
    """End a version for good: its steps are cancelled and people see the message of ``code``."""
    _lock_version(session, version_id)
    session.execute(
        update(Version)
        .where(Version.id == version_id, Version.state.not_in(("ready", "failed")))
        .values(state="failed", failure_code=code, failure_detail=detail[:4000])
    )
    cancel_steps(session, version_id)


def cancel_steps(session: Session, version_id: str) -> None:
    """Cancel all steps of a version that are not done; those at work notice when they renew or publish."""
    session.execute(
        update(Step)
        .where(Step.version_id == version_id, Step.state.in_(UNFINISHED))
        .values(state="cancelled", lease_owner=None, lease_until=None, finished_at=func.now())
    )


def _retry(session: Session, step: Step, error: str, code: str = PROCESSING_FAILED) -> None:
    if step.attempts >= MAX_ATTEMPTS:
        _fail(session, step, error, code, f"{step.name}: {error}")
        return
    step.last_error = error[:4000]
    step.lease_owner = None
    step.lease_until = None
    delay = RETRY_DELAYS[min(step.attempts - 1, len(RETRY_DELAYS) - 1)]
    step.state = "queued"
    step.queued_at = func.now() + delay
    session.add(OutboxEntry(step_id=step.id, not_before=func.now() + delay))
    session.flush()


def _fail(session: Session, step: Step, error: str, code: str, detail: str) -> None:
    step.state = "failed"
    step.last_error = error[:4000]
    step.lease_owner = None
    step.lease_until = None
    step.finished_at = func.now()
    session.flush()
    if step.optional:
        _queue_unblocked(session, step.version_id)
    else:
        fail_version(session, step.version_id, code, detail)


def _queue_unblocked(session: Session, version_id: str) -> None:
    blocker = aliased(Step)
    unblocked = session.execute(
        update(Step)
        .where(
            Step.version_id == version_id,
            Step.state == "waiting",
            ~exists().where(
                blocker.version_id == version_id,
                blocker.kind == func.any(Step.after),
                blocker.state != literal("done"),
                ~and_(blocker.state == literal("failed"), blocker.optional),
            ),
        )
        .values(state="queued", queued_at=func.now())
        .returning(Step.position, Step.id)
    ).all()
    session.add_all(OutboxEntry(step_id=step_id) for _position, step_id in sorted(unblocked))


def _held(held: Claim) -> tuple[Any, ...]:
    return (Step.id == held.step_id, Step.state == "leased", Step.fence == held.fence)


def _lock_held(session: Session, held: Claim) -> Step | None:
    _lock_version(session, held.version_id)
    return session.execute(select(Step).where(*_held(held)).with_for_update()).scalar_one_or_none()


def _lock_version(session: Session, version_id: str) -> None:
    """Serialize decisions about a version: of two steps that finish together, one must see the other done."""
    session.execute(select(Version.id).where(Version.id == version_id).with_for_update())


def _require_one(result: Any) -> None:
    assert isinstance(result, CursorResult)  # noqa: S101
    if result.rowcount != 1:
        raise StaleFence
