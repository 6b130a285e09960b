"""What requests leave behind: who changed what, and answers kept for those who ask again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import (
    AuditAction,
    Role,
)
from storage.catalogue.models.base import Base


class AuditEntry(Base):
    """Who changed what, when and from where: written in the transaction of the change.

    ``organization_id`` owns what was changed. Key and person are copied, for they may be gone when somebody reads
    this; without either it was the command line.
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
    person_id: Mapped[str | None]
    person_name: Mapped[str | None]
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
