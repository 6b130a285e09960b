"""How versions look and sound."""

from __future__ import annotations

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.catalogue.models.base import Base


class StoredFingerprint(Base):
    """``storage.fingerprints`` of a version; its pictures and its sound are written by different steps."""

    __tablename__ = "fingerprints"

    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True)
    duration: Mapped[float] = mapped_column(index=True)
    """Seconds."""
    pictures: Mapped[bytes] = mapped_column(server_default=text("''"))
    picture_seconds: Mapped[float] = mapped_column(server_default=text("0"))
    sound: Mapped[bytes] = mapped_column(server_default=text("''"))
