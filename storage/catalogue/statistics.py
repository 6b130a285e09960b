"""How much there is and how much waits, for operators."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.catalogue.models import Asset, OutboxEntry, Step, Upload, Version


@dataclass(frozen=True)
class Statistics:
    """Counts of this moment; ``oldest_queued`` in seconds, by kind of step."""

    assets: dict[str, int]
    queued: dict[str, int]
    oldest_queued: dict[str, float]
    at_work: dict[str, int]
    outbox: int
    unfinished_uploads: int


def gather(session: Session) -> Statistics:
    """Count everything; each query reads a partial index or groups by a few values."""
    assets = session.execute(
        select(Version.state, func.count())
        .join(Asset, Asset.current_version_id == Version.id)
        .where(Asset.deleted_at.is_(None))
        .group_by(Version.state)
    )
    age = func.extract("epoch", func.now() - func.min(Step.queued_at))
    queued = session.execute(
        select(Step.kind, func.count(), age).where(Step.state == "queued").group_by(Step.kind)
    ).all()
    at_work = session.execute(
        select(Step.kind, func.count()).where(Step.state == "leased").group_by(Step.kind)
    )
    outbox = select(func.count()).select_from(OutboxEntry).where(OutboxEntry.sent_at.is_(None))
    uploads = select(func.count()).select_from(Upload).where(Upload.finished_at.is_(None))
    return Statistics(
        assets={row[0]: row[1] for row in assets},
        queued={kind: count for kind, count, _ in queued},
        oldest_queued={kind: float(seconds or 0) for kind, _, seconds in queued},
        at_work={row[0]: row[1] for row in at_work},
        outbox=session.execute(outbox).scalar_one(),
        unfinished_uploads=session.execute(uploads).scalar_one(),
    )
