"""Learning platforms that launch lessons by LTI 1.3, and the scores that they are told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.catalogue.models.base import Base, created, updated
from storage.ids import new_id


class LtiKey(Base):
    """A key pair of ours; the newest signs, the ones before are shown for as long as platforms may remember them."""

    __tablename__ = "lti_keys"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    public_key: Mapped[str]
    private_key: Mapped[bytes] = mapped_column(LargeBinary)
    """Sealed with SECRET_KEY."""
    created_at: Mapped[datetime] = created()


class LtiLink(Base):
    """A link by which one learning platform registers itself; only the SHA-256 of its secret is kept."""

    __tablename__ = "lti_links"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), index=True
    )
    sha256: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    platform_id: Mapped[str | None]
    """Who used it."""
    created_at: Mapped[datetime] = created()


class LtiPlatform(Base):
    """A learning platform as an organization knows it: one registration of this tool there (issuer and client ID)."""

    __tablename__ = "lti_platforms"
    __table_args__ = (
        UniqueConstraint("issuer", "client_id"),
        Index("ix_lti_platforms_organization_id_id", "organization_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    name: Mapped[str]
    issuer: Mapped[str]
    client_id: Mapped[str]
    authorization_url: Mapped[str]
    token_url: Mapped[str]
    keys_url: Mapped[str]
    token_audience: Mapped[str | None]
    """What its token server is called in assertions, where that is not its address."""
    deployment_ids: Mapped[list[str]] = mapped_column(default=list)
    """Those that count; while there is none, the first that launches becomes the one."""
    enabled: Mapped[bool] = mapped_column(default=True)
    collection_id: Mapped[str | None]
    """Where lessons are studied that it launches outside of a course that is studied."""
    launched_at: Mapped[datetime | None]
    spared_until: Mapped[datetime | None]
    """Until then it is told no scores: it asked for that, or is away."""
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()


class LtiScore(Base):
    """A line item of a platform that is told how far one learner has come: of a lesson or of all of a course. What is
    told stands in the study records; here is where it goes, and how far that is. Whoever carries it holds a lease and
    a fence, as of deliveries of webhooks."""

    __tablename__ = "lti_scores"
    __table_args__ = (
        UniqueConstraint("platform_id", "line_item", "learner"),
        Index("ix_lti_scores_learner", "learner", "studied_in"),
        Index("ix_lti_scores_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_lti_scores_failing", "platform_id", postgresql_where=text("failure IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    platform_id: Mapped[str] = mapped_column(ForeignKey("lti_platforms.id", ondelete="CASCADE"))
    line_item: Mapped[str]
    learner: Mapped[str]
    user_id: Mapped[str]
    """What the platform calls the learner."""
    course_id: Mapped[str]
    """The collection whose lessons are asked for."""
    studied_in: Mapped[str]
    """The collection in which it is counted: the course, or the platform's own."""
    asset_id: Mapped[str | None]
    sent_permille: Mapped[int | None]
    sent_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    """When it is looked at again; None: nothing has changed since."""
    attempts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None]
    """What the last attempt met, if it failed."""
    failing_since: Mapped[datetime | None]
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
