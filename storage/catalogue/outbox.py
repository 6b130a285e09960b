"""The outbox: wake-ups written with the work they announce, and relayed to the queue afterwards.

Work and wake-up are one transaction, so neither can exist without the other. Relaying happens at least once;
the queue drops a second wake-up with the same ID, and the step ledger ignores a stale one. The queue is in memory, so
it holds no more than keeps its workers busy: the rest waits here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select, text, update
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


@dataclass(frozen=True)
class Room:
    """How many more wake-ups of some ``kinds`` the queue is to hold."""

    kinds: Collection[StepKind]
    wake_ups: int


_DUE: Final = text("""
SELECT due.id, due.step_id, named.kind
FROM unnest(CAST(:kinds AS text[]), CAST(:most AS integer[])) AS named (kind, most)
CROSS JOIN LATERAL (
    SELECT id, step_id FROM outbox
    WHERE sent_at IS NULL AND outbox.kind = named.kind AND not_before <= now()
    ORDER BY id LIMIT named.most
    FOR UPDATE SKIP LOCKED
) AS due
ORDER BY due.id
""")


def relay(session: Session, send: Callable[[WakeUp], None], rooms: Iterable[Room]) -> int:
    """Hand due wake-ups to ``send``, the oldest first and as many as there is room for, and remove them; returns how
    many. Those of kinds that none of the ``rooms`` has are left.

    If ``send`` raises, the rows of this call stay and the error passes through. Several relays may run at once: rows
    are locked, and locked ones are passed over.
    """
    room_of = {kind: room for room in rooms for kind in room.kinds if room.wake_ups > 0}
    if not room_of:
        return 0
    _name_kinds(session)
    most = [room.wake_ups for room in room_of.values()]
    left = Counter({room: room.wake_ups for room in room_of.values()})
    sent = []
    for entry_id, step_id, kind in session.execute(_DUE, {"kinds": list(room_of), "most": most}).all():
        if left[room_of[kind]] > 0:
            left[room_of[kind]] -= 1
            send(WakeUp(entry_id, step_id, kind))
            sent.append(entry_id)
    session.execute(delete(OutboxEntry).where(OutboxEntry.id.in_(sent)))
    return len(sent)


def _name_kinds(session: Session) -> None:
    """Give the wake-ups that the release before has written the kind of their step."""
    session.execute(
        update(OutboxEntry)
        .where(OutboxEntry.kind.is_(None), OutboxEntry.sent_at.is_(None), Step.id == OutboxEntry.step_id)
        .values(kind=Step.kind)
    )


def withdraw(session: Session, step_id: str) -> None:
    """Send no wake-up for a step that is taken already by who queued it. One that is just being sent does no harm."""
    unsent = (
        select(OutboxEntry.id)
        .where(OutboxEntry.step_id == step_id, OutboxEntry.sent_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    session.execute(delete(OutboxEntry).where(OutboxEntry.id.in_(unsent)))
