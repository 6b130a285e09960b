"""The outbox: wake-ups written with the work they announce, and relayed to the queue afterwards.

Work and wake-up are one transaction, so neither can exist without the other. Relaying happens at least once;
the queue drops a second wake-up with the same ID, and the step ledger ignores a stale one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import delete, func, select, true, update
from sqlalchemy.orm import Session

from configs.words import StepKind
from storage.catalogue.models import OutboxEntry, Step


@dataclass(frozen=True)
class WakeUp:
    """One entry of the outbox; ``id`` is unique for ever."""

    id: int
    step_id: str
    kind: StepKind

    @property
    def job_id(self) -> str:
        """The queue's ID of this wake-up: sent twice, it is still one job.

        RQ allows letters, digits, ``_`` and ``-``.
        """
        return f"step-{self.step_id}-{self.id}"


def relay(
    session: Session,
    send: Callable[[WakeUp], None],
    limit: int = 200,
    *,
    kinds: Collection[StepKind] | None = None,
) -> int:
    """Hand due wake-ups, all or those of some ``kinds`` of step, to ``send`` and mark them sent; returns how many.

    If ``send`` raises, the rows of this call stay unsent and the error passes through. Several relays may
    run at once: rows are locked, and locked ones are passed over.
    """
    rows = session.execute(
        select(OutboxEntry.id, OutboxEntry.step_id, Step.kind)
        .join(Step, Step.id == OutboxEntry.step_id)
        .where(
            OutboxEntry.sent_at.is_(None),
            OutboxEntry.not_before <= func.now(),
            true() if kinds is None else Step.kind.in_(kinds),
        )
        .order_by(OutboxEntry.id)
        .limit(limit)
        .with_for_update(of=OutboxEntry, skip_locked=True)
    ).all()
    for entry_id, step_id, kind in rows:
        send(WakeUp(entry_id, step_id, kind))
    if rows:
        sent = [row[0] for row in rows]
        session.execute(update(OutboxEntry).where(OutboxEntry.id.in_(sent)).values(sent_at=func.now()))
    return len(rows)


def withdraw(session: Session, step_id: str) -> None:
    """Send no wake-up for a step that is taken already by who queued it. One that is just being sent does no harm."""
    unsent = (
        select(OutboxEntry.id)
        .where(OutboxEntry.step_id == step_id, OutboxEntry.sent_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    session.execute(delete(OutboxEntry).where(OutboxEntry.id.in_(unsent)))
