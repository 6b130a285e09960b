"""Which version of an asset was the current one, and who decided it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, func
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import SwitchReason
from storage.catalogue.models.base import Base


class VersionSwitch(Base):
    """That a version became its asset's current one. Versions may be gone when somebody reads it; the key or
    person that decided is copied.
    """

    __tablename__ = "version_switches"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), index=True)
    version_id: Mapped[str]
    before_id: Mapped[str | None]
    """The version that was the current one until then."""
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    reason: Mapped[SwitchReason]
    note: Mapped[str]
    key_id: Mapped[str | None]
    person_id: Mapped[str | None]
    key_label: Mapped[str]
    """Of a person their name."""
