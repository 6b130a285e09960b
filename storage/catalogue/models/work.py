"""What is to be done: steps, the wake-ups that carry them, whose turn it is, and the keeper's own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Sequence,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import (
    STEP_STATES,
    StepKind,
    StepState,
)
from storage.catalogue.models.base import Base, created
from storage.ids import new_id


class Step(Base):
    """A unit of durable work on a version: the truth of what is done, of which RQ is only the carrier.

    ``waiting`` steps become ``queued`` when every step of the kinds in ``after`` is done; a worker takes a
    queued step by a lease, and each lease raises ``fence``: only the holder of the highest fence may publish.
    """

    __tablename__ = "steps"
    __table_args__ = (
        UniqueConstraint("version_id", "name"),
        CheckConstraint(f"state IN {STEP_STATES}", name="state"),
        Index("ix_steps_leased", "lease_until", postgresql_where=text("state = 'leased'")),
        Index("ix_steps_queued_kind", "kind", "queued_at", postgresql_where=text("state = 'queued'")),
        Index("ix_steps_done", "kind", "finished_at", postgresql_where=text("state = 'done'")),
        Index(
            "ix_steps_queued_version",
            "version_id",
            "position",
            "kind",
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "ix_steps_in_line",
            "kind",
            "organization_id",
            "in_line_since",
            "version_id",
            "position",
            postgresql_where=text("state = 'queued'"),
        ),
        Index("ix_steps_finishing", "kind", postgresql_where=text("state = 'queued' AND finishing")),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    """Order of creation: steps that become free together are queued in it."""
    kind: Mapped[StepKind]
    """A newer release may have written one that this one does not know."""
    name: Mapped[str]
    """Unique within the version: creating a step twice is creating it once."""
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[list[StepKind]] = mapped_column(default=list)
    weight: Mapped[float] = mapped_column(default=1.0)
    """Expected CPU seconds, for progress and ETA."""
    optional: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """The version does without it: no part of its progress, and no failure of it if it fails."""
    state: Mapped[StepState] = mapped_column(default="waiting")
    progress: Mapped[float] = mapped_column(default=0.0)
    attempts: Mapped[int] = mapped_column(default=0)
    """How many failed by the step's own fault."""
    interruptions: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often its worker, or the tool it ran, was killed."""
    postponed: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often it was put off for want of a server or of the machine."""
    fence: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    queued_at: Mapped[datetime | None]
    organization_id: Mapped[str] = mapped_column(server_default="")
    """Whose turn it takes: that of its asset when it was planned. Not known of what a release before has planned."""
    in_line_since: Mapped[datetime] = mapped_column(server_default=func.now())
    """When its version was queued: of what an organization has in line, the oldest is next."""
    finishing: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """It is among the last of a version that was begun."""
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Turn(Base):
    """When a lane last served an organization: the one that waits longest is next."""

    __tablename__ = "turns"

    lane: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    taken_at: Mapped[datetime]


TURNS_TAKEN = Sequence("turns_taken", metadata=Base.metadata)
"""Numbers the steps that workers of several lanes take, so that every lane has its turn."""


class OutboxEntry(Base):
    """A wake-up for RQ, written in the transaction that made the work, and removed once it was sent."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_unsent", "kind", "id", postgresql_where=text("sent_at IS NULL")),
        Index("ix_outbox_due", "not_before", postgresql_where=text("sent_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    step_id: Mapped[str] = mapped_column(ForeignKey("steps.id", ondelete="CASCADE"), index=True)
    kind: Mapped[StepKind | None]
    """Kind of the step; none in what the release before has written."""
    not_before: Mapped[datetime] = mapped_column(server_default=func.now())
    created_at: Mapped[datetime] = created()
    sent_at: Mapped[datetime | None]
    """Set by the release before, where this one removes the row."""


class KeeperTask(Base):
    """Who carries a task of the keeper (``configs.keeping``), and when a round of it was last finished.

    ``late_at`` is when that will be too long ago; ``cursor`` is what the last round left for the next one.
    """

    __tablename__ = "keeper_tasks"

    task: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str | None]
    fence: Mapped[int] = mapped_column(BigInteger, default=1, server_default="1")
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    late_at: Mapped[datetime]
    cursor: Mapped[str] = mapped_column(default="", server_default="")
    error: Mapped[str] = mapped_column(default="", server_default="")


class Backup(Base):
    """A copy of catalogue and bucket: under way until ``finished_at`` is set or ``held_until`` has passed."""

    __tablename__ = "backups"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    started_at: Mapped[datetime] = created()
    held_until: Mapped[datetime]
    """Until then no object is removed."""
    finished_at: Mapped[datetime | None]
