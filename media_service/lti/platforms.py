"""``/v1/lti``: which learning platforms launch lessons, and links by which others register."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint
from sqlalchemy.orm import Session

from media_service import audit, auth
from media_service.changes import transaction
from media_service.lti.platform_documents import (
    LinkDocument,
    NewLink,
    NewPlatform,
    PlatformChanges,
    PlatformDocument,
    PlatformPage,
    ToolDocument,
)
from media_service.management.paging import PageQuery, cut, last_id
from media_service.openapi import operation
from media_service.preconditions import IF_MATCH, require_match, tag_of
from media_service.problems import ApiError
from media_service.services import services
from storage.catalogue import lti_platforms, lti_scores
from storage.catalogue.models import LtiPlatform
from storage.ids import is_id

blueprint = Blueprint("lti_platforms", __name__, url_prefix="/v1/lti")

TAG: Final = "Learning systems"

_EDITED: Final = {
    "name",
    "authorization_url",
    "token_url",
    "keys_url",
    "token_audience",
    "deployment_ids",
    "enabled",
}


def _tag(shown: PlatformDocument) -> str:
    return tag_of(shown.model_dump(include=_EDITED))


@blueprint.post("/links")
@auth.require("admin", scope="manage")
@operation(
    "Make a link that connects a learning platform",
    tag=TAG,
    body=NewLink,
    answer=LinkDocument,
    status=201,
    is_secret=True,
    location=lambda _made: "/v1/lti/platforms",
    errors=("organization_not_found",),
)
def add_link(body: NewLink) -> LinkDocument:
    """One link, one platform: it registers itself with what this service needs to know, and nothing is typed."""
    public_url = services().settings.public_url
    with transaction() as session:
        organization_id = auth.owner(session, body.organization_id)
        added, secret = lti_platforms.add_link(session, organization_id, timedelta(hours=body.hours))
        audit.record(session, "lti_link.create", organization_id, added.id, hours=body.hours)
        return LinkDocument(
            id=added.id,
            organization_id=organization_id,
            url=f"{public_url}/lti/register/{secret}",
            expires_at=added.expires_at,
            login_url=f"{public_url}/lti/login",
            launch_url=f"{public_url}/lti/launch",
            keys_url=f"{public_url}/lti/keys",
        )


@blueprint.get("/tool")
@auth.require("admin", scope="manage")
@operation("Show what learning platforms ask for", tag=TAG, answer=ToolDocument)
def tool() -> ToolDocument:
    """To be entered there by hand."""
    public_url = services().settings.public_url
    return ToolDocument(
        login_url=f"{public_url}/lti/login",
        launch_url=f"{public_url}/lti/launch",
        keys_url=f"{public_url}/lti/keys",
        domain=urlsplit(public_url).netloc,
    )


@blueprint.get("/platforms")
@auth.require("admin", scope="manage")
@operation(
    "List learning platforms", tag=TAG, query=PageQuery, answer=PlatformPage, errors=("invalid_cursor",)
)
def list_(query: PageQuery) -> PlatformPage:
    """Those of your organization and of all below it, oldest first."""
    with services().sessions() as session:
        found = lti_platforms.list_platforms(session, auth.reach(), query.limit + 1, last_id(query))
        page, following = cut(found, query.limit)
        return PlatformPage(platforms=[_describe(session, row) for row in page], next=following)


@blueprint.post("/platforms")
@auth.require("admin", scope="manage")
@operation(
    "Add a learning platform by hand",
    tag=TAG,
    body=NewPlatform,
    answer=PlatformDocument,
    status=201,
    location=lambda made: f"/v1/lti/platforms/{made.id}",
    errors=("organization_not_found", "lti_platform_known"),
)
def add(body: NewPlatform) -> PlatformDocument:
    """For a platform that has no dynamic registration, with what it shows."""
    with transaction() as session:
        organization_id = auth.owner(session, body.organization_id)
        if lti_platforms.is_known(session, body.issuer, body.client_id):
            raise ApiError("lti_platform_known")
        values = body.model_dump(exclude={"organization_id"})
        added = LtiPlatform(organization_id=organization_id, **values)
        session.add(added)
        session.flush()
        session.refresh(added)
        audit.record(session, "lti_platform.create", organization_id, added.id, **values)
        return _describe(session, added)


@blueprint.get("/platforms/<platform_id>")
@auth.require("admin", scope="manage")
@operation(
    "Show a learning platform",
    tag=TAG,
    answer=PlatformDocument,
    errors=("lti_platform_not_found",),
    etag=_tag,
)
def show(platform_id: str) -> PlatformDocument:
    """And whether it takes the scores that it is told."""
    with services().sessions() as session:
        return _describe(session, _find(session, platform_id))


@blueprint.patch("/platforms/<platform_id>")
@auth.require("admin", scope="manage")
@operation(
    "Change a learning platform",
    tag=TAG,
    body=PlatformChanges,
    answer=PlatformDocument,
    errors=("lti_platform_not_found", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
    etag=_tag,
)
def change(platform_id: str, body: PlatformChanges) -> PlatformDocument:
    """Switched off, it launches nothing and is told nothing; what was studied stays."""
    changes = body.given()
    with transaction() as session:
        found = _find(session, platform_id, for_update=True)
        require_match(lambda: _tag(_describe(session, found)))
        for name, value in changes.items():
            setattr(found, name, value)
        session.flush()
        session.refresh(found)
        audit.record(session, "lti_platform.change", found.organization_id, found.id, **changes)
        return _describe(session, found)


@blueprint.delete("/platforms/<platform_id>")
@auth.require("admin", scope="manage")
@operation(
    "Delete a learning platform",
    tag=TAG,
    status=204,
    errors=("lti_platform_not_found", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
)
def delete(platform_id: str) -> None:
    """With the scores that it was to be told. What its learners studied stays in the study reports."""
    with transaction() as session:
        found = _find(session, platform_id, for_update=True)
        require_match(lambda: _tag(_describe(session, found)))
        audit.record(
            session,
            "lti_platform.delete",
            found.organization_id,
            found.id,
            issuer=found.issuer,
            client_id=found.client_id,
        )
        session.delete(found)


def _find(session: Session, platform_id: str, *, for_update: bool = False) -> LtiPlatform:
    reach = auth.reach()
    found = (
        lti_platforms.find(session, platform_id, reach, for_update=for_update) if is_id(platform_id) else None
    )
    if found is None:
        raise ApiError("lti_platform_not_found")
    return found


def _describe(session: Session, row: LtiPlatform) -> PlatformDocument:
    waiting, failure = lti_scores.waiting(session, row.id)
    return PlatformDocument(
        id=row.id,
        organization_id=row.organization_id,
        name=row.name,
        issuer=row.issuer,
        client_id=row.client_id,
        authorization_url=row.authorization_url,
        token_url=row.token_url,
        keys_url=row.keys_url,
        token_audience=row.token_audience,
        deployment_ids=row.deployment_ids,
        enabled=row.enabled,
        course_id=row.collection_id,
        launched_at=row.launched_at,
        scores_waiting=waiting,
        score_failure=failure,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
