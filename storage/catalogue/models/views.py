"""What was watched: beats and plays as they came, partitioned by day, and the days that are added up from them.

Days are those of the installation's time zone. Nothing here refers to other tables: figures outlive what was watched.
Times that players told are milliseconds.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import PlayOutcome, StartKind
from storage.catalogue.models.base import Base

BY_DAY = {"postgresql_partition_by": "RANGE (day)"}
"""The keeper makes the partitions and drops them (``storage.catalogue.view_partitions``)."""


class StoredBeat(Base):
    """A beat as it was told (``storage.learning.beats``). ``day`` is that of the play's first one."""

    __tablename__ = "beats"
    __table_args__ = BY_DAY

    day: Mapped[date] = mapped_column(primary_key=True)
    play_id: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    study: Mapped[str]
    """The study session it belongs to; empty for most."""
    beat: Mapped[dict[str, Any]]


class StoredPlay(Base):
    """A play: what its beats add up to (``storage.learning.plays``), and what the rule says of it."""

    __tablename__ = "plays"
    __table_args__ = (
        Index("ix_plays_asset_id_day_id", "asset_id", "day", "id"),
        Index(
            "ix_plays_viewer_asset_id",
            "viewer",
            "asset_id",
            "counted_at",
            postgresql_where=text("outcome = 'counted'"),
        ),
        Index("ix_plays_organization_id_day", "organization_id", "day"),
        BY_DAY,
    )

    day: Mapped[date] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    asset_id: Mapped[str]
    organization_id: Mapped[str]
    """Whose the asset was then."""
    version_id: Mapped[str]
    playback_id: Mapped[str]
    partner_id: Mapped[str]
    """Empty for those of no partner."""
    viewer: Mapped[str]
    """A hash that lasts a day; empty where a front end named nobody."""
    source: Mapped[str]
    outcome: Mapped[PlayOutcome]
    rule_version: Mapped[int] = mapped_column(SmallInteger)
    suspicion: Mapped[str | None]
    attendance: Mapped[int]
    began_at: Mapped[datetime]
    last_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    counted_at: Mapped[datetime | None]
    beats: Mapped[int]
    duration: Mapped[int | None]
    clock_ms: Mapped[int] = mapped_column(BigInteger)
    ahead_ms: Mapped[int] = mapped_column(BigInteger)
    fastest: Mapped[float]
    playing_ms: Mapped[int] = mapped_column(BigInteger)
    attended_ms: Mapped[int] = mapped_column(BigInteger)
    played_ms: Mapped[int] = mapped_column(BigInteger)
    watched_ms: Mapped[int] = mapped_column(BigInteger)
    watched: Mapped[list[int]]
    """Ranges of media time, flat: start, end, start, end …"""
    bins: Mapped[list[int]]
    """Ranges of hundredths of the time line that were seen, flat."""
    startup_ms: Mapped[int | None]
    stalls: Mapped[int]
    stall_ms: Mapped[int] = mapped_column(BigInteger)
    errors: Mapped[dict[str, int]]
    bitrate_ms: Mapped[int] = mapped_column(BigInteger)
    measured_ms: Mapped[int] = mapped_column(BigInteger)
    frames: Mapped[int] = mapped_column(BigInteger)
    dropped: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)


class Start(Base):
    """How often a playlist was fetched that a play begins with, as one process counted it for about a second."""

    __tablename__ = "starts"
    __table_args__ = (Index("ix_starts_asset_id_day", "asset_id", "day"), BY_DAY)

    day: Mapped[date] = mapped_column(primary_key=True)
    batch: Mapped[str] = mapped_column(primary_key=True)
    """Of the count, so that what is brought twice counts once."""
    asset_id: Mapped[str] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[StartKind] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    number: Mapped[int]


class StaleDay(Base):
    """A day of an asset whose sums are behind its plays."""

    __tablename__ = "stale_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    asset_id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    marked_at: Mapped[datetime]


class _Sums:
    """What days and months tell.

    ``completion`` is the sum over plays of the part of the asset that each saw, ``completed`` how many saw enough of
    it. ``bitrate_ms / measured_ms`` is the mean bit rate in kilobits per second.
    """

    views: Mapped[int] = mapped_column(BigInteger)
    attendance: Mapped[int] = mapped_column(BigInteger)
    viewers: Mapped[int] = mapped_column(BigInteger)
    plays: Mapped[int] = mapped_column(BigInteger)
    starts: Mapped[int] = mapped_column(BigInteger)
    played_ms: Mapped[int] = mapped_column(BigInteger)
    watched_ms: Mapped[int] = mapped_column(BigInteger)
    completion: Mapped[float]
    completed: Mapped[int] = mapped_column(BigInteger)
    startups: Mapped[int] = mapped_column(BigInteger)
    startup_ms: Mapped[int] = mapped_column(BigInteger)
    stalls: Mapped[int] = mapped_column(BigInteger)
    stall_ms: Mapped[int] = mapped_column(BigInteger)
    errors: Mapped[int] = mapped_column(BigInteger)
    bitrate_ms: Mapped[int] = mapped_column(BigInteger)
    measured_ms: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)
    views_elsewhere: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    watched_elsewhere_ms: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """What of views and of what was watched other platforms told of (``storage.catalogue.told_totals``)."""


class _Figures(_Sums):
    """What days tell beside. Of plays that were refused as crawlers and the like only ``refused`` tells; ``viewers``
    are exact within the row."""

    rule_version: Mapped[int] = mapped_column(SmallInteger)
    refused: Mapped[dict[str, int]]


class ViewDay(_Figures, Base):
    """A day of an asset, by partner; written anew as a whole, never added to."""

    __tablename__ = "view_days"
    __table_args__ = (
        Index(
            "ix_view_days_compared",
            "organization_id",
            "day",
            postgresql_include=["asset_id", "partner_id", "views", "watched_ms", "bytes"],
        ),
        Index("ix_view_days_partner_id_day", "partner_id", "day", postgresql_where=text("partner_id <> ''")),
    )

    asset_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    retention: Mapped[list[int]]
    """How many plays saw each hundredth of the time line."""


class OrganizationViewDay(_Figures, Base):
    """The same of all assets that an organization holds itself."""

    __tablename__ = "organization_view_days"

    organization_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(primary_key=True)


EVERY_PARTNER = "*"
"""In the place of a partner: the sum of all of them and of none."""


class BranchViewDay(_Figures, Base):
    """The same of an organization and all below it (a branch of the tree, as it stands now), by partner and of
    ``EVERY_PARTNER``. ``viewers`` are those of its organizations added up."""

    __tablename__ = "branch_view_days"

    organization_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(primary_key=True)


class StaleBranch(Base):
    """An organization below which something was moved in or out, so that its branch's days are to be added up anew."""

    __tablename__ = "stale_branches"

    organization_id: Mapped[str] = mapped_column(primary_key=True)
    before: Mapped[date | None]
    """What lies before it is still to be done; None if that is everything."""


class ViewMonth(_Sums, Base):
    """The days of a month of an asset added up, by partner and of ``EVERY_PARTNER``: what lessons of long times are
    compared by. ``viewers`` are those of the days added up."""

    __tablename__ = "view_months"
    __table_args__ = (
        Index(
            "ix_view_months_organization_id",
            "organization_id",
            "partner_id",
            "month",
            postgresql_include=["asset_id", "views", "watched_ms", "bytes"],
        ),
    )

    asset_id: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    """Its first day."""
    partner_id: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str] = mapped_column(primary_key=True)


class StorageDay(Base):
    """What the assets of an organization itself took at the end of a day, or so far."""

    __tablename__ = "storage_days"
    __table_args__ = (
        Index("ix_storage_days_day", "day", postgresql_include=["organization_id", "assets", "bytes"]),
    )

    organization_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    assets: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)


class AssetStorage(Base):
    """What an asset takes in the object storage, as it was measured last."""

    __tablename__ = "asset_storage"

    asset_id: Mapped[str] = mapped_column(primary_key=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
