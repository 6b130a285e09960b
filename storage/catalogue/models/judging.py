"""Who judges what came in by an upload link, by what, and what they gave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.catalogue.models.base import Base, created, updated
from storage.ids import new_id


class Judging(Base):
    """By what the entries of an upload link are judged, and from when on nothing of it changes."""

    __tablename__ = "judgings"

    link_id: Mapped[str] = mapped_column(ForeignKey("upload_links.id", ondelete="CASCADE"), primary_key=True)
    criteria: Mapped[list[Any]] = mapped_column(default=list)
    """{name, label, greatest, weight} each."""
    closed_at: Mapped[datetime | None]


class Judge(Base):
    """Somebody who judges the entries of an upload link. Only the SHA-256 of the secret is kept."""

    __tablename__ = "judges"
    __table_args__ = (Index("ix_judges_link_id_id", "link_id", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    link_id: Mapped[str] = mapped_column(ForeignKey("upload_links.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = created()
    revoked_at: Mapped[datetime | None]


class ScoreSheet(Base):
    """What a judge gave to an entry. ``is_complete``: by every criterion."""

    __tablename__ = "score_sheets"

    judge_id: Mapped[str] = mapped_column(ForeignKey("judges.id", ondelete="CASCADE"), primary_key=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("link_entries.id", ondelete="CASCADE"), primary_key=True)
    scores: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Whole numbers by the names of criteria; those that are not given yet are left out."""
    comment: Mapped[str] = mapped_column(default="")
    is_complete: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[datetime] = updated()
