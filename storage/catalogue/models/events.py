"""What happened: facts that webhooks, feeds and streams carry."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import EventType
from storage.catalogue.models.base import Base


class Event(Base):
    """A fact about an asset, an upload, a version or a track, written in the transaction of the change: by triggers
    (migration 0030), whichever process changes it.

    Events are ordered by ``transaction_id`` and ``number``. ``sequence`` counts those of one asset by the order in
    which changes were committed, from 1.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_transaction_id_number", "transaction_id", "number"),
        Index("ix_events_listed", "organization_id", "transaction_id", "number", "id"),
        Index("ix_events_asset_id_sequence", "asset_id", "sequence"),
    )

    id: Mapped[str] = mapped_column(
        primary_key=True, server_default=text("translate(gen_random_uuid()::text, '-', '')")
    )
    """Of what is told to others, too: the ``webhook-id``."""
    transaction_id: Mapped[int] = mapped_column(
        BigInteger, server_default=text("pg_current_xact_id()::text::bigint")
    )
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=False))
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    type: Mapped[EventType]
    organization_id: Mapped[str]
    """Whose it was then. No foreign key: telling locks no organization."""
    asset_id: Mapped[str | None]
    """Outlives the asset."""
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    payload: Mapped[dict[str, Any]]


class EventCounter(Base):
    """How many events of an asset there were. It stays as long as one of them does."""

    __tablename__ = "event_counters"

    asset_id: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)
