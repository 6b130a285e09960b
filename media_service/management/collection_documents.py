"""What the API says of a collection, and what it takes: the pydantic models, and rows turned into them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from configs.words import AssetKind, VersionState
from media_service.cataloguing.catalogued import (
    CataloguedChanges,
    CataloguedDetails,
    CataloguedSummary,
    details_of,
    summary_of,
)
from media_service.cataloguing.values import ExternalId, Name
from media_service.embed.snippet import Snippets, course_snippets
from media_service.management.filters import Categories, Languages, Levels, Visibilities
from media_service.management.paging import PageQuery
from media_service.playback.serving.links import course_address, course_poster_address
from storage.catalogue.collection_items import MOST_ITEMS, Items
from storage.catalogue.models import Collection
from storage.search_words import LONGEST_QUERY

AssetIds = Annotated[
    list[Annotated[str, Field(max_length=64)]],
    Field(max_length=MOST_ITEMS, description="Assets in order, each once; at most 1,000."),
]


class CollectionItemDocument(BaseModel):
    """An asset of a collection; ``duration`` in seconds, once known."""

    model_config = ConfigDict(from_attributes=True)

    asset_id: str
    title: str
    state: VersionState
    kind: AssetKind | None
    duration: float | None


class CollectionSummary(CataloguedSummary):
    """A collection as lists show it: ``public_id`` is what the public sees instead of its ID, ``count`` the number
    of its assets that the caller sees. ``embed_url`` is the player page of the course, ``snippets`` what shows it on
    other pages, ``snippet`` the iframe among them. ``poster_url`` is null where there is no lesson yet and no picture;
    it wants a token of one of the lessons where the collection is not open to everybody.

    Viewers meet it from ``published_at`` (null: from the beginning) until ``withdraw_at`` (null: for ever), as far as
    ``effective_visibility`` lets them."""

    id: str
    public_id: str
    organization_id: str
    title: str
    count: int
    created_at: datetime
    updated_at: datetime
    poster_url: str | None
    embed_url: str
    snippet: str
    snippets: Snippets


class CollectionDocument(CollectionSummary, CataloguedDetails):
    """A collection with its assets in order. Assets that were deleted are left out, and so are those that the caller
    may not see: there are ``unseen`` of them, which keep their places.

    ``visibility`` is what was said, null where its lessons decide: public as soon as one of them is, else its
    organization. A collection opens no lesson: each has a visibility of its own."""

    items: list[CollectionItemDocument]
    unseen: int


class CollectionPage(BaseModel):
    """Collections, newest first. ``next`` goes into ``after`` for the next page; null at the end."""

    collections: list[CollectionSummary]
    next: str | None


class CollectionQuery(PageQuery):
    """Which collections, and which page of them."""

    external_id: ExternalId | None = Field(
        None, description="Only those that hold an asset which your own systems call so."
    )
    q: str = Field(
        "",
        max_length=LONGEST_QUERY,
        description="Only those with these words in title, tags or description, as in `GET /v1/assets`.",
    )
    language: Languages = Field([])
    category: Categories = Field([])
    level: Levels = Field([])
    visibility: Visibilities = Field([])


class CollectionChanges(CataloguedChanges):
    """What to change: the title, what is said of it, the assets (all of them, in order)."""

    title: Name = ""
    asset_ids: AssetIds = Field([])


class NewCollection(CollectionChanges):
    """A collection of the caller's organization, with assets of it, of the organizations below, and of others that the
    caller may see."""

    title: Name


class ItemQuery(BaseModel):
    """Where an asset shall stand."""

    model_config = ConfigDict(extra="forbid")

    position: int | None = Field(
        None,
        ge=0,
        le=MOST_ITEMS,
        description="Place among those that you see, counted from 0; the end if left out, or where the asset stands "
        "already.",
    )


def describe_collection(collection: Collection, items: Items, public_url: str) -> CollectionDocument:
    """All of a collection as its viewer sees it."""
    return CollectionDocument(
        **_summary(collection, len(items.seen), public_url),
        **details_of(collection),
        items=_items(items),
        unseen=items.unseen,
    )


def summarize_collection(collection: Collection, count: int, public_url: str) -> CollectionSummary:
    """One line of a list; ``count`` is how many of its lessons its viewer sees."""
    return CollectionSummary(**_summary(collection, count, public_url))


def _items(items: Items) -> list[CollectionItemDocument]:
    return [CollectionItemDocument.model_validate(item) for item in items.seen]


def _summary(collection: Collection, count: int, public_url: str) -> dict[str, Any]:
    shown = course_snippets(public_url, collection.public_id, title=collection.title)
    return {
        **summary_of(collection),
        "id": collection.id,
        "public_id": collection.public_id,
        "organization_id": collection.organization_id,
        "title": collection.title,
        "count": count,
        "created_at": collection.created_at,
        "updated_at": collection.updated_at,
        "poster_url": course_poster_address(public_url, collection.public_id, collection.picture_sha256)
        if count or collection.picture_sha256
        else None,
        "embed_url": course_address(public_url, collection.public_id),
        "snippet": shown.iframe,
        "snippets": shown,
    }
