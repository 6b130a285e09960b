"""What assets are sorted into: a tree of each organization, which all below it use as well."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.catalogue.models.base import Base, created, updated
from storage.ids import new_id


class Category(Base):
    """A place in a classification. ``parent_id`` is a category of the same organization or of one above it."""

    __tablename__ = "categories"
    __table_args__ = (UniqueConstraint("organization_id", "code"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("categories.id"), index=True)
    code: Mapped[str]
    """What other systems know it by; unique in its organization."""
    name_zh: Mapped[str]
    name_en: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    """Its place among those beside it; those of the same place by their codes."""
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()
