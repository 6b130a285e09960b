"""Tables of the catalogue. The words are those of docs/architecture.md; times are UTC, durations seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
    case,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from configs.words import (
    ORIGINS,
    OUTPUT_REJECTED,
    POLICIES,
    RENDITION_KINDS,
    ROLES,
    STEP_STATES,
    VERSION_STATES,
    AssetKind,
    AuditAction,
    FailureCode,
    Origins,
    Policy,
    RenditionKind,
    Role,
    Scope,
    StepKind,
    StepState,
    TrackKind,
    VersionState,
)
from storage.catalogue.facts import FORMAT, VersionFacts, facts_from_json, facts_to_json
from storage.ids import new_id, new_public_id

_WORDS: tuple[Any, ...] = (
    AssetKind,
    AuditAction,
    FailureCode,
    Origins,
    Policy,
    RenditionKind,
    Role,
    StepKind,
    StepState,
    TrackKind,
    VersionState,
)
"""Stored as they are; those of tables that constrain them are told to the server as well."""

FACTS_MISSING = f"plan IS NOT NULL AND coalesce((facts ->> 'format')::integer, 0) < {FORMAT}"
"""What is true of versions that were planned and have no facts, or only those of an older format. Its index is empty at
most times; a migration that raises the format makes it anew."""


LISTED = "deleted_at IS NULL AND current_version_id IS NOT NULL"
"""What is true of assets that lists show."""


class _Facts(TypeDecorator[VersionFacts]):
    """Facts as JSON. What cannot be read is as if it were not there."""

    impl = JSONB(none_as_null=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: VersionFacts | None,
        dialect: Dialect,  # noqa: ARG002  (SQLAlchemy's own signature)
    ) -> dict[str, Any] | None:
        """Return what is stored."""
        return None if value is None else facts_to_json(value)

    def process_result_value(
        self,
        value: dict[str, Any] | None,
        dialect: Dialect,  # noqa: ARG002  (SQLAlchemy's own signature)
    ) -> VersionFacts | None:
        """Return what is read."""
        return None if value is None else facts_from_json(value)


class Base(DeclarativeBase):
    """Maps Python types to PostgreSQL ones and names every constraint, so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy reads a plain class attribute)
        str: Text,
        float: Double,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[str]: ARRAY(Text),
        list[StepKind]: ARRAY(Text),
        list[Scope]: ARRAY(Text),
        **dict.fromkeys(_WORDS, Text),
        VersionFacts: _Facts,
    }


def _created() -> Mapped[datetime]:
    return mapped_column(server_default=func.now())


def _updated() -> Mapped[datetime]:
    return mapped_column(server_default=func.now(), onupdate=func.now())


class Organization(Base):
    """A province, city, county or school; a tree. Owns assets and keys."""

    __tablename__ = "organizations"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = _created()
    updated_at: Mapped[datetime] = _updated()
    closed_at: Mapped[datetime | None]
    """Since then its keys count no more and nothing new comes into it or those below; what it published plays on."""


class ApiKey(Base):
    """A credential of an organization. Only the SHA-256 of the key is kept; ``prefix`` lets people tell keys apart."""

    __tablename__ = "api_keys"
    __table_args__ = (
        CheckConstraint(f"role IN {ROLES}", name="role"),
        CheckConstraint("partner_id IS NULL OR role = 'partner'", name="partner"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"), index=True)
    role: Mapped[Role]
    label: Mapped[str]
    prefix: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = _created()
    revoked_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    """Written every few minutes at most."""
    scopes: Mapped[list[Scope] | None]
    """What it may do of what its role allows; None is all."""
    partner_id: Mapped[str | None] = mapped_column(ForeignKey("partners.id", ondelete="CASCADE"), index=True)
    """The partner that the key is bound to: it issues tokens only for what is shared with that one."""


class Asset(Base):
    """One course resource. It points to its current version; that pointer moves in one step."""

    __tablename__ = "assets"
    __table_args__ = (
        Index("ix_assets_listed", "organization_id", "id", postgresql_where=text(LISTED)),
        Index(
            "ix_assets_listed_state",
            "organization_id",
            "state",
            "id",
            postgresql_where=text(LISTED),
        ),
        Index(
            "ix_assets_listed_kind",
            "organization_id",
            "kind",
            "id",
            postgresql_where=text(LISTED),
        ),
        Index(
            "ix_assets_listed_title",
            "organization_id",
            "title",
            "id",
            postgresql_where=text(LISTED),
        ),
        Index("ix_assets_deleted", "id", postgresql_where=text("deleted_at IS NOT NULL")),
        Index(
            "ix_assets_external_id_organization_id",
            "external_id",
            "organization_id",
            unique=True,
            postgresql_where=text("deleted_at IS NULL AND external_id IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    title: Mapped[str]
    external_id: Mapped[str | None]
    """What the organization's own systems call it; unique among its assets that are not deleted."""
    current_version_id: Mapped[str | None] = mapped_column(
        ForeignKey("versions.id", use_alter=True, name="fk_assets_current_version_id"), index=True
    )
    state: Mapped[VersionState] = mapped_column(server_default="uploading", default="uploading")
    """Of the current version, for lists; like ``kind`` it is kept by triggers (migration 0024)."""
    kind: Mapped[AssetKind | None]
    created_at: Mapped[datetime] = _created()
    updated_at: Mapped[datetime] = _updated()
    deleted_at: Mapped[datetime | None]

    playback_ids: Mapped[list[PlaybackId]] = relationship(order_by="PlaybackId.created_at", viewonly=True)


class Version(Base):
    """One source of an asset and all that is made from it.

    ``media_info`` and ``plan`` are what the inspect step found and decided: the workers' own, as ``workers.plan``
    writes them. ``facts`` are what everybody may know of both. ``failure_code`` is stable; people read the message that
    the service has for it.
    """

    __tablename__ = "versions"
    __table_args__ = (
        CheckConstraint(f"state IN {VERSION_STATES}", name="state"),
        Index(
            "ix_versions_unfinished",
            "created_at",
            postgresql_where=text("state IN ('queued', 'processing', 'playable')"),
        ),
        Index("ix_versions_failed", "failure_code", postgresql_where=text("state = 'failed'")),
        Index("ix_versions_facts_missing", "id", postgresql_where=text(FACTS_MISSING)),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), index=True)
    state: Mapped[VersionState] = mapped_column(default="uploading")
    kind: Mapped[AssetKind | None]
    """Known once inspected."""
    file_name: Mapped[str]
    """What the author's file was called: shown to people, never used as a path."""
    source_key: Mapped[str | None]
    source_size: Mapped[int | None] = mapped_column(BigInteger)
    source_sha256: Mapped[str | None]
    background: Mapped[int] = mapped_column(default=0xFFFFFF, server_default=text("16777215"))
    """What the author wants behind transparent pixels, as 0xRRGGBB."""
    stand_in_key: Mapped[str | None] = mapped_column("drawn_key")
    """What later steps read instead of a source that FFmpeg cannot read: the drawing of a Lottie animation, the video
    that a Flash movie wraps. The column keeps its first name, by which workers of the release before know it."""
    media_info: Mapped[dict[str, Any] | None]
    plan: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    """Read only where it is asked for: that of a long lesson has some hundred kilobytes."""
    facts: Mapped[VersionFacts | None]
    """None until there is a plan, and of what another release wrote until the keeper has written it anew."""
    failure_code: Mapped[FailureCode | None]
    failure_detail: Mapped[str | None]
    failure_words: Mapped[dict[str, Any] | None]
    """What belongs into that message, by the names of its places."""
    created_at: Mapped[datetime] = _created()
    updated_at: Mapped[datetime | None]
    """When something changed that people notice, kept by a trigger; None of one that has not changed since then."""
    queued_at: Mapped[datetime | None]
    playable_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    progress: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    """The largest share of its work that was done so far (0 to 1): it never falls, though work may be done again."""
    unplanned_weight: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    """Expected weight of steps that are to be added when more is known."""
    tracks_revision: Mapped[int] = mapped_column(server_default="0", default=0)
    """Rises with every change of its tracks, so that what was made from them is made anew."""

    @property
    def changed_at(self) -> datetime:
        """When something changed that people notice."""
        return self.updated_at or self.ready_at or self.playable_at or self.queued_at or self.created_at

    @hybrid_property
    def shown_state(self) -> VersionState:
        """What viewers meet. What was published before a version failed was checked and plays on, as far as it goes;
        unless the version failed because it was found wrong."""
        plays_on = self.playable_at is not None and self.failure_code != OUTPUT_REJECTED
        return "playable" if self.state == "failed" and plays_on else self.state

    @shown_state.inplace.expression
    @classmethod
    def _shown_state(cls) -> ColumnElement[VersionState]:
        plays_on = and_(cls.playable_at.is_not(None), cls.failure_code.is_distinct_from(OUTPUT_REJECTED))
        return case((and_(cls.state == "failed", plays_on), "playable"), else_=cls.state)


class Upload(Base):
    """A resumable transfer (tus 1.0) into an S3 multipart upload.

    ``received`` counts the durable bytes: whole parts plus the *tail* of ``tail_size`` bytes, too few for a part
    (``storage.upload_tail``). ``sha256_state`` is the hash of those bytes, resumable by any process.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        Index("ix_uploads_unfinished", "created_at", postgresql_where=text("finished_at IS NULL")),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"), index=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), unique=True)
    length: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    tail_size: Mapped[int] = mapped_column(BigInteger, default=0)
    parts: Mapped[list[Any]] = mapped_column(default=list)
    """[number, etag, size] of each stored part."""
    multipart_id: Mapped[str | None]
    sha256_state: Mapped[bytes | None] = mapped_column(LargeBinary)
    expected_sha256: Mapped[str | None]
    api_key_id: Mapped[str | None]
    """The key that began it; keys that may do nothing but upload see no others."""
    metadata_: Mapped[str] = mapped_column("metadata", default="")
    """Upload-Metadata as the client sent it."""
    lock_owner: Mapped[str | None]
    lock_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = _created()
    expires_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]


class UploadPiece(Base):
    """A small piece of an unfinished upload's tail. ``start`` is the offset of its first byte."""

    __tablename__ = "upload_pieces"

    upload_id: Mapped[str] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Step(Base):
    """A unit of durable work on a version: the truth of what is done, of which RQ is only the carrier.

    ``waiting`` steps become ``queued`` when every step of the kinds in ``after`` is done; a worker takes a
    queued step by a lease, and each lease raises ``fence``: only the holder of the highest fence may publish.
    """

    __tablename__ = "steps"
    __table_args__ = (
        UniqueConstraint("version_id", "name"),
        CheckConstraint(f"state IN {STEP_STATES}", name="state"),
        Index("ix_steps_leased", "lease_until", postgresql_where=text("state = 'leased'")),
        Index("ix_steps_queued", "queued_at", postgresql_where=text("state = 'queued'")),
        Index("ix_steps_done", "kind", "finished_at", postgresql_where=text("state = 'done'")),
        Index(
            "ix_steps_queued_version",
            "version_id",
            "position",
            "kind",
            postgresql_where=text("state = 'queued'"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    """Order of creation: steps that become free together are queued in it."""
    kind: Mapped[StepKind]
    """A newer release may have written one that this one does not know."""
    name: Mapped[str]
    """Unique within the version: creating a step twice is creating it once."""
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[list[StepKind]] = mapped_column(default=list)
    weight: Mapped[float] = mapped_column(default=1.0)
    """Expected CPU seconds, for progress and ETA."""
    optional: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """The version does without it: no part of its progress, and no failure of it if it fails."""
    state: Mapped[StepState] = mapped_column(default="waiting")
    progress: Mapped[float] = mapped_column(default=0.0)
    attempts: Mapped[int] = mapped_column(default=0)
    """How many failed by the step's own fault."""
    interruptions: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often its worker, or the tool it ran, was killed."""
    postponed: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often it was put off for want of a server or of the machine."""
    fence: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    queued_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Turn(Base):
    """When a lane last served an organization: the one that waits longest is next."""

    __tablename__ = "turns"

    lane: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    taken_at: Mapped[datetime]


TURNS_TAKEN = Sequence("turns_taken", metadata=Base.metadata)
"""Numbers the steps that workers of several lanes take, so that every lane has its turn."""


class OutboxEntry(Base):
    """A wake-up for RQ, written in the transaction that made the work and sent afterwards, at least once."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_unsent", "not_before", postgresql_where=text("sent_at IS NULL")),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    step_id: Mapped[str] = mapped_column(ForeignKey("steps.id", ondelete="CASCADE"), index=True)
    not_before: Mapped[datetime] = mapped_column(server_default=func.now())
    created_at: Mapped[datetime] = _created()
    sent_at: Mapped[datetime | None]


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

    chunks: Mapped[list[Chunk]] = relationship(order_by="Chunk.number", viewonly=True)


class Chunk(Base):
    """A time range of a rendition: one CMAF object whose segments are addressed by byte range.

    ``segments`` is a list of [duration in seconds, offset, length], offset and length in bytes of the object;
    the initialization segment is the object's first ``init_length`` bytes.
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
    """A whole file made of a version, to be downloaded. ``name`` is unique within the version."""

    __tablename__ = "files"

    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    object_key: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]


class Track(Base):
    """Captions or chapters of a version, as WebVTT; one for each kind and language."""

    __tablename__ = "tracks"
    __table_args__ = (UniqueConstraint("version_id", "kind", "language"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"))
    kind: Mapped[TrackKind]
    language: Mapped[str]
    label: Mapped[str]
    object_key: Mapped[str]


class PlaybackId(Base):
    """What the public sees instead of the asset ID. Anyone may play a public one; a signed one wants a token."""

    __tablename__ = "playback_ids"
    __table_args__ = (
        CheckConstraint(f"policy IN {POLICIES}", name="policy"),
        CheckConstraint(f"origins IN {ORIGINS}", name="origins"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_public_id)
    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), index=True)
    policy: Mapped[Policy]
    created_at: Mapped[datetime] = _created()
    origins: Mapped[Origins] = mapped_column(default="any", server_default="any")
    """Whose pages may show a public one: any, or only those of partners with whom the asset is shared."""


class Collection(Base):
    """An ordered, named list of assets, such as a course. The public sees ``public_id`` instead of its ID."""

    __tablename__ = "collections"
    __table_args__ = (Index("ix_collections_organization_id_id", "organization_id", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    public_id: Mapped[str] = mapped_column(unique=True, default=new_public_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    title: Mapped[str]
    created_at: Mapped[datetime] = _created()
    updated_at: Mapped[datetime] = _updated()


class CollectionItem(Base):
    """That an asset stands in a collection, once; ``position`` counts from 0."""

    __tablename__ = "collection_items"

    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True
    )
    asset_id: Mapped[str] = mapped_column(
        ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]


class Partner(Base):
    """A site that may embed what an organization shares with it.

    ``origins`` are as ``media_service.playback.access.origins`` writes them. Requests and bytes are what its viewers
    together may ask for; ``downloads`` is whether they may save whole files.
    """

    __tablename__ = "partners"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"), index=True)
    name: Mapped[str]
    origins: Mapped[list[str]]
    enabled: Mapped[bool] = mapped_column(default=True)
    downloads: Mapped[bool] = mapped_column(default=True, server_default=true())
    requests_per_second: Mapped[int] = mapped_column(BigInteger)
    bytes_per_second: Mapped[int] = mapped_column(BigInteger)
    bytes_per_day: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = _created()
    updated_at: Mapped[datetime] = _updated()


class PartnerCollection(Base):
    """That a collection is shared with a partner."""

    __tablename__ = "partner_collections"

    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.id", ondelete="CASCADE"), primary_key=True)
    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class SigningKey(Base):
    """A key pair that signs playback tokens. The algorithm belongs to the key, never to the token.

    The newest key that is not retired signs; retired ones still verify; revoked ones do neither.
    ``private_key`` is encrypted with the service's SECRET_KEY. An organization's key has none: it signs by itself.
    """

    __tablename__ = "signing_keys"
    __table_args__ = (UniqueConstraint("organization_id", "public_key"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    label: Mapped[str] = mapped_column(default="", server_default="")
    algorithm: Mapped[str]
    public_key: Mapped[str]
    private_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = _created()
    retired_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class KeeperTask(Base):
    """Who carries a task of the keeper (``configs.keeping``), and when a round of it was last finished.

    ``late_at`` is when that will be too long ago; ``cursor`` is what the last round left for the next one.
    """

    __tablename__ = "keeper_tasks"

    task: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str | None]
    fence: Mapped[int] = mapped_column(BigInteger, default=1, server_default="1")
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    late_at: Mapped[datetime]
    cursor: Mapped[str] = mapped_column(default="", server_default="")
    error: Mapped[str] = mapped_column(default="", server_default="")


class Backup(Base):
    """A copy of catalogue and bucket: under way until ``finished_at`` is set or ``held_until`` has passed."""

    __tablename__ = "backups"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    started_at: Mapped[datetime] = _created()
    held_until: Mapped[datetime]
    """Until then no object is removed."""
    finished_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Who changed what, when and from where: written in the transaction of the change.

    ``organization_id`` owns what was changed. The key is copied, for it may be gone when somebody reads this; without
    one it was the command line.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_organization_id_id", "organization_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    action: Mapped[AuditAction]
    target_id: Mapped[str] = mapped_column(index=True)
    details: Mapped[dict[str, Any]]
    key_id: Mapped[str | None]
    key_label: Mapped[str]
    role: Mapped[Role | None]
    address: Mapped[str]
    request_id: Mapped[str]
    trace_id: Mapped[str | None]


class KeptAnswer(Base):
    """The answer to a POST with an ``Idempotency-Key``, written in the transaction of what the request did.

    ``digest`` is of the caller's key and that header, ``fingerprint`` of the request. The body is sealed with the
    service's SECRET_KEY, for it may hold a secret.
    """

    __tablename__ = "kept_answers"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    headers: Mapped[list[Any]]
    """[name, value] of each."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(index=True)
