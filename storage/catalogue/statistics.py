"""How much waits and how much failed, for operators. Each query reads a partial index of what is not over yet, or of
what failed; only ``count_versions`` goes through everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Double, cast, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from configs.words import StepKind, VersionState
from storage.catalogue.keeping import Trace, traces
from storage.catalogue.models import (
    Asset,
    LtiPlatform,
    LtiScore,
    OutboxEntry,
    RecordStore,
    Statement,
    Step,
    Upload,
    Version,
    WebhookEndpoint,
)


@dataclass(frozen=True)
class Statistics:
    """Counts of this moment; ages in seconds. Steps are told apart by kind, failed versions by failure code; ``keeper``
    are the traces of the keeper's tasks."""

    queued: dict[StepKind, int]
    oldest_queued: dict[StepKind, float]
    leased: dict[StepKind, int]
    overdue: dict[StepKind, int]
    failed: dict[str, int]
    unsent: dict[StepKind, int]
    oldest_unsent: dict[StepKind, float]
    uploads: int
    keeper: list[Trace]
    failing_endpoints: int
    failing_longest: float
    """Seconds since which one of them has taken nothing."""
    scores: int
    """That are due, or failed and are tried again, of platforms that are switched on."""
    oldest_score: float
    statements: int
    """That wait for stores that are switched on."""
    oldest_statement: float


def gather(session: Session) -> Statistics:
    """Count what is not over."""
    queued = session.execute(
        select(Step.kind, func.count(), _age(Step.queued_at))
        .where(Step.state == "queued")
        .group_by(Step.kind)
    ).all()
    overdue = Step.lease_until < func.now()
    leased = session.execute(
        select(Step.kind, func.count(), func.count().filter(overdue))
        .where(Step.state == "leased")
        .group_by(Step.kind)
    ).all()
    failed = session.execute(
        select(Version.failure_code, func.count())
        .join(Asset, Asset.current_version_id == Version.id)
        .where(Version.state == "failed", Asset.deleted_at.is_(None))
        .group_by(Version.failure_code)
    )
    unsent = session.execute(
        select(OutboxEntry.kind, func.count(), _age(OutboxEntry.not_before))
        .where(
            OutboxEntry.sent_at.is_(None),
            OutboxEntry.not_before <= func.now(),
            OutboxEntry.kind.is_not(None),
        )
        .group_by(OutboxEntry.kind)
    ).all()
    failing, failing_longest = session.execute(
        select(func.count(), _age(WebhookEndpoint.failing_since)).where(
            WebhookEndpoint.enabled, WebhookEndpoint.failing_since.is_not(None)
        )
    ).one()
    scores, oldest_score = session.execute(
        select(func.count(), _age(func.coalesce(LtiScore.failing_since, LtiScore.due_at)))
        .join(LtiPlatform, LtiPlatform.id == LtiScore.platform_id)
        .where(
            LtiPlatform.enabled,
            LtiScore.due_at.is_not(None),
            or_(LtiScore.due_at <= func.now(), LtiScore.failure.is_not(None)),
        )
    ).one()
    waiting, oldest_statement = session.execute(
        select(func.count(), _age(Statement.created_at))
        .join(RecordStore, RecordStore.organization_id == Statement.organization_id)
        .where(RecordStore.enabled, Statement.sent_at.is_(None), Statement.refusal.is_(None))
    ).one()
    uploads = select(func.count()).select_from(Upload).where(Upload.finished_at.is_(None))
    return Statistics(
        queued={kind: count for kind, count, _ in queued},
        # A step that is to be tried again later is queued in the future.
        oldest_queued={kind: max(0.0, age or 0.0) for kind, _, age in queued},
        leased={kind: count for kind, count, _ in leased},
        overdue={kind: count for kind, _, count in leased},
        failed={code or "": count for code, count in failed},
        unsent={kind: count for kind, count, _ in unsent if kind},
        oldest_unsent={kind: age or 0.0 for kind, _, age in unsent if kind},
        uploads=session.execute(uploads).scalar_one(),
        keeper=traces(session),
        failing_endpoints=failing,
        failing_longest=failing_longest or 0.0,
        scores=scores,
        oldest_score=max(0.0, oldest_score or 0.0),
        statements=waiting,
        oldest_statement=max(0.0, oldest_statement or 0.0),
    )


def count_versions(session: Session) -> dict[VersionState, int]:
    """Current versions of assets that are not deleted, by state."""
    rows = session.execute(
        select(Version.state, func.count())
        .join(Asset, Asset.current_version_id == Version.id)
        .where(Asset.deleted_at.is_(None))
        .group_by(Version.state)
    )
    return {row[0]: row[1] for row in rows}


def _age(oldest_of: InstrumentedAttribute[Any] | ColumnElement[Any]) -> ColumnElement[float | None]:
    return cast(func.extract("epoch", func.now() - func.min(oldest_of)), Double)
