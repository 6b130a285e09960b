"""Partners over HTTP: make, list, show, change, delete. Their keys are made where all keys are made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Final

from flask import Blueprint
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from media_service import audit, auth
from media_service.cataloguing.values import Name
from media_service.changes import after_commit, transaction
from media_service.management.paging import PageQuery, cut, last_id
from media_service.openapi import operation
from media_service.playback.access.origins import MOST_ORIGINS, read_origin
from media_service.playback.parts import parts
from media_service.preconditions import IF_MATCH, require_match, tag_of
from media_service.problems import ApiError
from media_service.services import services
from media_service.strict_values import Changes
from storage.catalogue import partners
from storage.catalogue.models import Partner
from storage.catalogue.partners import UnknownCollection
from storage.ids import is_id

blueprint = Blueprint("partners", __name__, url_prefix="/v1/partners")

TAG: Final = "Partners"
_LARGEST: Final = 10**15


def _distinct(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Origins = Annotated[
    list[Annotated[str, AfterValidator(read_origin)]],
    AfterValidator(_distinct),
    Field(
        max_length=MOST_ORIGINS,
        description="Whose pages may embed: `https://host`, `https://host:port`, or `https://*.host` for all hosts "
        "below one, without that host itself.",
    ),
]
CollectionIds = Annotated[
    list[Annotated[str, Field(max_length=64)]],
    AfterValidator(_distinct),
    Field(max_length=1000, description="Collections that are shared with the partner; all of them."),
]
Rate = Annotated[int, Field(ge=1, le=_LARGEST)]


class PartnerDocument(BaseModel):
    """A site that may embed. The limits count for all its viewers together, bytes per second and per day (UTC)."""

    id: str
    organization_id: str
    name: str
    origins: list[str]
    collection_ids: list[str]
    enabled: bool
    downloads: bool
    requests_per_second: int
    bytes_per_second: int
    bytes_per_day: int
    created_at: datetime
    updated_at: datetime


class PartnerUsage(BaseModel):
    """How much of its allowance a partner has spent: bytes that were sent to its viewers since midnight (UTC), of
    ``bytes_per_day``. At ``resets_at`` it begins anew."""

    bytes_today: int
    bytes_per_day: int
    resets_at: datetime


class PartnerPage(BaseModel):
    """Partners of the caller's organization and of all below it, oldest first. ``next`` goes into ``after`` for the
    next page; null at the end."""

    partners: list[PartnerDocument]
    next: str | None


class NewPartner(BaseModel):
    """A partner of the caller's organization, or of ``organization_id`` below it."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    organization_id: str | None = None
    origins: Origins = []
    collection_ids: CollectionIds = []
    enabled: bool = True
    downloads: bool = Field(True, description="Whether its viewers may save whole files.")
    requests_per_second: Rate = 500
    bytes_per_second: Rate = 100_000_000
    bytes_per_day: Rate = 1_000_000_000_000


class PartnerChanges(Changes):
    """What to change; lists are replaced as a whole."""

    name: Name = ""
    origins: Origins = Field([])
    collection_ids: CollectionIds = Field([])
    enabled: bool = True
    downloads: bool = True
    requests_per_second: Rate = 1
    bytes_per_second: Rate = 1
    bytes_per_day: Rate = 1


def _tag(shown: PartnerDocument) -> str:
    return tag_of(shown.model_dump(exclude={"created_at", "updated_at"}))


@blueprint.get("")
@auth.require("admin", scope="manage")
@operation("List partners", tag=TAG, query=PageQuery, answer=PartnerPage, errors=("invalid_cursor",))
def list_(query: PageQuery) -> PartnerPage:
    """Disabled ones too."""
    with services().sessions() as session:
        found = partners.list_partners(session, auth.reach(), query.limit + 1, last_id(query))
        page, following = cut(found, query.limit)
        shared = partners.shared_collections(session, [partner.id for partner in page])
    return PartnerPage(partners=[_document(partner, shared[partner.id]) for partner in page], next=following)


@blueprint.post("")
@auth.require("admin", scope="manage")
@operation(
    "Add a partner",
    tag=TAG,
    body=NewPartner,
    answer=PartnerDocument,
    status=201,
    location=lambda made: f"/v1/partners/{made.id}",
    etag=_tag,
    errors=("organization_not_found", "collection_not_found"),
)
def add(body: NewPartner) -> PartnerDocument:
    """Give it a key afterwards (`POST /v1/api-keys` with its `partner_id`)."""
    with transaction() as session, _checked(body.collection_ids):
        organization_id = auth.owner(session, body.organization_id)
        values = body.model_dump(exclude={"organization_id", "collection_ids"})
        added = Partner(organization_id=organization_id, **values)
        session.add(added)
        session.flush()
        partners.share(session, added, body.collection_ids)
        session.refresh(added)
        audit.record(
            session, "partner.create", organization_id, added.id, collection_ids=body.collection_ids, **values
        )
        return _shown(session, added)


@blueprint.get("/<partner_id>/usage")
@auth.require("admin", "partner", scope="read")
@operation(
    "Show how much of its allowance a partner has spent",
    tag=TAG,
    answer=PartnerUsage,
    errors=("partner_not_found",),
)
def show_usage(partner_id: str) -> PartnerUsage:
    """Right to a second. A partner's key may ask for that partner."""
    with services().sessions() as session:
        found = find(session, partner_id)
    spent, resets_at = parts().rate_limits.spent_today(found.id)
    return PartnerUsage(
        bytes_today=spent,
        bytes_per_day=found.bytes_per_day,
        resets_at=datetime.fromtimestamp(resets_at, UTC),
    )


@blueprint.get("/<partner_id>")
@auth.require("admin", "partner", scope="read")
@operation("Show a partner", tag=TAG, answer=PartnerDocument, errors=("partner_not_found",), etag=_tag)
def show(partner_id: str) -> PartnerDocument:
    """Its origins, what is shared with it, and its limits. A partner's key may ask for that partner."""
    with services().sessions() as session:
        return _shown(session, find(session, partner_id))


@blueprint.patch("/<partner_id>")
@auth.require("admin", scope="manage")
@operation(
    "Change a partner",
    tag=TAG,
    body=PartnerChanges,
    answer=PartnerDocument,
    errors=("partner_not_found", "collection_not_found", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
    etag=_tag,
)
def change(partner_id: str, body: PartnerChanges) -> PartnerDocument:
    """Counts within a minute everywhere, also for tokens that were issued before."""
    changes = body.given()
    shared: list[str] | None = changes.pop("collection_ids", None)
    with transaction() as session, _checked(shared or []):
        found = find(session, partner_id, for_update=True)
        require_match(lambda: _tag(_shown(session, found)))
        for name, value in changes.items():
            setattr(found, name, value)
        if shared is not None:
            partners.share(session, found, shared)
        session.flush()
        audit.record(session, "partner.change", found.organization_id, found.id, **body.given())
        return _shown(session, found)


@blueprint.delete("/<partner_id>")
@auth.require("admin", scope="manage")
@operation(
    "Delete a partner",
    tag=TAG,
    status=204,
    errors=("partner_not_found", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
)
def delete(partner_id: str) -> None:
    """With its keys; tokens that they issued count no more."""
    with transaction() as session:
        found = find(session, partner_id, for_update=True)
        require_match(lambda: _tag(_shown(session, found)))
        audit.record(session, "partner.delete", found.organization_id, found.id, name=found.name)
        partners.delete_partner(session, found)
        after_commit(auth.forget_keys)


@blueprint.put("/<partner_id>/collections/<collection_id>")
@auth.require("admin", scope="manage")
@operation(
    "Share one collection with a partner",
    tag=TAG,
    answer=PartnerDocument,
    errors=("partner_not_found", "collection_not_found"),
    etag=_tag,
)
def share_collection(partner_id: str, collection_id: str) -> PartnerDocument:
    """Whatever is shared with it besides stays."""
    return _share(partner_id, collection_id, is_shared=True)


@blueprint.delete("/<partner_id>/collections/<collection_id>")
@auth.require("admin", scope="manage")
@operation(
    "Share one collection no more with a partner",
    tag=TAG,
    status=204,
    errors=("partner_not_found", "collection_not_found"),
)
def unshare_collection(partner_id: str, collection_id: str) -> None:
    """Whatever is shared with it besides stays."""
    _share(partner_id, collection_id, is_shared=False)


def _share(partner_id: str, collection_id: str, *, is_shared: bool) -> PartnerDocument:
    with transaction() as session, _checked([collection_id]):
        found = find(session, partner_id, for_update=True)
        shared = partners.shared_collections(session, [found.id])[found.id]
        others = [each for each in shared if each != collection_id]
        if not is_shared and others == shared:
            raise ApiError("collection_not_found")
        partners.share(session, found, [*others, collection_id] if is_shared else others)
        detail = {"shared" if is_shared else "unshared": collection_id}
        audit.record(session, "partner.change", found.organization_id, found.id, **detail)
        return _shown(session, found)


def find(session: Session, partner_id: str, *, for_update: bool = False) -> Partner:
    """The partner, if the caller may see it: of partners' keys it is their own. Raises ``partner_not_found``."""
    found = (
        partners.find_partner(session, partner_id, auth.reach(), for_update=for_update)
        if is_id(partner_id)
        else None
    )
    is_anothers = auth.caller().role == "partner" and auth.caller().partner_id != partner_id
    if found is None or is_anothers:
        raise ApiError("partner_not_found")
    return found


@contextmanager
def _checked(collection_ids: list[str]) -> Iterator[None]:
    for collection_id in collection_ids:
        if not is_id(collection_id):
            raise ApiError("collection_not_found", f"Unknown here: {collection_id!r}.")
    try:
        yield
    except UnknownCollection as error:
        raise ApiError("collection_not_found", f"Unknown here: {str(error)!r}.") from None


def _shown(session: Session, partner: Partner) -> PartnerDocument:
    return _document(partner, partners.shared_collections(session, [partner.id])[partner.id])


def _document(partner: Partner, collection_ids: list[str]) -> PartnerDocument:
    return PartnerDocument(
        id=partner.id,
        organization_id=partner.organization_id,
        name=partner.name,
        origins=partner.origins,
        collection_ids=collection_ids,
        enabled=partner.enabled,
        downloads=partner.downloads,
        requests_per_second=partner.requests_per_second,
        bytes_per_second=partner.bytes_per_second,
        bytes_per_day=partner.bytes_per_day,
        created_at=partner.created_at,
        updated_at=partner.updated_at,
    )
