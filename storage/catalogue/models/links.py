"""Links to other platforms, each its own Lessonstream, and what is shared with them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from configs.words import LICENCE_CODES, PLATFORM_LINK_STATES, LicenceCode, LinkFailure, PlatformLinkState
from storage.catalogue.models.base import Base, created, updated
from storage.ids import new_id


class PlatformLink(Base):
    """That an organization here exchanges lessons with another platform. Both platforms call it by the same ID.

    ``offered``: the first of the two codes was made here. ``peer_*`` is what the other platform's code told; without
    it the link waits for that code. An ended link has no ``private_key`` any more.
    """

    __tablename__ = "platform_links"
    __table_args__ = (
        CheckConstraint(f"state IN {PLATFORM_LINK_STATES}", name="state"),
        CheckConstraint("(peer_url IS NULL) = (peer_key IS NULL)", name="peer"),
        Index("ix_platform_links_organization_id_id", "organization_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    state: Mapped[PlatformLinkState] = mapped_column(default="waiting")
    offered: Mapped[bool]
    own_name: Mapped[str]
    """What this platform is called there."""
    public_key: Mapped[str]
    private_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed with SECRET_KEY."""
    name: Mapped[str] = mapped_column(default="")
    """What people here call the other platform."""
    peer_url: Mapped[str | None]
    peer_key: Mapped[str | None]
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()
    linked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    asks_only: Mapped[bool] = mapped_column(default=False, server_default="false")
    """The other platform asks us and cannot be asked, as one in a school's own network."""
    tried_at: Mapped[datetime | None]
    """When it was spoken to last, or tried to."""
    reached_at: Mapped[datetime | None]
    """When it last answered us."""
    heard_at: Mapped[datetime | None]
    """When it last asked us something."""
    clock_ahead: Mapped[float | None]
    """Seconds by which its clock is ahead of ours, as it was told last."""
    failure: Mapped[LinkFailure | None]
    """Why it could not be spoken to, since ``failing_since``."""
    failure_detail: Mapped[str] = mapped_column(default="")
    failing_since: Mapped[datetime | None]


class PlatformShare(Base):
    """Something that is shared with a linked platform: a lesson, a course with its lessons, or a set. Of a set all that
    is said has to be true: whose a lesson is, where it stands, how it is licensed."""

    __tablename__ = "platform_shares"
    __table_args__ = (
        UniqueConstraint(
            "link_id",
            "organization_id",
            "category_id",
            "licence",
            "asset_id",
            "collection_id",
            postgresql_nulls_not_distinct=True,
            name="uq_platform_shares_what",
        ),
        CheckConstraint(
            "num_nonnulls(asset_id, collection_id) <= 1 AND num_nonnulls(organization_id, category_id, licence, "
            "asset_id, collection_id) > 0 AND (num_nonnulls(asset_id, collection_id) = 0 OR "
            "num_nonnulls(organization_id, category_id, licence) = 0)",
            name="what",
        ),
        CheckConstraint(f"licence IN {LICENCE_CODES}", name="licence"),
        Index("ix_platform_shares_asset_id", "asset_id", postgresql_where=text("asset_id IS NOT NULL")),
        Index(
            "ix_platform_shares_collection_id",
            "collection_id",
            postgresql_where=text("collection_id IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    link_id: Mapped[str] = mapped_column(ForeignKey("platform_links.id", ondelete="CASCADE"), index=True)
    organization_id: Mapped[str | None] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    """With all below it."""
    category_id: Mapped[str | None] = mapped_column(ForeignKey("categories.id", ondelete="CASCADE"))
    """With all below it."""
    licence: Mapped[LicenceCode | None]
    asset_id: Mapped[str | None] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"))
    collection_id: Mapped[str | None] = mapped_column(ForeignKey("collections.id", ondelete="CASCADE"))
    with_source: Mapped[bool] = mapped_column(default=False)
    """Whether the file as it was uploaded may be copied, too."""
