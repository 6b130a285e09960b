"""Record stores of organizations, and statements on their way there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import StatementKind
from storage.catalogue.models.base import Base, created, updated


class RecordStore(Base):
    """The learning record store (xAPI) of an organization and of all below it that have none of their own. Whoever
    brings it statements holds a lease and a fence, one at a time: they come in order."""

    __tablename__ = "record_stores"

    organization_id: Mapped[str] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    url: Mapped[str]
    username: Mapped[str]
    password: Mapped[bytes] = mapped_column(LargeBinary)
    """Sealed with SECRET_KEY."""
    enabled: Mapped[bool] = mapped_column(default=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = created()
    failing_since: Mapped[datetime | None]
    failure: Mapped[str | None]
    sent: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    """How many statements it has got, ever."""
    sent_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()


class Statement(Base):
    """A statement for one store, as it is sent; ``subject`` is what it can be made of once alone."""

    __tablename__ = "statements"
    __table_args__ = (
        UniqueConstraint("subject", "kind"),
        Index(
            "ix_statements_waiting",
            "organization_id",
            "number",
            postgresql_where=text("sent_at IS NULL AND refusal IS NULL"),
        ),
        Index("ix_statements_refused", "organization_id", postgresql_where=text("refusal IS NOT NULL")),
    )

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    organization_id: Mapped[str] = mapped_column(
        ForeignKey("record_stores.organization_id", ondelete="CASCADE")
    )
    subject: Mapped[str]
    kind: Mapped[StatementKind]
    session_id: Mapped[str]
    statement: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = created()
    sent_at: Mapped[datetime | None]
    refusal: Mapped[str | None]
    """Why the store will not have it, whenever it is sent."""
