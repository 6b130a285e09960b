"""Transfers that are under way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    FetchedValue,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.catalogue.models.base import Base, created
from storage.ids import new_id


class Upload(Base):
    """A resumable transfer (tus 1.0) into an S3 multipart upload.

    ``received`` counts the durable bytes: whole parts plus the *tail* of ``tail_size`` bytes, too few for a part
    (``storage.upload_tail``). ``sha256_state`` is the hash of those bytes, resumable by any process.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        Index("ix_uploads_unfinished", "created_at", postgresql_where=text("finished_at IS NULL")),
        Index("ix_uploads_organization_id_id", "organization_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    version_id: Mapped[str | None] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), unique=True)
    """None of a partial upload, which brings a part of a file until another upload joins it to the rest."""
    asset_id: Mapped[str | None] = mapped_column(server_default=FetchedValue())
    """Of the version; a trigger writes it, so that events know it when both are gone (migration 0030)."""
    length: Mapped[int | None] = mapped_column(BigInteger)
    """None until the client tells it, if it did not at the beginning."""
    part_size: Mapped[int | None] = mapped_column(BigInteger)
    """Of each part but the last, where that does not follow from the length: it was not known at the beginning."""
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    tail_size: Mapped[int] = mapped_column(BigInteger, default=0)
    parts: Mapped[list[Any]] = mapped_column(default=list)
    """[number, etag, size] of each stored part."""
    multipart_id: Mapped[str | None]
    sha256_state: Mapped[bytes | None] = mapped_column(LargeBinary)
    expected_sha256: Mapped[str | None]
    api_key_id: Mapped[str | None]
    """The key that began it; keys that may do nothing but upload see no others."""
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    """The person who began it."""
    metadata_: Mapped[str] = mapped_column("metadata", default="")
    """Upload-Metadata as the client sent it."""
    relative_path: Mapped[str | None]
    """Where the file lay in the folder that was chosen: shown to people, never used as a path."""
    head_tail_sha256: Mapped[str | None]
    """Of the file's first and last MiB, as the client says: by it the file is recognized elsewhere."""
    concat: Mapped[str | None]
    """Upload-Concat as the client sent it: ``partial``, or ``final`` with the addresses of those to be joined."""
    partial_ids: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """Of a final upload: the partial ones that it joins, in their order."""
    is_joined: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Of a partial upload: a final one has been begun that joins it, and counts against quotas instead."""
    declared_seconds: Mapped[float | None]
    """How long the lesson is, as the client says: it counts against quotas until somebody has looked."""
    last_byte_at: Mapped[datetime | None]
    """When the newest bytes became durable."""
    lock_owner: Mapped[str | None]
    lock_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = created()
    expires_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]


class UploadPiece(Base):
    """A small piece of an unfinished upload's tail. ``start`` is the offset of its first byte."""

    __tablename__ = "upload_pieces"

    upload_id: Mapped[str] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
