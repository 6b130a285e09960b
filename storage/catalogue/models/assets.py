"""Course resources, and what they are made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    and_,
    case,
    event,
    func,
    inspect,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from configs.words import (
    LEVELS,
    OUTPUT_REJECTED,
    REVIEW_STATES,
    VERSION_STATES,
    VISIBILITIES,
    AssetKind,
    FailureCode,
    ReviewState,
    VersionState,
    Visibility,
)
from storage.catalogue.facts import FORMAT, VersionFacts
from storage.catalogue.models.base import Base, created, updated
from storage.catalogue.models.catalogued import Catalogued
from storage.catalogue.models.people import Person
from storage.catalogue.models.playback import PlaybackId
from storage.catalogue.pictures import POSTER
from storage.ids import new_id
from storage.search_words import OF_FORMAT, search_vector

FACTS_MISSING = f"plan IS NOT NULL AND coalesce((facts ->> 'format')::integer, 0) < {FORMAT}"
"""What is true of versions that were planned and have no facts, or only those of an older format. Its index is empty at
most times; a migration that raises the format makes it anew."""

AWAITED = "awaited"
"""What is true of versions that become their asset's current one as soon as they are ready."""

LEAVING = "removed_at IS NULL AND (retired_at IS NOT NULL OR discarded_at IS NOT NULL)"
"""What is true of versions whose objects are going to be removed."""

LISTED = "deleted_at IS NULL AND current_version_id IS NOT NULL"
"""What is true of assets that lists show."""

FACETS = (
    "asset_facets(language, subject, tags, has_captions, category_ids, level, licence ->> 'code', "
    "effective_visibility, review_state)"
)
"""What lists are narrowed by, as words; the function is in migration 0051."""

WORDS_MISSING = f"search_words IS NULL OR NOT search_words @@ '''{OF_FORMAT}'''::tsquery"
"""What is true of assets whose words the keeper has to write: there are none, or an older release made them
in another way, which find and are found until then."""

_OF_EVERYBODY = {
    "ix_assets_everybody": ["id"],
    "ix_assets_everybody_state": ["state", "id"],
    "ix_assets_everybody_kind": ["kind", "id"],
    "ix_assets_everybody_title": ["title", "id"],
    "ix_assets_everybody_clicks": ["clicks", "id"],
}
"""For those who may see nearly all of them (``storage.catalogue.pages``)."""


class Asset(Catalogued, Base):
    """One course resource. It points to its current version; that pointer moves in one step."""

    __tablename__ = "assets"
    __table_args__ = (
        Index("ix_assets_listed", "organization_id", "id", postgresql_where=text(LISTED)),
        Index(
            "ix_assets_listed_state",
            "organization_id",
            "state",
            "id",
            postgresql_where=text(LISTED),
        ),
        Index(
            "ix_assets_listed_kind",
            "organization_id",
            "kind",
            "id",
            postgresql_where=text(LISTED),
        ),
        Index(
            "ix_assets_listed_title",
            "organization_id",
            "title",
            "id",
            postgresql_where=text(LISTED),
        ),
        Index(
            "ix_assets_listed_clicks",
            "organization_id",
            "clicks",
            "id",
            postgresql_where=text(LISTED),
        ),
        *(
            Index(name, *columns, postgresql_include=["organization_id"], postgresql_where=text(LISTED))
            for name, columns in _OF_EVERYBODY.items()
        ),
        Index(
            "ix_assets_listed_owner",
            "organization_id",
            "owner_id",
            "id",
            postgresql_where=text(f"{LISTED} AND owner_id IS NOT NULL"),
        ),
        Index(
            "ix_assets_old_views",
            "organization_id",
            "old_views",
            postgresql_where=text("old_views IS NOT NULL"),
        ),
        Index(
            "ix_assets_search",
            "search_words",
            text(FACETS),
            postgresql_using="gin",
            # Else a search reads what waits to be entered, one by one.
            postgresql_with={"fastupdate": "off"},
            postgresql_where=text(LISTED),
        ),
        Index("ix_assets_search_words_missing", "id", postgresql_where=text(WORDS_MISSING)),
        Index("ix_assets_withdraw_at", "withdraw_at", postgresql_where=text("withdraw_at IS NOT NULL")),
        CheckConstraint(f"level IN {LEVELS}", name="level"),
        CheckConstraint(f"visibility IN {VISIBILITIES}", name="visibility"),
        CheckConstraint(f"effective_visibility IN {VISIBILITIES}", name="effective_visibility"),
        CheckConstraint(f"review_state IN {REVIEW_STATES}", name="review_state"),
        Index("ix_assets_deleted", "id", postgresql_where=text("deleted_at IS NOT NULL")),
        Index("ix_assets_trash", "organization_id", "id", postgresql_where=text("deleted_at IS NOT NULL")),
        Index(
            "ix_assets_external_id_organization_id",
            "external_id",
            "organization_id",
            unique=True,
            postgresql_where=text("deleted_at IS NULL AND external_id IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    """The person who brought it; None where it was an API key or the command line."""
    title: Mapped[str]
    external_id: Mapped[str | None]
    """What the organization's own systems call it; unique among its assets that are not deleted."""
    old_views: Mapped[int | None] = mapped_column(BigInteger)
    """Clicks that another platform had counted: a figure of its own."""
    withdraw_told: Mapped[datetime | None]
    """The ``withdraw_at`` of which the reminder was sent."""
    effective_visibility: Mapped[Visibility] = mapped_column(
        default="organization", server_default="organization"
    )
    """What counts: where nobody has said anything (``visibility``), public if it has a public playback ID, as a trigger
    on these sees to (migration 0050), else the organization."""
    review_state: Mapped[ReviewState] = mapped_column(default="published", server_default="published")
    current_version_id: Mapped[str | None] = mapped_column(
        ForeignKey("versions.id", use_alter=True, name="fk_assets_current_version_id"), index=True
    )
    state: Mapped[VersionState] = mapped_column(server_default="uploading", default="uploading")
    """Of the current version, for lists; like ``kind`` it is kept by triggers (migration 0024)."""
    kind: Mapped[AssetKind | None]
    has_captions: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Of the current version, kept by triggers (migration 0042)."""
    duration: Mapped[float | None]
    """Of the current version in seconds, kept by triggers (migration 0056)."""
    search_words: Mapped[str | None] = mapped_column(TSVECTOR, deferred=True)
    """Of title, tags and description, written with each change of them (``_write_search_words``). A trigger empties
    what somebody changed by other ways, and the keeper writes it."""
    clicks: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Views that were counted and those that were imported, for lists: the former written by the keeper
    (``view_days``), the latter added by a trigger (migration 0056)."""
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()
    deleted_at: Mapped[datetime | None]
    """Since then nobody meets it."""
    purge_at: Mapped[datetime | None]
    """Until then a deleted one may come back; None of others, and of what is removed at once."""

    playback_ids: Mapped[list[PlaybackId]] = relationship(order_by="PlaybackId.created_at", viewonly=True)
    owner: Mapped[Person | None] = relationship(viewonly=True)


@event.listens_for(Asset, "before_insert")
@event.listens_for(Asset, "before_update")
def _write_search_words(_mapper: Mapper[Asset], _connection: Connection, asset: Asset) -> None:
    known = inspect(asset)
    if not known.has_identity or any(
        known.attrs[name].history.has_changes() for name in ("title", "tags", "description")
    ):
        # A new one has not got its defaults yet.
        asset.search_words = search_vector(asset.title, asset.tags or (), asset.description or "")


class Version(Base):
    """One source of an asset and all that is made from it.

    ``media_info`` and ``plan`` are what the inspect step found and decided: the workers' own, as ``workers.plan``
    writes them. ``facts`` are what everybody may know of both. ``failure_code`` is stable; people read the message that
    the service has for it.
    """

    __tablename__ = "versions"
    __table_args__ = (
        CheckConstraint(f"state IN {VERSION_STATES}", name="state"),
        Index(
            "ix_versions_unfinished",
            "created_at",
            postgresql_where=text("state IN ('queued', 'processing', 'playable')"),
        ),
        Index(
            "ix_versions_source_sha256", "source_sha256", postgresql_where=text("source_sha256 IS NOT NULL")
        ),
        Index("ix_versions_failed", "failure_code", postgresql_where=text("state = 'failed'")),
        Index("ix_versions_facts_missing", "id", postgresql_where=text(FACTS_MISSING)),
        Index("ix_versions_awaited", "id", postgresql_where=text(AWAITED)),
        Index("ix_versions_leaving", "id", postgresql_where=text(LEAVING)),
        Index(
            "ix_versions_origin_link_id",
            "origin_link_id",
            postgresql_where=text("origin_link_id IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), index=True)
    state: Mapped[VersionState] = mapped_column(default="uploading")
    kind: Mapped[AssetKind | None]
    """Known once inspected."""
    file_name: Mapped[str]
    """What the author's file was called: shown to people, never used as a path."""
    source_key: Mapped[str | None]
    source_size: Mapped[int | None] = mapped_column(BigInteger)
    source_sha256: Mapped[str | None]
    background: Mapped[int] = mapped_column(default=0xFFFFFF, server_default=text("16777215"))
    """What the author wants behind transparent pixels, as 0xRRGGBB."""
    stand_in_key: Mapped[str | None] = mapped_column("drawn_key")
    """What later steps read instead of a source that FFmpeg cannot read: the drawing of a Lottie animation, the video
    that a Flash movie wraps. The column keeps its first name, by which workers of the release before know it."""
    media_info: Mapped[dict[str, Any] | None]
    plan: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    """Read only where it is asked for: that of a long lesson has some hundred kilobytes."""
    facts: Mapped[VersionFacts | None]
    """None until there is a plan, and of what another release wrote until the keeper has written it anew."""
    failure_code: Mapped[FailureCode | None]
    failure_detail: Mapped[str | None]
    failure_words: Mapped[dict[str, Any] | None]
    """What belongs into that message, by the names of its places."""
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime | None]
    """When something changed that people notice, kept by a trigger; None of one that has not changed since then."""
    queued_at: Mapped[datetime | None]
    playable_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    progress: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    """The largest share of its work that was done so far (0 to 1): it never falls, though work may be done again."""
    unplanned_weight: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    """Expected weight of steps that are to be added when more is known."""
    tracks_revision: Mapped[int] = mapped_column(server_default="0", default=0)
    """Rises with every change of its tracks, so that what was made from them is made anew."""
    follows: Mapped[dict[str, Any] | None]
    """How the version that was current before lies to this one (``storage.catalogue.follows``)."""
    poster_name: Mapped[str | None]
    """Which image its author chose to stand for it; None for the one that was found by itself."""
    poster_wish: Mapped[str | None]
    """The image that was asked for last, and its step: it becomes ``poster_name`` once it is made."""
    awaited: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """It becomes the current one as soon as it is ready."""
    note: Mapped[str] = mapped_column(default="", server_default="")
    """Why it was brought, in the words of who did."""
    bringer_key_id: Mapped[str | None]
    bringer_person_id: Mapped[str | None]
    bringer: Mapped[str] = mapped_column(default="", server_default="")
    """Label of the API key or name of the person that brought it, copied as their IDs are; empty of first versions, of
    which the audit log tells."""
    activated_at: Mapped[datetime | None]
    """When it became the current one last; None of first versions, which were from the beginning."""
    retired_at: Mapped[datetime | None]
    """Since when it is not the current one any more, or never will be: another one came first."""
    discarded_at: Mapped[datetime | None]
    """Somebody wants it gone."""
    source_dropped_at: Mapped[datetime | None]
    """Since when the file that was uploaded is not kept any more, by its organization's wish."""
    removed_at: Mapped[datetime | None]
    """Since then nothing that was made of it is kept, nor its source unless another version needs that."""
    origin_link_id: Mapped[str | None] = mapped_column(ForeignKey("platform_links.id", ondelete="SET NULL"))
    """The link by which it is played from its origin, if nothing of it but its poster is here."""
    origin_playback_id: Mapped[str | None]
    """What plays it there; None of all that plays from here."""

    @property
    def poster(self) -> str:
        """Name of the image that stands for it."""
        return self.poster_name or POSTER

    @hybrid_property
    def changed_at(self) -> datetime:
        """When something changed that people notice."""
        return self.updated_at or self.ready_at or self.playable_at or self.queued_at or self.created_at

    @changed_at.inplace.expression
    @classmethod
    def _changed_at(cls) -> ColumnElement[datetime]:
        return func.coalesce(cls.updated_at, cls.ready_at, cls.playable_at, cls.queued_at, cls.created_at)

    @hybrid_property
    def shown_state(self) -> VersionState:
        """What viewers meet. What was published before a version failed was checked and plays on, as far as it goes;
        unless the version failed because it was found wrong."""
        plays_on = self.playable_at is not None and self.failure_code != OUTPUT_REJECTED
        return "playable" if self.state == "failed" and plays_on else self.state

    @shown_state.inplace.expression
    @classmethod
    def _shown_state(cls) -> ColumnElement[VersionState]:
        plays_on = and_(cls.playable_at.is_not(None), cls.failure_code.is_distinct_from(OUTPUT_REJECTED))
        return case((and_(cls.state == "failed", plays_on), "playable"), else_=cls.state)
