"""Captions and chapters that somebody is still at work on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import TrackKind
from storage.catalogue.models.base import Base


class Draft(Base):
    """A text that is not played yet; one for each kind and language of an asset. It belongs to the asset and not to a
    version: who writes captions goes on when another version has taken over.
    """

    __tablename__ = "drafts"

    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[TrackKind] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    digest: Mapped[str]
    """SHA-256 of ``text`` in hexadecimal digits, by which two editors notice each other."""
    size: Mapped[int]
    """Bytes of ``text`` in UTF-8."""
    saved_at: Mapped[datetime] = mapped_column(server_default=func.now())
    saved_by: Mapped[str]
    """What the caller is called who saved it last."""
