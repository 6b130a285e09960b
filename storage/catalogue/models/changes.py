"""Changes of many assets at once, as long as they can be taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.catalogue.models.base import Base, created
from storage.ids import new_id


class ChangeSet(Base):
    """What one request changed of many assets: ``rows`` are [asset ID, values before, values after] by column."""

    __tablename__ = "change_sets"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    """Of the caller who made it."""
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    """The person who made it, where they see only what is their own."""
    rows: Mapped[list[Any]]
    created_at: Mapped[datetime] = created()
    undo_until: Mapped[datetime] = mapped_column(index=True)
    undone_at: Mapped[datetime | None]
