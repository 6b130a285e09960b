"""Lessons that are offered to linked platforms, and that they offer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import OFFER_DIRECTIONS, OFFER_STATES, LinkFailure, OfferDirection, OfferState
from storage.catalogue.models.base import Base, created, updated
from storage.ids import new_id


class Offer(Base):
    """That a lesson is offered by a link, to the other platform or by it. Both call it by the ``shared_id``, which is
    the ``id`` of whoever offers; ``origin_id`` is what the lesson is called there.

    Each side says its own part: the offerer makes it (``round`` counts how often) and may take it back, the other one
    answers a round. What was said here is told from ``due_at`` on, until the other platform has taken it.
    """

    __tablename__ = "platform_offers"
    __table_args__ = (
        UniqueConstraint("link_id", "shared_id"),
        CheckConstraint(f"direction IN {OFFER_DIRECTIONS}", name="direction"),
        CheckConstraint(f"state IN {OFFER_STATES}", name="state"),
        Index("ix_platform_offers_link_id_id", "link_id", "id"),
        Index("ix_platform_offers_asset_id", "asset_id", postgresql_where=text("asset_id IS NOT NULL")),
        Index("ix_platform_offers_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    link_id: Mapped[str] = mapped_column(ForeignKey("platform_links.id", ondelete="CASCADE"))
    shared_id: Mapped[str]
    direction: Mapped[OfferDirection]
    state: Mapped[OfferState] = mapped_column(default="offered")
    round: Mapped[int] = mapped_column(default=1)
    asset_id: Mapped[str | None] = mapped_column(ForeignKey("assets.id", ondelete="SET NULL"))
    """The lesson that is offered from here; None of what others offer, and of what is gone."""
    origin_id: Mapped[str]
    lesson: Mapped[dict[str, Any]]
    """What is said of it in short (``storage.exchange.offers.OfferedLesson``)."""
    stations: Mapped[list[Any]] = mapped_column(default=list)
    said: Mapped[list[Any]] = mapped_column(default=list)
    """All steps, oldest first: {action, round, note, by, here, at}, by the clock of this platform."""
    told: Mapped[int] = mapped_column(default=0)
    """How many of ``said`` the other platform has taken, or has said itself."""
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[LinkFailure | None]
    """Why it could not be told; None of what was, or was not tried yet."""
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()
