"""Who carries the tasks of the keeper, and what was done lately.

Each task has a lease of its own, by the database's clock. A keeper that lost its network, or only that to a server the
task needs, leads it no longer than that, and another takes over. Rounds may be done twice: leases spare work, and the
fence keeps one that comes back late from recording anything.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from storage.catalogue.models import KeeperTask

LEASE: timedelta = timedelta(seconds=20)
LATE: timedelta = timedelta(seconds=60)
"""How much longer than three times its usual pause a task may leave no trace."""


@dataclass(frozen=True)
class Lease:
    """``cursor`` is what the task's last round left for the next one."""

    task: str
    fence: int
    cursor: str


@dataclass(frozen=True)
class Trace:
    """What is known of a task: ``age`` of its last finished round and whether that is late, both by the database's
    clock; and what ended the last round if it failed."""

    task: str
    age: timedelta | None
    late: bool
    error: str


def take(session: Session, task: str, owner: str) -> Lease | None:
    """Lease ``task`` to ``owner``, again if it has it; None if another has."""
    until = func.clock_timestamp() + LEASE
    free = or_(
        KeeperTask.owner == owner,
        KeeperTask.lease_until.is_(None),
        KeeperTask.lease_until < func.clock_timestamp(),
    )
    fresh = insert(KeeperTask).values(task=task, owner=owner, lease_until=until, late_at=until + LATE)
    kept = case((KeeperTask.owner == owner, KeeperTask.fence), else_=KeeperTask.fence + 1)
    row = session.execute(
        fresh.on_conflict_do_update(
            index_elements=[KeeperTask.task],
            set_={"owner": owner, "lease_until": until, "fence": kept},
            where=free,
        ).returning(KeeperTask.fence, KeeperTask.cursor)
    ).one_or_none()
    return Lease(task, row.fence, row.cursor) if row else None


def record(session: Session, lease: Lease, pause: timedelta, cursor: str) -> bool:
    """A round is finished, and the next one begins after ``pause``; prolongs the lease. False if it is another's."""
    now = func.clock_timestamp()
    return _write(
        session,
        lease,
        finished_at=now,
        late_at=now + 3 * pause + LATE,
        lease_until=now + LEASE,
        cursor=cursor,
        error="",
    )


def give_up(session: Session, lease: Lease, error: str = "") -> None:
    """Let another keeper have the task, at once; ``error`` says why, if a round failed."""
    _write(session, lease, owner=None, lease_until=None, **({"error": error} if error else {}))


def forget_others(session: Session, tasks: Collection[str]) -> None:
    """Remove the traces of tasks that are none any more."""
    session.execute(delete(KeeperTask).where(KeeperTask.task.not_in(tasks)))


def is_led(session: Session) -> bool:
    """Whether any keeper is at work, or was within ``LEASE``."""
    led = select(KeeperTask.task).where(KeeperTask.lease_until > func.clock_timestamp()).limit(1)
    return session.execute(led).first() is not None


def traces(session: Session) -> list[Trace]:
    """What was done lately."""
    age = func.clock_timestamp() - KeeperTask.finished_at
    late = KeeperTask.late_at < func.clock_timestamp()
    rows = session.execute(select(KeeperTask.task, age, late, KeeperTask.error).order_by(KeeperTask.task))
    return [Trace(*row) for row in rows]


def _write(session: Session, lease: Lease, **values: object) -> bool:
    mine = (KeeperTask.task == lease.task, KeeperTask.fence == lease.fence)
    found = session.execute(update(KeeperTask).where(*mine).values(values).returning(KeeperTask.task))
    return found.one_or_none() is not None
