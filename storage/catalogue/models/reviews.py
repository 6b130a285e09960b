"""What became of an asset on its way to viewers: who handed it in, accepted it or gave it back, and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import REVIEW_ACTIONS, ReviewAction
from storage.catalogue.models.base import Base, created
from storage.ids import new_id


class AssetReview(Base):
    """One step of a review. Rows are only added, so that a second review leaves the first as it was."""

    __tablename__ = "asset_reviews"
    __table_args__ = (
        CheckConstraint(f"action IN {REVIEW_ACTIONS}", name="action"),
        Index("ix_asset_reviews_asset_id_id", "asset_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"))
    action: Mapped[ReviewAction]
    note: Mapped[str] = mapped_column(default="", server_default="")
    version_id: Mapped[str | None]
    """Which version was the current one then."""
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    made_by: Mapped[str]
    """Name of the person, or label of the API key, copied: they may be gone when somebody reads this."""
    at: Mapped[datetime] = created()
