"""Who owns what, and by which keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import (
    ROLES,
    Role,
    Scope,
)
from storage.catalogue.models.base import Base, created, updated
from storage.ids import new_id


class Organization(Base):
    """A province, city, county or school; a tree. Owns assets and keys."""

    __tablename__ = "organizations"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()
    closed_at: Mapped[datetime | None]
    """Since then its keys count no more and nothing new comes into it or those below; what it published plays on."""
    source_days: Mapped[int | None]
    """How many days after a version is ready its source goes; 0 keeps it, None does as the organization above."""
    review: Mapped[bool | None]
    """Whether somebody else looks at lessons before viewers do; None does as the organization above."""
    library: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its public catalogue is shown."""


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
    created_at: Mapped[datetime] = created()
    revoked_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    """Written every few minutes at most."""
    scopes: Mapped[list[Scope] | None]
    """What it may do of what its role allows; None is all."""
    partner_id: Mapped[str | None] = mapped_column(ForeignKey("partners.id", ondelete="CASCADE"), index=True)
    """The partner that the key is bound to: it issues tokens only for what is shared with that one."""
