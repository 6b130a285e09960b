"""Who may play: what the public sees of an asset, partners, and keys that sign tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    LargeBinary,
    UniqueConstraint,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import (
    ORIGINS,
    POLICIES,
    Origins,
    Policy,
)
from storage.catalogue.models.base import Base, created, updated
from storage.ids import new_id, new_public_id


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
    created_at: Mapped[datetime] = created()
    origins: Mapped[Origins] = mapped_column(default="any", server_default="any")
    """Whose pages may show a public one: any, or only those of partners with whom the asset is shared."""


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
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()


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
    created_at: Mapped[datetime] = created()
    retired_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
