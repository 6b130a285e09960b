"""How the public catalogue of an organization looks, and what it says of itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from storage.catalogue.models.base import Base, created, updated


class Library(Base):
    """What an organization has chosen for its library; whether it is shown, ``Organization.library`` says. Nothing
    needs to be chosen, so there may be no row."""

    __tablename__ = "libraries"

    organization_id: Mapped[str] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    slug: Mapped[str | None] = mapped_column(unique=True)
    """What stands in its addresses instead of the organization's ID."""
    name: Mapped[str] = mapped_column(default="", server_default="")
    """What it is called; empty: as its organization."""
    language: Mapped[Literal["en", "zh"] | None]
    """In which it speaks until a reader chooses; None: as the browser does."""
    accent: Mapped[str | None]
    accent_dark: Mapped[str | None]
    header: Mapped[str | None]
    """Colours as #rrggbb: of what can be chosen, the same on dark ground, and of the band on top."""
    welcome: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    footer: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    """Texts by language."""
    icp_number: Mapped[str] = mapped_column(default="", server_default="")
    """The number under which a site is registered in China, which each of its pages has to show."""
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """A small picture, kept here so that it goes with its row."""
    logo_type: Mapped[str | None]
    logo_sha256: Mapped[str | None]
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()
