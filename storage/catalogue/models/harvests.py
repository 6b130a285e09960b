"""Foreign repositories that are harvested (OAI-PMH), and the records that they brought."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import (
    HARVEST_STATES,
    HARVESTED_STATES,
    HarvestedState,
    HarvestFailure,
    HarvestState,
    Visibility,
)
from storage.catalogue.models.base import Base, created, updated
from storage.ids import new_id


class HarvestSource(Base):
    """A foreign repository, or a set of it, whose records an organization here shows as references.

    What is between a harvest's beginning and its end stands here after each page, so whoever goes on does so there:
    ``token`` leads to the next page, ``began_at`` is the first answer's time by the repository's clock, from which the
    next harvest asks; ``pass_number`` counts those from the beginning. Whoever harvests holds a lease.
    """

    __tablename__ = "harvest_sources"
    __table_args__ = (
        CheckConstraint(f"state IN {HARVEST_STATES}", name="state"),
        Index("ix_harvest_sources_organization_id_id", "organization_id", "id"),
        Index("ix_harvest_sources_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    """Whose its records become here."""
    state: Mapped[HarvestState] = mapped_column(default="active")
    name: Mapped[str] = mapped_column(default="")
    """What people here call it; the repository's own name if empty."""
    url: Mapped[str]
    set_spec: Mapped[str | None]
    metadata_prefix: Mapped[str | None]
    """None: the one that tells most."""
    category_ids: Mapped[list[str]] = mapped_column(default=list)
    """Where its records stand, beside what they tell of themselves."""
    visibility: Mapped[Visibility]
    """Who sees them here."""
    interval_minutes: Mapped[int]

    repository_name: Mapped[str] = mapped_column(default="")
    prefix: Mapped[str | None]
    """The format that is asked for."""
    to_the_second: Mapped[bool] = mapped_column(default=False)
    deletes: Mapped[bool] = mapped_column(default=False)
    """Whether the repository tells of deletions for good."""
    token: Mapped[str | None]
    is_whole: Mapped[bool] = mapped_column(default=True)
    """Whether the harvest that is under way began at the beginning, so that what it does not tell is not there."""
    wants_whole: Mapped[bool] = mapped_column(default=False)
    """Whether the next one is to."""
    pass_number: Mapped[int] = mapped_column(default=0)
    under_way: Mapped[bool] = mapped_column(default=False)
    began_at: Mapped[datetime | None]
    since: Mapped[datetime | None]
    """From when on the next harvest asks, by the repository's clock; None: everything."""
    received: Mapped[int] = mapped_column(default=0)
    """Records of the harvest that is under way, or was last."""
    expected: Mapped[int | None]
    """Of how many, as the repository believes."""
    repeated: Mapped[int] = mapped_column(default=0)
    """Pages in a row that told nothing new."""
    restarts: Mapped[int] = mapped_column(default=0)
    """How often its list had to begin anew since a harvest came to its end."""
    skipped: Mapped[int] = mapped_column(default=0)
    """Records that could not be kept: without an identifier, or with an impossible one."""

    finished_at: Mapped[datetime | None]
    """When a harvest came to its end last."""
    whole_at: Mapped[datetime | None]
    """When one from the beginning did."""
    tried_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    """That brought nothing, one after another."""
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    failure: Mapped[HarvestFailure | None]
    failure_detail: Mapped[str] = mapped_column(default="")
    failing_since: Mapped[datetime | None]
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()

    @property
    def label(self) -> str:
        """What it is called before people."""
        return self.name or self.repository_name or self.url


class HarvestedRecord(Base):
    """A foreign record, which its repository calls ``identifier``. ``asset_id`` is the reference to it here, if there
    is one; ``told`` is all that is told of it (``storage.harvesting.said``), ``url`` where people see it."""

    __tablename__ = "harvested_records"
    __table_args__ = (
        UniqueConstraint("source_id", "identifier"),
        CheckConstraint(f"state IN {HARVESTED_STATES}", name="state"),
        Index("ix_harvested_records_asset_id", "asset_id", unique=True),
        Index("ix_harvested_records_identifier", "identifier"),
        Index("ix_harvested_records_source_id_id", "source_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    source_id: Mapped[str] = mapped_column(ForeignKey("harvest_sources.id", ondelete="CASCADE"))
    identifier: Mapped[str]
    state: Mapped[HarvestedState] = mapped_column(default="current")
    asset_id: Mapped[str | None] = mapped_column(ForeignKey("assets.id", ondelete="SET NULL"))
    at: Mapped[datetime | None]
    """Its datestamp."""
    url: Mapped[str | None]
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)
    pass_number: Mapped[int]
    """The harvest from the beginning in which it was told last."""
    missing: Mapped[int] = mapped_column(default=0)
    """Harvests from the beginning, one after another, that did not tell it."""
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()
