"""The ground of all tables: Python types as PostgreSQL ones, and names for every constraint."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    DateTime,
    Dialect,
    Double,
    Integer,
    MetaData,
    Text,
    TypeDecorator,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from configs.words import (
    AssetKind,
    AuditAction,
    DeliveryState,
    EventType,
    FailureCode,
    FollowState,
    HarvestedState,
    HarvestFailure,
    HarvestState,
    Level,
    LicenceCode,
    LinkFailure,
    OfferDirection,
    OfferState,
    Origins,
    PersonRole,
    PlatformLinkState,
    PlayOutcome,
    Policy,
    RecordKind,
    RenditionKind,
    ReviewAction,
    ReviewState,
    Role,
    Scope,
    SessionKind,
    StartKind,
    StatementKind,
    StepKind,
    StepState,
    StudyEnd,
    StudyMode,
    SwitchReason,
    TotalsRefusal,
    TrackKind,
    TrackState,
    VersionState,
    Visibility,
)
from storage.catalogue.facts import VersionFacts, facts_from_json, facts_to_json

_WORDS: tuple[Any, ...] = (
    AssetKind,
    AuditAction,
    DeliveryState,
    EventType,
    FailureCode,
    FollowState,
    HarvestedState,
    HarvestFailure,
    HarvestState,
    Level,
    LicenceCode,
    LinkFailure,
    OfferDirection,
    OfferState,
    Origins,
    PersonRole,
    PlatformLinkState,
    PlayOutcome,
    Policy,
    RecordKind,
    RenditionKind,
    ReviewAction,
    ReviewState,
    Role,
    SessionKind,
    StartKind,
    StatementKind,
    StepKind,
    StepState,
    StudyEnd,
    StudyMode,
    SwitchReason,
    TotalsRefusal,
    TrackKind,
    TrackState,
    VersionState,
    Visibility,
)
"""Stored as they are; those of tables that constrain them are told to the server as well."""


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
        dict[str, int]: JSONB,
        list[int]: ARRAY(Integer),
        list[str]: ARRAY(Text),
        list[StepKind]: ARRAY(Text),
        list[Scope]: ARRAY(Text),
        **dict.fromkeys(_WORDS, Text),
        VersionFacts: _Facts,
    }


def created() -> Mapped[datetime]:
    return mapped_column(server_default=func.now())


def updated() -> Mapped[datetime]:
    return mapped_column(server_default=func.now(), onupdate=func.now())
