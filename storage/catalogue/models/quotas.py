"""How much organizations and people may hold."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from storage.catalogue.models.base import Base, updated


class Quota(Base):
    """What an organization and all below it, or a person, may hold. None is no limit. ``holder_id`` is the ID of
    either."""

    __tablename__ = "quotas"

    holder_id: Mapped[str] = mapped_column(primary_key=True)
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    seconds: Mapped[int | None] = mapped_column(BigInteger)
    uploads: Mapped[int | None]
    """Unfinished ones at a time."""
    updated_at: Mapped[datetime] = updated()
