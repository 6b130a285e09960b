"""Collections: ordered, named lists of assets, with what is said of them. Make, list, show, change, delete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from flask import Blueprint
from sqlalchemy.orm import Session

from media_service import audit, auth
from media_service.changes import transaction
from media_service.management.collection_documents import (
    CollectionChanges,
    CollectionDocument,
    CollectionPage,
    CollectionQuery,
    ItemQuery,
    NewCollection,
    describe_collection,
    summarize_collection,
)
from media_service.management.paging import cut, last_id
from media_service.openapi import operation
from media_service.preconditions import IF_MATCH, require_match, tag_of
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import categories, collection_items, collections, partners
from storage.catalogue.cataloguing import CategoryNotFound, SharedWithUnknown
from storage.catalogue.collection_items import MOST_ITEMS, CollectionFull, UnknownAsset
from storage.catalogue.collections import CollectionFilter
from storage.catalogue.models import Collection
from storage.ids import is_id
from storage.search_words import search_query

blueprint = Blueprint("collections", __name__, url_prefix="/v1/collections")

TAG: Final = "Collections"

_EDITED: Final = [name for name in CollectionChanges.model_fields if name != "asset_ids"]


def _tag(shown: CollectionDocument) -> str:
    said = (getattr(shown, name) for name in _EDITED)
    return tag_of(*said, [item.asset_id for item in shown.items])


def _require_partner(session: Session) -> bool:
    """Whether it is a partner's key that asks. Raises ``role_not_allowed`` and ``partner_disabled``."""
    caller = auth.caller()
    if caller.role != "partner":
        return False
    if caller.partner_id is None:
        raise ApiError("role_not_allowed", "A partner's key that is bound to no partner lists nothing.")
    if partners.find_terms(session, caller.partner_id) is None:
        raise ApiError("partner_disabled")
    return True


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
    """One page of the collections of the caller's organization and of those below it, as far as the caller may see
    them; with a partner's key, of those that are shared with that partner."""
    limit, after, viewer = query.limit + 1, last_id(query), auth.viewer()
    with services().sessions() as session:
        wanted = CollectionFilter(
            external_id=query.external_id,
            search=(search_query(query.q) or "") if query.q.strip() else None,
            languages=query.language,
            category_ids=categories.with_those_below(session, query.category) if query.category else (),
            levels=query.level,
            visibilities=query.visibility,
            seen_by=auth.limited_viewer(),
        )
        if _require_partner(session):
            found = collections.list_shared_collections(session, viewer, limit, after, wanted)
        else:
            found = collections.list_collections(session, auth.reach(), limit, after, wanted, viewer=viewer)
        page, following = cut(found, query.limit)
        url = services().settings.public_url
        return CollectionPage(
            collections=[summarize_collection(each.collection, each.count, url) for each in page],
            next=following,
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
    errors=("collection_assets", "category_not_found", "shared_with_unknown"),
)
def add(body: NewCollection) -> CollectionDocument:
    """An ordered list of assets, such as a course."""
    said = body.given()
    title, asset_ids = said.pop("title"), said.pop("asset_ids", [])
    with transaction() as session, _checked(asset_ids):
        added = collections.create_collection(
            session,
            auth.reach(),
            title,
            asset_ids,
            owner_id=auth.caller().person_id,
            viewer=auth.viewer(),
            values=said,
        )
        audit.record(
            session,
            "collection.create",
            added.organization_id,
            added.id,
            title=title,
            asset_ids=asset_ids,
            **said,
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
    """What is said of it, and its assets in order. With a partner's key, of a collection that is shared with that
    partner."""
    with services().sessions() as session:
        _require_partner(session)
        return _document(session, auth.collection(session, collection_id))


@blueprint.patch("/<collection_id>")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Change a collection",
    tag=TAG,
    body=CollectionChanges,
    answer=CollectionDocument,
    errors=(
        "collection_not_found",
        "collection_assets",
        "category_not_found",
        "shared_with_unknown",
        "changed_meanwhile",
    ),
    request_headers=(IF_MATCH,),
    etag=_tag,
)
def change(collection_id: str, body: CollectionChanges) -> CollectionDocument:
    """What is left out stays as it is. To add or remove one asset, there is a request that minds no others."""
    changes = body.given()
    with transaction() as session, _checked(changes.get("asset_ids", [])):
        found = auth.collection(session, collection_id, for_update=True)
        require_match(lambda: _tag(_document(session, found)))
        collections.change(session, found, _without_assets(changes))
        if "asset_ids" in changes:
            collection_items.replace_items(session, found, changes["asset_ids"], auth.reach(), auth.viewer())
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
        found = auth.collection(session, collection_id, for_update=True)
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
        found = auth.collection(session, collection_id, for_update=True)
        try:
            if not is_id(asset_id):
                raise UnknownAsset
            collection_items.put_item(
                session, found, asset_id, query.position, reach=auth.reach(), viewer=auth.viewer()
            )
        except UnknownAsset:
            raise ApiError("asset_not_found", "It has to be one that you may see.") from None
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
        found = auth.collection(session, collection_id, for_update=True)
        if not is_id(asset_id) or not collection_items.remove_item(session, found, asset_id):
            raise ApiError("collection_item_not_found")
        audit.record(session, "collection.change", found.organization_id, found.id, removed=asset_id)


@contextmanager
def _checked(asset_ids: list[str]) -> Iterator[None]:
    """Turn what is wrong with a list of assets, or with what is said, into errors."""
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
    except (CategoryNotFound, SharedWithUnknown) as refused:
        raise ApiError(refused.code, f"Unknown here: {str(refused)!r}.") from None


def _without_assets(changes: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in changes.items() if name != "asset_ids"}


def _document(session: Session, collection: Collection) -> CollectionDocument:
    items = collection_items.items_for(session, auth.viewer(), collection.id)
    return describe_collection(collection, items, services().settings.public_url)
