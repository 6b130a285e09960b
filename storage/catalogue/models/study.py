"""What was studied: what courses ask, sessions, and what they add up to. Nothing here refers to other tables: what
somebody studied outlives lessons and courses. Times that players told are milliseconds of media or of their clocks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import StudyEnd, StudyMode
from storage.catalogue.models.base import Base, created


class StudyCourse(Base):
    """That a collection is studied, and how (``storage.learning.study_terms``). What is None is left to the rule."""

    __tablename__ = "study_courses"

    collection_id: Mapped[str] = mapped_column(primary_key=True)
    mode: Mapped[StudyMode]
    speed_limit: Mapped[float | None]
    presence_seconds: Mapped[int | None]
    threshold: Mapped[float | None]
    """Which part of a lesson completes it."""
    required_seconds: Mapped[int | None]
    """What completes the course; None: all of its lessons."""
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class StoredStudySession(Base):
    """A session of one learner (``storage.learning.study``) as far as it has come. ``learner`` is the pseudonym that
    the organization ``portal_id`` gave them in tokens."""

    __tablename__ = "study_sessions"
    __table_args__ = (
        Index("ix_study_sessions_learner", "portal_id", "learner", "collection_id", "asset_id"),
        Index(
            "ix_study_sessions_open",
            "portal_id",
            "learner",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_study_sessions_asset_id", "asset_id", "opened_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    portal_id: Mapped[str]
    learner: Mapped[str]
    collection_id: Mapped[str]
    asset_id: Mapped[str]
    version_id: Mapped[str]
    play_id: Mapped[str]
    nonce: Mapped[str]
    mode: Mapped[StudyMode]
    speed_limit: Mapped[float]
    presence_ms: Mapped[int | None]
    duration: Mapped[int | None]
    clock: Mapped[int] = mapped_column(BigInteger)
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[StudyEnd | None]
    heard_at: Mapped[datetime | None]
    state: Mapped[dict[str, Any]]
    """What only the next beats need: chain, numbers, clocks, what waits."""
    furthest: Mapped[int]
    forged: Mapped[bool]
    believed: Mapped[list[int]]
    """Ranges of media time, flat: start, end, start, end …"""
    played_ms: Mapped[int] = mapped_column(BigInteger)
    refused: Mapped[dict[str, int]]


class StudyRecord(Base):
    """What a learner's sessions of one version of a lesson add up to, in one course; written anew as a whole."""

    __tablename__ = "study_records"
    __table_args__ = (
        Index(
            "ix_study_records_completed",
            "asset_id",
            "completed_at",
            postgresql_where=text("completed_at IS NOT NULL"),
        ),
    )

    collection_id: Mapped[str] = mapped_column(primary_key=True)
    portal_id: Mapped[str] = mapped_column(primary_key=True)
    learner: Mapped[str] = mapped_column(primary_key=True)
    asset_id: Mapped[str] = mapped_column(primary_key=True)
    version_id: Mapped[str] = mapped_column(primary_key=True)
    duration: Mapped[int | None]
    believed: Mapped[list[int]]
    believed_ms: Mapped[int] = mapped_column(BigInteger)
    played_ms: Mapped[int] = mapped_column(BigInteger)
    sessions: Mapped[int]
    refused: Mapped[dict[str, int]]
    completed_at: Mapped[datetime | None]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    created_at: Mapped[datetime] = created()
