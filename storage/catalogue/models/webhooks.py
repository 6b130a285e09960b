"""Who is told of events, by which secrets, and how far that is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import DeliveryState, OutboundFailure, WebhookSigning
from storage.catalogue.models.base import Base, created, updated
from storage.ids import new_id


class WebhookEndpoint(Base):
    """An address of somebody's that is told of the events of an organization and of all below it.

    Deliveries are a view of the events: those up to (``told_transaction_id``, ``told_number``) have theirs. What
    happens while an endpoint is disabled is told once it is not.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (Index("ix_webhook_endpoints_organization_id_id", "organization_id", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    url: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    event_types: Mapped[list[str]] = mapped_column(default=list)
    """Empty: all."""
    enabled: Mapped[bool] = mapped_column(default=True)
    gone_at: Mapped[datetime | None]
    """When it answered 410 and was disabled for it."""
    failing_since: Mapped[datetime | None]
    """Since when every attempt has failed."""
    warned_hours: Mapped[int] = mapped_column(default=0)
    """Of how many hours of failing somebody was warned."""
    paused_until: Mapped[datetime | None]
    """It asked to be spared until then."""
    told_transaction_id: Mapped[int] = mapped_column(
        BigInteger, server_default=text("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    )
    told_number: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()


class WebhookSecret(Base):
    """What an endpoint's events are signed with; after a rotation the ones before as well, until they expire."""

    __tablename__ = "webhook_secrets"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    endpoint_id: Mapped[str] = mapped_column(
        ForeignKey("webhook_endpoints.id", ondelete="CASCADE"), index=True
    )
    signing: Mapped[WebhookSigning]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The secret or the private key, sealed with SECRET_KEY."""
    public_key: Mapped[str | None]
    created_at: Mapped[datetime] = created()
    expires_at: Mapped[datetime | None]


class WebhookDelivery(Base):
    """One event on its way to one endpoint; whoever carries it holds a lease and a fence, as of steps. It goes with the
    event."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index(
            "ix_webhook_deliveries_pending",
            "endpoint_id",
            "next_at",
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_webhook_deliveries_listed", "endpoint_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    event_id: Mapped[str] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    state: Mapped[DeliveryState] = mapped_column(default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(server_default=func.now())
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = created()
    delivered_at: Mapped[datetime | None]


class WebhookAttempt(Base):
    """One try, and what came of it: a status, or why there was none."""

    __tablename__ = "webhook_attempts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime] = created()
    milliseconds: Mapped[int]
    status: Mapped[int | None]
    failure: Mapped[OutboundFailure | None]
    answer: Mapped[str] = mapped_column(default="")
    """How its body begins."""
