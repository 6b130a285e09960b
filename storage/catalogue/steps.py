"""The step ledger: the truth of what is to be done, being done and done.

A step is carried at least once and published exactly once. A worker takes it by a lease and holds a *fence*;
whoever lost the lease has a lower fence than the step and can no longer publish. Recovery depends on nothing
but this table. ``claims`` chooses who gets what, ``endings`` says how an attempt ends that did not succeed.

All times are the database's own, so that clocks of machines need not agree.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import CursorResult, and_, delete, event, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from configs.words import FailureCode, StepKind, StepState, VersionState
from storage.catalogue.models import Asset, OutboxEntry, Step, Version
from storage.catalogue.new_steps import LAST_KIND, NewStep

log = logging.getLogger(__name__)

UNFINISHED: Final[tuple[StepState, ...]] = ("waiting", "queued", "leased")
"""States of steps that are still to be done."""

UNREADY: Final[tuple[VersionState, ...]] = ("queued", "processing", "playable")
"""States of versions that still have such steps, but for what they do without."""

_LONGEST_ERROR: Final = 4000
"""Characters."""

DONE_KEPT: Final = timedelta(days=30)

LEASE = timedelta(seconds=30)
"""A step whose worker has not renewed its lease for this long is given to another."""


class StaleFence(Exception):
    """The lease was lost: another worker has the step, or its version was cancelled. Nothing may be published."""


@dataclass(frozen=True)
class Claim:
    """A lease on a step. ``fence`` marks every object and row that is written under it; ``attempt`` counts from 1, and
    only those before it count that failed by the step's own fault. ``postponed`` is how often the step was put off."""

    step_id: str
    version_id: str
    kind: StepKind
    params: dict[str, Any]
    fence: int
    attempt: int
    owner: str
    postponed: int = 0


def add_steps(
    session: Session, version_id: str, steps: Iterable[NewStep], *, last_in_line: bool = False
) -> None:
    """Add steps that are not there yet and queue those that wait for nothing: in the place of their version, or
    ``last_in_line``."""
    line = session.execute(
        select(Asset.organization_id, func.coalesce(Version.queued_at, func.now()))
        .join(Version, Version.asset_id == Asset.id)
        .where(Version.id == version_id)
    ).one_or_none()
    # Of a version that was removed just now the foreign key tells.
    organization_id, queued_at = line or ("", func.now())
    in_line_since = func.now() if last_in_line else queued_at
    rows = [
        {
            "version_id": version_id,
            "organization_id": organization_id,
            "in_line_since": in_line_since,
            "kind": step.kind,
            "name": step.name,
            "params": step.params,
            "after": list(step.after),
            "weight": step.weight,
            "optional": step.optional,
            "state": "done" if step.done else "waiting",
            "progress": 1.0 if step.done else 0.0,
        }
        for step in steps
    ]
    if rows:
        session.execute(
            insert(Step).values(rows).on_conflict_do_nothing(index_elements=["version_id", "name"])
        )
    queue_unblocked(session, version_id)


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


def renew(session: Session, held: Claim, progress: float) -> None:
    """Keep the lease and tell how far the step is (0 to 1). Raises ``StaleFence``."""
    renewed = session.execute(
        update(Step).where(*held_by(held)).values(lease_until=func.now() + LEASE, progress=progress)
    )
    _require_one(renewed)


def complete(session: Session, held: Claim) -> None:
    """Mark the step done and queue what waited for it; part of the transaction that publishes its results.

    Raises ``StaleFence``; the caller's transaction must then be rolled back.
    """
    lock_version(session, held.version_id)
    done = session.execute(
        update(Step)
        .where(*held_by(held))
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
    queue_unblocked(session, held.version_id)
    advance(session, held.version_id)


def queued_longest(
    session: Session, kinds: Sequence[StepKind], older_than: timedelta, most: int
) -> Sequence[str]:
    """Steps of these kinds that have been queued for ``older_than`` and whose wake-ups were sent; ``most`` at most."""
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
            .order_by(Step.kind, Step.queued_at)
            .limit(most)
        )
        .scalars()
        .all()
    )


@dataclass(frozen=True)
class Backlog:
    """Steps of one kind that wait for a worker or have one; the first has been queued for ``oldest`` seconds."""

    kind: StepKind
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
    kind = select(Step.kind).where(Step.id == step_id).scalar_subquery()
    session.add(OutboxEntry(step_id=step_id, kind=kind))


def forget_done(session: Session, most: int = 10_000) -> int:
    """Remove steps that were done ``DONE_KEPT`` ago of versions that are ready; returns how many. What they made is
    told by the rows of that, and how fast they were by later ones."""
    gone = (
        select(Step.id)
        .join(Version, Version.id == Step.version_id)
        .where(
            Step.state == "done",
            Step.finished_at < func.now() - DONE_KEPT,
            Version.state == "ready",
        )
        .limit(most)
    )
    removed = session.execute(delete(Step).where(Step.id.in_(gone)))
    assert isinstance(removed, CursorResult)  # noqa: S101
    return removed.rowcount


def kept(error: str) -> str:
    """What an error says as far as the catalogue keeps it: tools and strangers write what no text there can hold."""
    return error.replace("\0", " ")[:_LONGEST_ERROR]


def fail_version(
    session: Session,
    version_id: str,
    code: FailureCode,
    detail: str,
    words: Mapping[str, str] | None = None,
) -> None:
    """End a version for good: its steps are cancelled and people see the message of ``code``, with ``words`` in it."""
    lock_version(session, version_id)
    failed = session.execute(
        update(Version)
        .where(Version.id == version_id, Version.state.not_in(("ready", "failed")))
        .values(
            state="failed",
            failure_code=code,
            failure_detail=kept(detail),
            failure_words=dict(words) if words else None,
        )
        .returning(Version.asset_id)
    ).scalar_one_or_none()
    cancel_steps(session, version_id)
    if failed is not None:
        _tell_of_failure(session, version_id, code, detail)


def _tell_of_failure(session: Session, version_id: str, code: FailureCode, detail: str) -> None:
    """One line in the log for operators, once it is so."""
    asset_id, organization_id, step = session.execute(
        select(Asset.id, Asset.organization_id, func.max(Step.name))
        .join(Version, Version.asset_id == Asset.id)
        .outerjoin(
            Step, and_(Step.version_id == Version.id, Step.state == "failed", Step.optional.is_(False))
        )
        .where(Version.id == version_id)
        .group_by(Asset.id)
    ).one()

    @event.listens_for(session, "after_commit", once=True)
    def tell(_: Session) -> None:
        log.warning(
            "version %s of asset %s failed, organization %s, step %s: %s: %s",
            version_id,
            asset_id,
            organization_id,
            step,
            code,
            " ".join(detail.split()),  # tools repeat what files say, line breaks included
        )


def cancel_steps(session: Session, version_id: str) -> None:
    """Cancel all steps of a version that are not done; those at work notice when they renew or publish."""
    session.execute(
        update(Step)
        .where(Step.version_id == version_id, Step.state.in_(UNFINISHED))
        .values(state="cancelled", lease_owner=None, lease_until=None, finished_at=func.now())
    )


def queue_unblocked(session: Session, version_id: str) -> None:
    """Queue the steps of a version that wait for nothing any more."""
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
        .returning(Step.position, Step.id, Step.kind)
    ).all()
    session.add_all(OutboxEntry(step_id=step_id, kind=kind) for _position, step_id, kind in sorted(unblocked))


def held_by(held: Claim) -> tuple[Any, ...]:
    """What is true of a step as long as its claim is good."""
    return (Step.id == held.step_id, Step.state == "leased", Step.fence == held.fence)


def lock_version(session: Session, version_id: str) -> None:
    """Serialize decisions about a version: of two steps that finish together, one must see the other done."""
    session.execute(select(Version.id).where(Version.id == version_id).with_for_update())


def _require_one(result: Any) -> None:
    assert isinstance(result, CursorResult)  # noqa: S101
    if result.rowcount != 1:
        raise StaleFence
