"""Sources that are fetched from where somebody said they are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.catalogue.models.base import Base, created


class Import(Base):
    """Where the source of a version is fetched from. How much of it is durable its upload tells."""

    __tablename__ = "imports"

    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True)
    url: Mapped[str]
    """As it was given: whoever has it may be allowed to fetch the file."""
    validator: Mapped[str] = mapped_column(default="")
    """By what the origin tells later whether it still has the same file; empty if nothing does."""
    reached: Mapped[int] = mapped_column(BigInteger, default=0)
    """The most bytes that were ever durable, also where they had to be fetched anew."""
    fruitless: Mapped[int] = mapped_column(default=0)
    """Attempts that got no further, one after another."""
    last_error: Mapped[str] = mapped_column(default="")
    """Code of the last of them; empty where bytes came since."""
    ends_at: Mapped[datetime]
    """Until then the file has to be there."""
    created_at: Mapped[datetime] = created()
