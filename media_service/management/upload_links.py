"""``/v1/upload-links``: links by which people without an account send lessons. Make, list, show, change, delete."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint
from sqlalchemy.orm import Session

from configs.words import UploadLinkState
from media_service import audit, auth
from media_service.changes import transaction
from media_service.management.paging import PageQuery, cut, last_id
from media_service.management.upload_link_documents import (
    NewUploadLink,
    NewUploadLinkDocument,
    UploadLinkChanges,
    UploadLinkDocument,
    UploadLinkPage,
)
from media_service.openapi import operation
from media_service.preconditions import IF_MATCH, require_match, tag_of
from media_service.problems import ApiError, wrong_value
from media_service.services import services
from storage.catalogue import link_entries, upload_links
from storage.catalogue.models import UploadLink
from storage.ids import is_id

blueprint = Blueprint("upload_links", __name__, url_prefix="/v1/upload-links")

TAG: Final = "Uploads"
_NOT_EDITED: Final = {
    *("id", "organization_id", "owner_id", "state", "created_at", "updated_at"),
    *("secret", "page_url", "qr_code_url"),
}


def _tag(shown: UploadLinkDocument) -> str:
    return tag_of(shown.model_dump(mode="json", exclude=_NOT_EDITED))


@blueprint.get("")
@auth.require(*auth.WRITERS, scope="read")
@operation(
    "List upload links, newest first",
    tag=TAG,
    query=PageQuery,
    answer=UploadLinkPage,
    errors=("invalid_cursor",),
)
def list_(query: PageQuery) -> UploadLinkPage:
    """Authors who signed in see their own, others those of their organization and of all below it."""
    with services().sessions() as session:
        found = upload_links.list_links(session, auth.reach(), query.limit + 1, last_id(query))
        page, following = cut(found, query.limit)
        states = upload_links.states_of(session, page)
    shown = [_describe_as(states[link.id], link) for link in page]
    return UploadLinkPage(upload_links=shown, next=following)


@blueprint.post("")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Make an upload link",
    tag=TAG,
    body=NewUploadLink,
    answer=NewUploadLinkDocument,
    status=201,
    is_secret=True,
    location=lambda made: f"/v1/upload-links/{made.id}",
    errors=("organization_not_found",),
    etag=_tag,
)
def add(body: NewUploadLink) -> NewUploadLinkDocument:
    """Its secret is told once. What comes in belongs to the person who made the link."""
    values = body.model_dump(exclude={"organization_id"})
    with transaction() as session:
        organization_id = auth.owner(session, body.organization_id)
        _require_order(values["opens_at"] or upload_links.now(session), values["closes_at"])
        link, secret = upload_links.create(session, organization_id, auth.caller().person_id, values)
        told = body.model_dump(mode="json", exclude={"organization_id"})
        audit.record(session, "upload_link.create", organization_id, link.id, **told)
        return _tell(secret, _describe(session, link))


@blueprint.get("/<link_id>")
@auth.require(*auth.WRITERS, scope="read")
@operation(
    "Show an upload link", tag=TAG, answer=UploadLinkDocument, errors=("upload_link_not_found",), etag=_tag
)
def show(link_id: str) -> UploadLinkDocument:
    """Its terms, and whether it is open. Not its secret."""
    with services().sessions() as session:
        return _describe(session, find_link(session, link_id))


@blueprint.patch("/<link_id>")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Change an upload link",
    tag=TAG,
    body=UploadLinkChanges,
    answer=UploadLinkDocument,
    errors=("upload_link_not_found", "upload_link_closed", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
    etag=_tag,
)
def change(link_id: str, body: UploadLinkChanges) -> UploadLinkDocument:
    """Until it is closed. A moment in the past as ``closes_at`` closes it now."""
    values = body.given()
    with transaction() as session:
        link = find_link(session, link_id, for_update=True)
        require_match(lambda: _tag(_describe(session, link)))
        if values.keys() - {"name"} and upload_links.state_of(session, link) == "closed":
            raise ApiError("upload_link_closed")
        for name, value in values.items():
            setattr(link, name, value)
        if values.keys() & {"closes_at", "grace_seconds"}:
            upload_links.end_now_if_past(session, link)
        _require_order(link.opens_at, link.closes_at)
        session.flush()
        session.refresh(link)
        audit.record(session, "upload_link.change", link.organization_id, link.id, **values)
        return _describe(session, link)


@blueprint.post("/<link_id>/secret")
@auth.require(*auth.WRITERS, scope="edit")
@operation(
    "Give an upload link a new secret",
    tag=TAG,
    answer=NewUploadLinkDocument,
    is_secret=True,
    errors=("upload_link_not_found",),
)
def renew_secret(link_id: str) -> NewUploadLinkDocument:
    """The one before counts no more, from now on: for a link that was lost, or came into wrong hands."""
    with transaction() as session:
        link = find_link(session, link_id, for_update=True)
        secret = upload_links.renew_secret(session, link)
        session.refresh(link)
        audit.record(session, "upload_link.renew", link.organization_id, link.id)
        return _tell(secret, _describe(session, link))


@blueprint.delete("/<link_id>")
@auth.require(*auth.WRITERS, scope="delete")
@operation(
    "Delete an upload link",
    tag=TAG,
    status=204,
    errors=("upload_link_not_found", "upload_link_used", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
)
def delete(link_id: str) -> None:
    """Its secret opens nothing any more. One by which something came in stays."""
    with transaction() as session:
        link = find_link(session, link_id, for_update=True)
        require_match(lambda: _tag(_describe(session, link)))
        if link_entries.has_entries(session, link.id):
            raise ApiError("upload_link_used")
        audit.record(session, "upload_link.delete", link.organization_id, link.id, name=link.name)
        session.delete(link)


def find_link(session: Session, link_id: str, *, for_update: bool = False) -> UploadLink:
    """The link, if the caller may see it. Raises ``upload_link_not_found``."""
    found = (
        upload_links.find(session, link_id, auth.reach(), for_update=for_update) if is_id(link_id) else None
    )
    if found is None:
        raise ApiError("upload_link_not_found")
    return found


def _require_order(opens_at: Any, closes_at: Any) -> None:
    if closes_at <= opens_at:
        raise wrong_value("closes_at must lie after opens_at.", pointer="#/closes_at")


def _tell(secret: str, link: UploadLinkDocument) -> NewUploadLinkDocument:
    page = f"{services().settings.public_url}/u/{secret}"
    return NewUploadLinkDocument(
        secret=secret, page_url=page, qr_code_url=f"{page}/qr.svg", **link.model_dump()
    )


def _describe(session: Session, link: UploadLink) -> UploadLinkDocument:
    return _describe_as(upload_links.state_of(session, link), link)


def _describe_as(state: UploadLinkState, link: UploadLink) -> UploadLinkDocument:
    values = {name: getattr(link, name) for name in UploadLinkDocument.model_fields if name != "state"}
    return UploadLinkDocument(state=state, **values)
