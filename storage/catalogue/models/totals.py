"""What other platforms tell of lessons that they got from here, and what is owed to those that lessons came from.

Days are those of the platform where somebody watched. Nothing here refers to assets: figures outlive lessons.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import LinkFailure, TotalsRefusal
from storage.catalogue.models.base import Base, created
from storage.ids import new_id

PLATFORM_MARK = "@"
"""Before the ID of a ``ReportingPlatform`` in ``partner_id`` of days and months: what was watched there."""


class TotalsExchange(Base):
    """How totals pass over a link: ``told_at`` is when all that was owed had been told last, ``heard_at`` when
    something was told us, ``rows`` how many parts of days are kept of it."""

    __tablename__ = "totals_exchanges"

    link_id: Mapped[str] = mapped_column(
        ForeignKey("platform_links.id", ondelete="CASCADE"), primary_key=True
    )
    tried_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    failure: Mapped[LinkFailure | None]
    failure_detail: Mapped[str] = mapped_column(default="")
    failing_since: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(BigInteger, default=0)


class HandedOutLesson(Base):
    """That the other platform of a link asked for a lesson which is shared with it, and when first: it cannot have been
    watched there before."""

    __tablename__ = "handed_out_lessons"

    link_id: Mapped[str] = mapped_column(
        ForeignKey("platform_links.id", ondelete="CASCADE"), primary_key=True
    )
    asset_id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    """Whose it was then."""
    at: Mapped[datetime] = created()


class ReportingPlatform(Base):
    """A platform of which a linked one tells: itself, or one behind it. Without ``counted`` it is in no sum."""

    __tablename__ = "reporting_platforms"
    __table_args__ = (UniqueConstraint("link_id", "url"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    link_id: Mapped[str] = mapped_column(ForeignKey("platform_links.id", ondelete="CASCADE"))
    url: Mapped[str]
    name: Mapped[str]
    time_zone: Mapped[str]
    counted: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = created()


class ToldDayRow(Base):
    """A day of a lesson as a link told it last. ``copy_id`` is what the other platform calls its copy."""

    __tablename__ = "told_days"
    __table_args__ = (Index("ix_told_days_asset_id_day", "asset_id", "day"),)

    link_id: Mapped[str] = mapped_column(
        ForeignKey("platform_links.id", ondelete="CASCADE"), primary_key=True
    )
    copy_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    asset_id: Mapped[str]
    revision: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str]
    told_at: Mapped[datetime] = created()


class ToldPartRow(Base):
    """What of such a day was watched on one platform."""

    __tablename__ = "told_parts"
    __table_args__ = (
        Index("ix_told_parts_asset_id_day", "asset_id", "day"),
        Index("ix_told_parts_platform_id_day", "platform_id", "day"),
        Index("ix_told_parts_day", "day"),
    )

    link_id: Mapped[str] = mapped_column(
        ForeignKey("platform_links.id", ondelete="CASCADE"), primary_key=True
    )
    copy_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    platform_id: Mapped[str] = mapped_column(
        ForeignKey("reporting_platforms.id", ondelete="CASCADE"), primary_key=True
    )
    asset_id: Mapped[str]
    organization_id: Mapped[str]
    rule_version: Mapped[int] = mapped_column(SmallInteger)
    views: Mapped[int] = mapped_column(BigInteger)
    attendance: Mapped[int] = mapped_column(BigInteger)
    viewers: Mapped[int] = mapped_column(BigInteger)
    plays: Mapped[int] = mapped_column(BigInteger)
    played_ms: Mapped[int] = mapped_column(BigInteger)
    watched_ms: Mapped[int] = mapped_column(BigInteger)
    completion: Mapped[int] = mapped_column(BigInteger)
    """In millionths."""
    completed: Mapped[int] = mapped_column(BigInteger)
    studied_ms: Mapped[int] = mapped_column(BigInteger)
    learners: Mapped[int] = mapped_column(BigInteger)
    lessons_completed: Mapped[int] = mapped_column(BigInteger)


class OwedDay(Base):
    """A day of a copied lesson that the platform it came from is to be told of: each time its sums change, ``revision``
    rises; ``told_revision`` is the one that is kept there."""

    __tablename__ = "owed_days"
    __table_args__ = (
        Index(
            "ix_owed_days_due",
            "link_id",
            "due_at",
            postgresql_where=text("told_revision < revision"),
        ),
    )

    asset_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    link_id: Mapped[str] = mapped_column(ForeignKey("platform_links.id", ondelete="CASCADE"))
    origin_id: Mapped[str]
    revision: Mapped[int] = mapped_column(BigInteger)
    told_revision: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    marked_at: Mapped[datetime] = created()
    """When it began to be behind."""
    due_at: Mapped[datetime] = created()
    refusal: Mapped[TotalsRefusal | None]
