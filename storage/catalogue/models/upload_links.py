"""Links by which people without an account send lessons."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.catalogue.models.base import Base, created, updated
from storage.ids import new_id


class UploadLink(Base):
    """A right to send lessons to an organization, between two moments and within limits. Only the SHA-256 of its secret
    is kept; sizes in bytes, durations in seconds."""

    __tablename__ = "upload_links"
    __table_args__ = (
        CheckConstraint("closes_at > opens_at", name="times"),
        Index("ix_upload_links_organization_id_id", "organization_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(unique=True)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    """The person who made it, and to whom the lessons belong that come in."""
    name: Mapped[str]
    language: Mapped[str | None]
    """That its page speaks; None for that of the browser."""
    max_bytes: Mapped[int | None] = mapped_column(BigInteger)
    max_seconds: Mapped[int | None]
    max_entries: Mapped[int | None]
    kinds: Mapped[list[str]] = mapped_column(default=list)
    """Empty: all."""
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    grace_seconds: Mapped[int] = mapped_column(default=0)
    """How long after closing entries come in as late ones."""
    fields: Mapped[list[Any]] = mapped_column(default=list)
    """What is asked for: {name, label, required} each."""
    licence: Mapped[str] = mapped_column(default="")
    """What has to be agreed to; empty if nothing."""
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()


class LinkEntry(Base):
    """What somebody sends by an upload link. It has a number from the moment that a file of it has arrived; another one
    that is still to come stands in for it then, until the link is closed. Only the SHA-256 of its token is kept."""

    __tablename__ = "link_entries"
    __table_args__ = (UniqueConstraint("link_id", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    link_id: Mapped[str] = mapped_column(ForeignKey("upload_links.id"))
    digest: Mapped[str] = mapped_column(unique=True)
    number: Mapped[int | None]
    asset_id: Mapped[str | None] = mapped_column(ForeignKey("assets.id", ondelete="SET NULL"), unique=True)
    """Of the file that has arrived."""
    pending_asset_id: Mapped[str | None] = mapped_column(
        ForeignKey("assets.id", ondelete="SET NULL"), unique=True
    )
    """Of the file that is to come."""
    file_name: Mapped[str] = mapped_column(default="")
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    received_at: Mapped[datetime | None]
    is_late: Mapped[bool] = mapped_column(default=False)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """To the fields of the link, by name."""
    licence_at: Mapped[datetime | None]
    """When its licence was agreed to."""
    taken_down_at: Mapped[datetime | None]
    """From then on it is known by its number and its hash alone."""
    taken_down_by: Mapped[str] = mapped_column(default="", server_default="")
    """The name of the administrator, or of the API key."""
    taken_down_reason: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[datetime] = created()
