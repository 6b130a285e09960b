"""Collections: ordered, named lists of assets. Make, list, show, change, delete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Final

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from configs.words import AssetKind, VersionState
from media_service import audit, auth
from media_service.changes import transaction
from media_service.embed.snippet import Snippets, course_snippets
from media_service.management.documents import ExternalId, Name
from media_service.management.paging import PageQuery, cut, last_id
from media_service.openapi import operation
from media_service.playback.serving.links import course_address
from media_service.preconditions import IF_MATCH, require_match, tag_of
from media_service.problems import ApiError
from media_service.services import services
from media_service.strict_values import Changes
from storage.catalogue import collections, partners
from storage.catalogue.collections import MOST_ITEMS, CollectionFull, UnknownAsset
from storage.catalogue.models import Collection
from storage.ids import is_id

blueprint = Blueprint("collections", __name__, url_prefix="/v1/collections")

TAG: Final = "Collections"

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


class CollectionSummary(BaseModel):
    """A collection as lists show it: ``public_id`` is what the public sees instead of its ID, ``count`` the number
    of its assets. ``embed_url`` is the player page of the course, ``snippets`` what shows it on other pages,
    ``snippet`` the iframe among them."""

    id: str
    public_id: str
    organization_id: str
    title: str
    count: int
    created_at: datetime
    updated_at: datetime
    embed_url: str
    snippet: str
    snippets: Snippets


class CollectionDocument(CollectionSummary):
    """A collection with its assets in order. Assets that were deleted are left out."""

    items: list[CollectionItemDocument]


class CollectionPage(BaseModel):
    """Collections, newest first. ``next`` goes into ``after`` for the next page; null at the end."""

    collections: list[CollectionSummary]
    next: str | None


class CollectionQuery(PageQuery):
    """Which collections, and which page of them."""

    external_id: ExternalId | None = Field(
        None, description="Only those that hold an asset which your own systems call so."
    )


class NewCollection(BaseModel):
    """A collection of the caller's organization, with assets of it and of the organizations below."""

    model_config = ConfigDict(extra="forbid")

    title: Name
    asset_ids: AssetIds = []


class CollectionChanges(Changes):
    """What to change: the title, the assets (all of them, in order), or both."""

    title: Name = ""
    asset_ids: AssetIds = Field([])


class ItemQuery(BaseModel):
    """Where an asset shall stand."""

    model_config = ConfigDict(extra="forbid")

    position: int | None = Field(
        None,
        ge=0,
        le=MOST_ITEMS,
        description="Place, counted from 0; the end if left out, or where the asset stands already.",
    )


def _tag(shown: CollectionDocument) -> str:
    return tag_of(shown.title, [item.asset_id for item in shown.items])


def _reading_partner(session: Session) -> str | None:
    """The partner whose key this is, if it is one. Raises ``role_not_allowed`` and ``partner_disabled``."""
    caller = auth.caller()
    if caller.role != "partner":
        return None
    if caller.partner_id is None:
        raise ApiError("role_not_allowed", "A partner's key that is bound to no partner lists nothing.")
    if partners.find_terms(session, caller.partner_id) is None:
        raise ApiError("partner_disabled")
    return caller.partner_id


@blueprint.get("")
@auth.require(*auth.READERS, "partner", scope="read")
@operation(
    "List collections, newest first",
    tag=TAG,
    query=CollectionQuery,
    answer=CollectionPage,
    errors=("invalid_cursor", "partner_disabled"),
)
def list_(query: CollectionQuery) -> CollectionPage:
    """One page of the collections of the caller's organization and of those below it; with a partner's key, of those
    that are shared with that partner."""
    limit, after = query.limit + 1, last_id(query)
    with services().sessions() as session:
        partner_id = _reading_partner(session)
        if partner_id is not None:
            found = collections.list_shared_collections(session, partner_id, limit, after, query.external_id)
        else:
            found = collections.list_collections(session, auth.reach(), limit, after, query.external_id)
    page, following = cut(found, query.limit)
    return CollectionPage(
        collections=[CollectionSummary(**_summary(entry, entry.count)) for entry in page], next=following
    )


@blueprint.post("")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Make a collection",
    tag=TAG,
    body=NewCollection,
    answer=CollectionDocument,
    status=201,
    location=lambda made: f"/v1/collections/{made.id}",
    etag=_tag,
    errors=("collection_assets",),
)
def add(body: NewCollection) -> CollectionDocument:
    """An ordered list of assets, such as a course."""
    with transaction() as session, _checked(body.asset_ids):
        added = collections.create_collection(
            session, auth.caller().organization_id, body.title, body.asset_ids
        )
        session.refresh(added)
        audit.record(
            session,
            "collection.create",
            added.organization_id,
            added.id,
            title=added.title,
            asset_ids=body.asset_ids,
        )
        return _document(session, added)


@blueprint.get("/<collection_id>")
@auth.require(*auth.READERS, "partner", scope="read")
@operation(
    "Show a collection",
    tag=TAG,
    answer=CollectionDocument,
    errors=("collection_not_found", "partner_disabled"),
    etag=_tag,
)
def show(collection_id: str) -> CollectionDocument:
    """Its assets in order. With a partner's key, of a collection that is shared with that partner."""
    with services().sessions() as session:
        partner_id = _reading_partner(session)
        if partner_id is None:
            return _document(session, _collection(session, collection_id))
        shared = collections.find_shared_collection(session, collection_id, partner_id)
        if shared is None:
            raise ApiError("collection_not_found")
        return _document(session, shared)


@blueprint.patch("/<collection_id>")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Rename a collection or replace its assets",
    tag=TAG,
    body=CollectionChanges,
    answer=CollectionDocument,
    errors=("collection_not_found", "collection_assets", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
    etag=_tag,
)
def change(collection_id: str, body: CollectionChanges) -> CollectionDocument:
    """What is left out stays as it is. To add or remove one asset, there is a request that minds no others."""
    changes = body.given()
    with transaction() as session, _checked(changes.get("asset_ids", [])):
        found = _collection(session, collection_id, for_update=True)
        require_match(lambda: _tag(_document(session, found)))
        found.title = changes.get("title", found.title)
        if "asset_ids" in changes:
            collections.replace_items(session, found, changes["asset_ids"])
        session.flush()
        audit.record(session, "collection.change", found.organization_id, found.id, **changes)
        return _document(session, found)


@blueprint.delete("/<collection_id>")
@auth.require(*auth.WRITERS, scope="delete")
@operation(
    "Delete a collection",
    tag=TAG,
    status=204,
    errors=("collection_not_found", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
)
def delete(collection_id: str) -> None:
    """The list goes, its assets stay."""
    with transaction() as session:
        found = _collection(session, collection_id, for_update=True)
        require_match(lambda: _tag(_document(session, found)))
        audit.record(session, "collection.delete", found.organization_id, found.id, title=found.title)
        collections.delete_collection(session, found)


@blueprint.put("/<collection_id>/items/<asset_id>")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Put one asset into a collection",
    tag=TAG,
    query=ItemQuery,
    answer=CollectionDocument,
    errors=("collection_not_found", "asset_not_found", "collection_assets"),
    etag=_tag,
)
def put_item(query: ItemQuery, collection_id: str, asset_id: str) -> CollectionDocument:
    """Whatever others add at the same time stays."""
    with transaction() as session:
        found = _collection(session, collection_id, for_update=True)
        try:
            if not is_id(asset_id):
                raise UnknownAsset
            collections.put_item(session, found, asset_id, query.position)
        except UnknownAsset:
            told = "It has to be the collection's organization's, or of one below."
            raise ApiError("asset_not_found", told) from None
        except CollectionFull:
            raise ApiError("collection_assets", f"A collection holds {MOST_ITEMS} assets.") from None
        audit.record(
            session,
            "collection.change",
            found.organization_id,
            found.id,
            added=asset_id,
            position=query.position,
        )
        return _document(session, found)


@blueprint.delete("/<collection_id>/items/<asset_id>")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Take one asset out of a collection",
    tag=TAG,
    status=204,
    errors=("collection_not_found", "collection_item_not_found"),
)
def remove_item(collection_id: str, asset_id: str) -> None:
    """The asset itself stays, and whatever others change at the same time."""
    with transaction() as session:
        found = _collection(session, collection_id, for_update=True)
        if not is_id(asset_id) or not collections.remove_item(session, found, asset_id):
            raise ApiError("collection_item_not_found")
        audit.record(session, "collection.change", found.organization_id, found.id, removed=asset_id)


@contextmanager
def _checked(asset_ids: list[str]) -> Iterator[None]:
    """Turn what is wrong with a list of assets into ``collection_assets``."""
    seen: set[str] = set()
    for asset_id in asset_ids:
        if asset_id in seen:
            raise ApiError("collection_assets", f"Named twice: {asset_id!r}.")
        if not is_id(asset_id):
            raise ApiError("collection_assets", f"Unknown here: {asset_id!r}.")
        seen.add(asset_id)
    try:
        yield
    except UnknownAsset as error:
        raise ApiError("collection_assets", f"Unknown here: {str(error)!r}.") from None


def _collection(session: Session, collection_id: str, *, for_update: bool = False) -> Collection:
    found = (
        collections.find_collection(session, collection_id, auth.reach(), for_update=for_update)
        if is_id(collection_id)
        else None
    )
    if found is None:
        raise ApiError("collection_not_found")
    return found


def _document(session: Session, collection: Collection) -> CollectionDocument:
    items = [
        CollectionItemDocument.model_validate(item) for item in collections.items_of(session, collection.id)
    ]
    return CollectionDocument(**_summary(collection, len(items)), items=items)


def _summary(collection: Collection | collections.Summary, count: int) -> dict[str, Any]:
    public_url = services().settings.public_url
    shown = course_snippets(public_url, collection.public_id, title=collection.title)
    return {
        "id": collection.id,
        "public_id": collection.public_id,
        "organization_id": collection.organization_id,
        "title": collection.title,
        "count": count,
        "created_at": collection.created_at,
        "updated_at": collection.updated_at,
        "embed_url": course_address(public_url, collection.public_id),
        "snippet": shown.iframe,
        "snippets": shown,
    }
