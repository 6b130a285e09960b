"""What was made of a version."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from configs.words import (
    RENDITION_KINDS,
    RenditionKind,
    TrackKind,
    TrackState,
)
from storage.catalogue.models.base import Base
from storage.ids import new_id
from storage.search_passages import FORMAT

PASSAGES_MISSING = f"state = 'shown' AND passages_format < {FORMAT}"
"""What is true of tracks whose passages the keeper has to write."""


class Rendition(Base):
    """An encoded quality of the picture, or the sound. Bit rates are bit/s, measured on the bytes when published."""

    __tablename__ = "renditions"
    __table_args__ = (
        UniqueConstraint("version_id", "name"),
        CheckConstraint(f"kind IN {RENDITION_KINDS}", name="kind"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"))
    kind: Mapped[RenditionKind]
    name: Mapped[str]
    position: Mapped[int] = mapped_column(Integer)
    """0 for the lowest video rung, rising with quality."""
    width: Mapped[int | None]
    height: Mapped[int | None]
    frame_rate: Mapped[float | None]
    channels: Mapped[int | None]
    language: Mapped[str | None]
    label: Mapped[str | None]
    """What the source calls the sound, to tell two of one language apart."""
    codecs: Mapped[str | None]
    """RFC 6381 string read from the initialization segment; known with the first chunk."""
    planned_bandwidth: Mapped[int]
    peak_bandwidth: Mapped[int | None]
    average_bandwidth: Mapped[int | None]
    published: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """False for what is added to a version that is ready, until all of it is there."""

    chunks: Mapped[list[Chunk]] = relationship(order_by="Chunk.number", viewonly=True, lazy="raise")
    """``renditions.renditions_of`` brings them, wherever they are kept."""


class Chunk(Base):
    """A time range of a rendition: one CMAF object whose segments are addressed by byte range.

    ``segments`` is a list of [duration in seconds, offset, length], offset and length in bytes of the object;
    the initialization segment is the object's first ``init_length`` bytes. There are rows as long as chunks may be
    added or replaced; then ``PackedChunks``.
    """

    __tablename__ = "chunks"

    rendition_id: Mapped[str] = mapped_column(
        ForeignKey("renditions.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    object_key: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    init_length: Mapped[int]
    init_sha256: Mapped[str]
    frames: Mapped[int]
    segments: Mapped[list[Any]]


class PackedChunks(Base):
    """All chunks of a published rendition of a version that is ready: in the place of their rows, which are the mass of
    a catalogue. ``chunks`` are as ``storage.packed_chunks`` has them; ``size``: bytes of their objects."""

    __tablename__ = "packed_chunks"

    rendition_id: Mapped[str] = mapped_column(
        ForeignKey("renditions.id", ondelete="CASCADE"), primary_key=True
    )
    size: Mapped[int] = mapped_column(BigInteger)
    chunks: Mapped[bytes]


class Image(Base):
    """A picture of a version: poster, storyboard sheet, thumbnail or preview. ``name`` is unique within the version."""

    __tablename__ = "images"

    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    object_key: Mapped[str]
    content_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """For a storyboard: columns, rows, tile width and height, seconds for each tile, number of tiles."""


class File(Base):
    """A whole file made of a version, to be downloaded. ``name`` is unique within the version.

    ``size`` and ``sha256`` are of what is stored: the file, or the recipe of one of ``joined_size`` bytes that is put
    together while it is sent (``storage/joined_files.py``).
    """

    __tablename__ = "files"

    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    object_key: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    joined_size: Mapped[int | None] = mapped_column(BigInteger)


class Track(Base):
    """Captions or chapters of a version, as WebVTT; one for each kind and language."""

    __tablename__ = "tracks"
    __table_args__ = (
        UniqueConstraint("version_id", "kind", "language"),
        Index("ix_tracks_passages_missing", "id", postgresql_where=text(PASSAGES_MISSING)),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"))
    kind: Mapped[TrackKind]
    language: Mapped[str]
    label: Mapped[str]
    object_key: Mapped[str]
    state: Mapped[TrackState] = mapped_column(default="shown", server_default="shown")
    source_key: Mapped[str | None]
    """The text as its author sent it; None where what is played is all of it."""
    automatic: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether a machine wrote what viewers read, and nobody has looked at it yet."""
    passages_format: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    """How its passages were made; 0 if they were not."""


class Passage(Base):
    """What is said for half a minute or a minute, or what a chapter is called. They go with their track, and only those
    of an asset's current version count.
    """

    __tablename__ = "passages"
    __table_args__ = (
        Index("ix_passages_asset_id_version_id", "asset_id", "version_id", "start_ms"),
        Index(
            "ix_passages_words",
            "words",
            postgresql_using="gin",
            # Else a search reads what waits to be entered, one by one.
            postgresql_with={"fastupdate": "off"},
        ),
    )

    track_id: Mapped[str] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[str]
    version_id: Mapped[str]
    kind: Mapped[TrackKind]
    language: Mapped[str]
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    times: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    """Start and end of each line of the text, in milliseconds."""
    text: Mapped[str]
    words: Mapped[str] = mapped_column(TSVECTOR, deferred=True)
