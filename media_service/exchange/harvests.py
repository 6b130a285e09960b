"""``/v1/harvest-sources``: foreign repositories whose records become references here."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint
from sqlalchemy import func
from sqlalchemy.orm import Session

from media_service import audit, auth
from media_service.changes import transaction
from media_service.exchange.harvest_documents import (
    HarvestedRecordPage,
    HarvestSourceChanges,
    HarvestSourceDocument,
    HarvestSourcePage,
    HarvestWish,
    NewHarvestSource,
    describe,
    describe_record,
)
from media_service.management.paging import PageQuery, cut, last_id
from media_service.openapi import operation
from media_service.outbound_urls import checked_url
from media_service.preconditions import IF_MATCH, require_match, tag_of
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import categories, harvests
from storage.catalogue.categories import CategoryUnknown
from storage.catalogue.models import HarvestSource
from storage.ids import is_id

blueprint = Blueprint("harvest_sources", __name__, url_prefix="/v1/harvest-sources")

TAG: Final = "Exchange"
_COLUMNS: Final = {"set": "set_spec"}
"""Fields of the API that have another name in the catalogue."""

_ANEW: Final = {"url", "set", "metadata_prefix"}
"""What may not change without everything being harvested anew."""


def _tag(shown: HarvestSourceDocument) -> str:
    chosen = {*HarvestSourceChanges.model_fields}
    return tag_of(shown.model_dump(include=chosen))


@blueprint.get("")
@auth.require("admin", scope="manage")
@operation(
    "List foreign repositories that are harvested",
    tag=TAG,
    query=PageQuery,
    answer=HarvestSourcePage,
    errors=("invalid_cursor",),
)
def list_(query: PageQuery) -> HarvestSourcePage:
    """Those of your organization and of all below it."""
    with services().sessions() as session:
        page, following = cut(
            harvests.list_sources(session, auth.reach(), query.limit + 1, last_id(query)), query.limit
        )
        counts = harvests.counts(session, [each.id for each in page])
        return HarvestSourcePage(
            harvest_sources=[describe(each, counts[each.id]) for each in page], next=following
        )


@blueprint.post("")
@auth.require("admin", scope="manage")
@operation(
    "Harvest a foreign repository",
    tag=TAG,
    body=NewHarvestSource,
    answer=HarvestSourceDocument,
    status=201,
    location=lambda made: f"/v1/harvest-sources/{made.id}",
    errors=(
        "organization_not_found",
        "harvest_source_limit",
        "harvest_url_refused",
        "category_not_found",
    ),
)
def create(body: NewHarvestSource) -> HarvestSourceDocument:
    """It is asked at once, and then again and again for what has changed. Each record becomes a *reference*: it stands
    in lists and searches, says where it is, and opens there; it does not play here."""
    url = _checked(body.url)
    with transaction() as session:
        organization_id = auth.owner(session, body.organization_id)
        if harvests.count(session, organization_id) >= harvests.MOST:
            raise ApiError("harvest_source_limit")
        _require_categories(session, organization_id, body.category_ids)
        made = HarvestSource(
            organization_id=organization_id,
            name=body.name or "",
            url=url,
            set_spec=body.set,
            metadata_prefix=body.metadata_prefix,
            category_ids=body.category_ids,
            visibility=body.visibility,
            interval_minutes=body.interval_minutes,
            due_at=func.now(),
        )
        session.add(made)
        session.flush()
        session.refresh(made)
        audit.record(
            session, "harvest_source.create", organization_id, made.id, url=url, set=body.set, name=made.name
        )
        return describe(made, {})


@blueprint.get("/<harvest_source_id>")
@auth.require("admin", scope="manage")
@operation(
    "Show a foreign repository that is harvested",
    tag=TAG,
    answer=HarvestSourceDocument,
    errors=("harvest_source_not_found",),
    etag=_tag,
    is_polled=True,
)
def show(harvest_source_id: str) -> HarvestSourceDocument:
    """How far it is, and what is wrong."""
    with services().sessions() as session:
        return _shown(session, _find(session, harvest_source_id))


@blueprint.patch("/<harvest_source_id>")
@auth.require("admin", scope="manage")
@operation(
    "Change a foreign repository that is harvested",
    tag=TAG,
    body=HarvestSourceChanges,
    answer=HarvestSourceDocument,
    errors=(
        "harvest_source_not_found",
        "harvest_url_refused",
        "category_not_found",
        "changed_meanwhile",
    ),
    request_headers=(IF_MATCH,),
    etag=_tag,
)
def change(harvest_source_id: str, body: HarvestSourceChanges) -> HarvestSourceDocument:
    """Or pause it. What is said of where records stand and who sees them counts for those that come from now on, and
    for all with the next harvest from the beginning."""
    changes: dict[str, Any] = body.given()
    if "url" in changes:
        changes["url"] = _checked(body.url)
    with transaction() as session:
        found = _find(session, harvest_source_id, for_update=True)
        require_match(lambda: _tag(_shown(session, found)))
        _require_categories(session, found.organization_id, changes.get("category_ids", []))
        before = _shown(session, found)
        for name, value in changes.items():
            setattr(found, _COLUMNS.get(name, name), value or "" if name == "name" else value)
        if any(name in changes and changes[name] != getattr(before, name) for name in _ANEW):
            harvests.anew(found)
        if changes.get("state") == "active" or "interval_minutes" in changes:
            found.due_at = func.now()
        session.flush()
        session.refresh(found)
        audit.record(session, "harvest_source.change", found.organization_id, found.id, **changes)
        return _shown(session, found)


@blueprint.delete("/<harvest_source_id>")
@auth.require("admin", scope="manage")
@operation(
    "Harvest a foreign repository no more",
    tag=TAG,
    status=204,
    errors=("harvest_source_not_found", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
)
def delete(harvest_source_id: str) -> None:
    """What it brought goes to the trash."""
    with transaction() as session:
        found = _find(session, harvest_source_id, for_update=True)
        require_match(lambda: _tag(_shown(session, found)))
        audit.record(session, "harvest_source.delete", found.organization_id, found.id, url=found.url)
        harvests.end(found)


@blueprint.post("/<harvest_source_id>/harvests")
@auth.require("admin", scope="manage")
@operation(
    "Harvest now",
    tag=TAG,
    body=HarvestWish,
    answer=HarvestSourceDocument,
    status=202,
    errors=("harvest_source_not_found", "harvest_source_paused"),
)
def harvest(harvest_source_id: str, body: HarvestWish) -> HarvestSourceDocument:
    """Instead of waiting for the next time."""
    with transaction() as session:
        found = _find(session, harvest_source_id, for_update=True)
        if found.state == "paused":
            raise ApiError("harvest_source_paused")
        harvests.harvest_now(session, found, from_the_beginning=body.from_the_beginning)
        session.refresh(found)
        audit.record(
            session,
            "harvest_source.harvest",
            found.organization_id,
            found.id,
            from_the_beginning=body.from_the_beginning,
        )
        return _shown(session, found)


@blueprint.get("/<harvest_source_id>/records")
@auth.require("admin", scope="manage")
@operation(
    "List records of a foreign repository",
    tag=TAG,
    query=PageQuery,
    answer=HarvestedRecordPage,
    errors=("harvest_source_not_found", "invalid_cursor"),
)
def records(harvest_source_id: str, query: PageQuery) -> HarvestedRecordPage:
    """What became of each."""
    with services().sessions() as session:
        source = _find(session, harvest_source_id)
        page, following = cut(
            harvests.records(session, source.id, query.limit + 1, last_id(query)), query.limit
        )
        return HarvestedRecordPage(records=[describe_record(each) for each in page], next=following)


def _find(session: Session, source_id: str, *, for_update: bool = False) -> HarvestSource:
    found = (
        harvests.find(session, source_id, auth.reach(), for_update=for_update) if is_id(source_id) else None
    )
    if found is None:
        raise ApiError("harvest_source_not_found")
    return found


def _checked(url: str) -> str:
    return checked_url(url.strip().partition("#")[0], "harvest_url_refused")


def _require_categories(session: Session, organization_id: str, category_ids: list[str]) -> None:
    try:
        categories.require_usable(session, organization_id, category_ids)
    except CategoryUnknown as error:
        raise ApiError("category_not_found", f"Unknown here: {str(error)!r}.") from None


def _shown(session: Session, source: HarvestSource) -> HarvestSourceDocument:
    return describe(source, harvests.counts(session, [source.id])[source.id])
