"""Courses, and the lessons that stand in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    case,
    event,
    false,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, Mapper, column_property, mapped_column

from configs.words import LEVELS, VISIBILITIES, ReviewState
from storage.catalogue.models.assets import WORDS_MISSING, Asset
from storage.catalogue.models.base import Base, created, updated
from storage.catalogue.models.catalogued import Catalogued
from storage.catalogue.publication import published
from storage.ids import new_id, new_public_id
from storage.search_words import search_vector

COURSE_WORDS_MISSING: Final = WORDS_MISSING
"""As of assets: courses whose words the keeper has to write."""


class CollectionItem(Base):
    """That an asset stands in a collection, once; ``position`` counts from 0."""

    __tablename__ = "collection_items"

    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True
    )
    asset_id: Mapped[str] = mapped_column(
        ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]
    is_foreign: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the asset is of another organization than the collection's or those below. Who is given the collection
    gets nothing of it by that."""


class Collection(Catalogued, Base):
    """An ordered, named list of assets: a course. The public sees ``public_id`` instead of its ID."""

    __tablename__ = "collections"
    __table_args__ = (
        Index("ix_collections_organization_id_id", "organization_id", "id"),
        Index("ix_collections_search", "search_words", postgresql_using="gin"),
        Index("ix_collections_search_words_missing", "id", postgresql_where=text(COURSE_WORDS_MISSING)),
        CheckConstraint(f"level IN {LEVELS}", name="level"),
        CheckConstraint(f"visibility IN {VISIBILITIES}", name="visibility"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    public_id: Mapped[str] = mapped_column(unique=True, default=new_public_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    """The person who made it; None where it was an API key or the command line."""
    title: Mapped[str]
    picture_sha256: Mapped[str | None]
    """Of the picture that somebody sent to stand for it (``CollectionPicture``); None if nobody has."""
    poster_asset_id: Mapped[str | None] = mapped_column(
        ForeignKey("assets.id", ondelete="SET NULL"), index=True
    )
    """The lesson whose poster stands for it, if no picture does; None: the first one's that a viewer may see."""
    items_revision: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Rises with every change of its lessons or of their order, so that events tell of it."""
    search_words: Mapped[str | None] = mapped_column(TSVECTOR, deferred=True)
    """Of title, tags and description, kept as those of assets are."""
    created_at: Mapped[datetime] = created()
    updated_at: Mapped[datetime] = updated()

    review_state: ClassVar[ReviewState] = "published"
    """Lessons are reviewed, courses are not."""
    effective_visibility: ClassVar[Any]
    """What counts: where nobody has said anything, public as soon as one of its lessons is, else its organization; so
    what was on a page for everybody before there were such words stays there."""


class CollectionPicture(Base):
    """A picture that somebody sent to stand for a collection, as it is shown: of some hundred kilobytes. It goes with
    its collection, and into every backup, as all rows do."""

    __tablename__ = "collection_pictures"

    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True
    )
    content_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    sha256: Mapped[str]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


def _effective_visibility() -> ColumnElement[Any]:
    is_open = (
        select(literal(1))
        .select_from(CollectionItem)
        .join(Asset, Asset.id == CollectionItem.asset_id)
        .where(
            CollectionItem.collection_id == Collection.id,
            Asset.deleted_at.is_(None),
            Asset.effective_visibility == "public",
            published(Asset),
        )
        # Whatever statement it stands in, this is about its own rows.
        .correlate(Collection)
        .exists()
    )
    return case(
        (Collection.visibility.is_not(None), Collection.visibility),
        (is_open, "public"),
        else_="organization",
    )


Collection.effective_visibility = column_property(_effective_visibility())


@event.listens_for(Collection, "before_insert")
@event.listens_for(Collection, "before_update")
def _write_course_words(_mapper: Mapper[Collection], _connection: Connection, collection: Collection) -> None:
    known = inspect(collection)
    if not known.has_identity or any(
        known.attrs[name].history.has_changes() for name in ("title", "tags", "description")
    ):
        # A new one has not got its defaults yet.
        collection.search_words = search_vector(
            collection.title, collection.tags or (), collection.description or ""
        )
