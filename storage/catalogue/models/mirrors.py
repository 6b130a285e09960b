"""What is followed of other platforms: subscriptions, the lessons that they brought, and how far each is copied."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import (
    FOLLOW_COURSE_STATES,
    FOLLOW_MODES,
    FOLLOW_STATES,
    FollowCourseState,
    FollowMode,
    FollowState,
    LinkFailure,
    Visibility,
)
from storage.catalogue.models.base import Base, created, updated
from storage.ids import new_id


class Subscription(Base):
    """That lessons and courses which the other platform of a link shares are here, too, and stay as they are there:
    copied, or played from there; or, unless ``everything``, those lessons alone of which an offer was accepted."""

    __tablename__ = "platform_subscriptions"
    __table_args__ = (CheckConstraint(f"mode IN {FOLLOW_MODES}", name="mode"),)

    link_id: Mapped[str] = mapped_column(
        ForeignKey("platform_links.id", ondelete="CASCADE"), primary_key=True
    )
    visibility: Mapped[Visibility]
    """Who sees what is followed."""
    mode: Mapped[FollowMode] = mapped_column(default="mirror", server_default="mirror")
    keep_copies: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether what was copied before stays copied once ``mode`` is reference."""
    only: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What is followed (``storage.exchange.parts.Part``); None: everything."""
    most_bytes: Mapped[int | None] = mapped_column(BigInteger)
    """How much may be stored for it."""
    pace: Mapped[float | None]
    """Bytes a second that came lately, to tell how long the rest takes."""
    with_source: Mapped[bool] = mapped_column(default=False)
    """Whether the files as they were uploaded are copied, too, where that is allowed."""
    bytes_per_second: Mapped[int | None] = mapped_column(BigInteger)
    window_from: Mapped[int | None]
    window_until: Mapped[int | None]
    """Minutes since midnight between which is copied; None: at any time."""
    everything: Mapped[bool] = mapped_column(default=True)
    cursor: Mapped[str] = mapped_column(default="")
    """How far the other platform's changes were read."""
    read_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    """Since when copies do not play, for nobody could ask whether they were withdrawn (``unchecked``)."""
    created_at: Mapped[datetime] = created()


class FollowedLesson(Base):
    """A lesson of another platform, which calls it ``origin_id``. ``asset_id`` is what it became here; ``stations`` are
    the platforms through which it came, and ``metadata`` what was told of it, whatever became of that here. ``mode`` is
    what it is here, None until it is anything.

    Of the versions there ``origin_version_id`` is the one that plays, ``copied_version_id`` the one that plays here;
    ``version_id`` is the version here into which is copied, while it is. Whoever copies holds a lease.
    """

    __tablename__ = "followed_lessons"
    __table_args__ = (
        UniqueConstraint("link_id", "origin_id"),
        CheckConstraint(f"state IN {FOLLOW_STATES}", name="state"),
        CheckConstraint(f"mode IN {FOLLOW_MODES}", name="mode"),
        Index("ix_followed_lessons_asset_id", "asset_id", unique=True),
        Index("ix_followed_lessons_first", "first_url", "first_id"),
        Index("ix_followed_lessons_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    link_id: Mapped[str] = mapped_column(ForeignKey("platform_links.id", ondelete="CASCADE"))
    origin_id: Mapped[str]
    state: Mapped[FollowState] = mapped_column(default="waiting")
    mode: Mapped[FollowMode | None]
    asset_id: Mapped[str | None] = mapped_column(ForeignKey("assets.id", ondelete="SET NULL"))
    version_id: Mapped[str | None] = mapped_column(ForeignKey("versions.id", ondelete="SET NULL"))
    origin_version_id: Mapped[str | None]
    copied_version_id: Mapped[str | None]
    first_url: Mapped[str | None]
    first_id: Mapped[str | None]
    """Where it came from first, and what it is called there: the same lesson by two ways is copied once."""
    stations: Mapped[list[Any]] = mapped_column(default=list)
    told: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    placed: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Where it goes here because an offer of it was accepted (``storage.catalogue.offers.Place``); None of all else."""
    bytes_total: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_done: Mapped[int] = mapped_column(BigInteger, default=0)
    due_at: Mapped[datetime | None]
    """From when on there is something to do for it."""
    asked_at: Mapped[datetime | None]
    """When somebody wanted to play it before it was here."""
    attempts: Mapped[int] = mapped_column(default=0)
    """That brought nothing, one after another."""
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    failure: Mapped[LinkFailure | None]
    failure_detail: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()


class FollowedCourse(Base):
    """A course of another platform, which calls it ``origin_id``; ``lesson_ids`` are its lessons in order, as they are
    called there, and ``collection_id`` is what it became here."""

    __tablename__ = "followed_courses"
    __table_args__ = (
        UniqueConstraint("link_id", "origin_id"),
        CheckConstraint(f"state IN {FOLLOW_COURSE_STATES}", name="state"),
        Index("ix_followed_courses_collection_id", "collection_id", unique=True),
        Index("ix_followed_courses_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    link_id: Mapped[str] = mapped_column(ForeignKey("platform_links.id", ondelete="CASCADE"))
    origin_id: Mapped[str]
    state: Mapped[FollowCourseState] = mapped_column(default="waiting")
    collection_id: Mapped[str | None] = mapped_column(ForeignKey("collections.id", ondelete="SET NULL"))
    title: Mapped[str] = mapped_column(default="")
    lesson_ids: Mapped[list[Any]] = mapped_column(default=list)
    due_at: Mapped[datetime | None]
    """From when on there is something to do for it."""
    attempts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[LinkFailure | None]
    failure_detail: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()


class MirroredObject(Base):
    """An object of a version that is being copied: whole, or as far as its parts are stored. Rows go once the version
    is ready, whose own rows then name the objects."""

    __tablename__ = "mirrored_objects"

    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    object_key: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    is_whole: Mapped[bool]
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    multipart_id: Mapped[str | None]
    parts: Mapped[list[Any]] = mapped_column(default=list)
    """[[number, etag, size]]"""
    sha256_state: Mapped[bytes | None] = mapped_column(LargeBinary)
