"""``/v1/webhook-endpoints``: who is told of events, and with which secrets."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import Blueprint
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from configs.words import WebhookSigning
from media_service import audit, auth
from media_service.changes import transaction
from media_service.events.webhook_documents import (
    EndpointChanges,
    EndpointDocument,
    EndpointPage,
    NewEndpoint,
    NewEndpointDocument,
    Rotation,
    SecretDocument,
)
from media_service.management.paging import PageQuery, cut, last_id
from media_service.openapi import operation
from media_service.outbound_urls import checked_url
from media_service.preconditions import IF_MATCH, require_match, tag_of
from media_service.problems import ApiError
from media_service.services import services
from storage import webhooks
from storage.catalogue import webhook_endpoints
from storage.catalogue.models import WebhookEndpoint, WebhookSecret
from storage.ids import is_id, new_id

blueprint = Blueprint("webhook_endpoints", __name__, url_prefix="/v1/webhook-endpoints")

TAG: Final = "Events"
MOST: Final = 20
"""Endpoints of one organization."""


def _tag(shown: EndpointDocument) -> str:
    return tag_of(shown.model_dump(include={"url", "description", "event_types", "enabled"}))


@blueprint.get("")
@auth.require("admin", scope="manage")
@operation(
    "List webhook endpoints", tag=TAG, query=PageQuery, answer=EndpointPage, errors=("invalid_cursor",)
)
def list_(query: PageQuery) -> EndpointPage:
    """Those of your organization and of all below it, disabled ones too."""
    with services().sessions() as session:
        found = webhook_endpoints.list_endpoints(session, auth.reach(), query.limit + 1, last_id(query))
        page, following = cut(found, query.limit)
        return EndpointPage(webhook_endpoints=[_describe(session, row) for row in page], next=following)


@blueprint.post("")
@auth.require("admin", scope="manage")
@operation(
    "Add a webhook endpoint",
    tag=TAG,
    body=NewEndpoint,
    answer=NewEndpointDocument,
    status=201,
    is_secret=True,
    location=lambda made: f"/v1/webhook-endpoints/{made.id}",
    errors=("organization_not_found", "webhook_url_refused", "webhook_endpoint_limit"),
)
def add(body: NewEndpoint) -> NewEndpointDocument:
    """It is told of what happens from now on, and of that at once, by a `ping`."""
    _check(body.url)
    with transaction() as session:
        organization_id = auth.owner(session, body.organization_id)
        count = select(func.count()).where(WebhookEndpoint.organization_id == organization_id)
        if session.execute(count).scalar_one() >= MOST:
            raise ApiError("webhook_endpoint_limit")
        values = body.model_dump(exclude={"organization_id", "signing"})
        added = WebhookEndpoint(organization_id=organization_id, **values)
        session.add(added)
        session.flush()
        secret = _add_secret(session, added, body.signing)
        webhook_endpoints.tell(session, "ping", added)
        session.refresh(added)
        audit.record(session, "webhook_endpoint.create", organization_id, added.id, **values)
        return NewEndpointDocument(secret=secret, **_describe(session, added).model_dump())


@blueprint.get("/<endpoint_id>")
@auth.require("admin", scope="manage")
@operation(
    "Show a webhook endpoint",
    tag=TAG,
    answer=EndpointDocument,
    errors=("webhook_endpoint_not_found",),
    etag=_tag,
)
def show(endpoint_id: str) -> EndpointDocument:
    """And whether it fails."""
    with services().sessions() as session:
        return _describe(session, find(session, endpoint_id))


@blueprint.patch("/<endpoint_id>")
@auth.require("admin", scope="manage")
@operation(
    "Change a webhook endpoint",
    tag=TAG,
    body=EndpointChanges,
    answer=EndpointDocument,
    errors=("webhook_endpoint_not_found", "webhook_url_refused", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
    etag=_tag,
)
def change(endpoint_id: str, body: EndpointChanges) -> EndpointDocument:
    """Once it is enabled again, it is told of what happened meanwhile."""
    changes = body.given()
    if "url" in changes:
        _check(body.url)
    with transaction() as session:
        found = find(session, endpoint_id, for_update=True)
        require_match(lambda: _tag(_describe(session, found)))
        for name, value in changes.items():
            setattr(found, name, value)
        if changes.get("enabled"):
            found.gone_at = found.failing_since = found.paused_until = None
            found.warned_hours = 0
        session.flush()
        session.refresh(found)
        audit.record(session, "webhook_endpoint.change", found.organization_id, found.id, **changes)
        return _describe(session, found)


@blueprint.delete("/<endpoint_id>")
@auth.require("admin", scope="manage")
@operation(
    "Delete a webhook endpoint",
    tag=TAG,
    status=204,
    errors=("webhook_endpoint_not_found", "changed_meanwhile"),
    request_headers=(IF_MATCH,),
)
def delete(endpoint_id: str) -> None:
    """With its secrets and the log of its deliveries."""
    with transaction() as session:
        found = find(session, endpoint_id, for_update=True)
        require_match(lambda: _tag(_describe(session, found)))
        audit.record(session, "webhook_endpoint.delete", found.organization_id, found.id, url=found.url)
        session.delete(found)


@blueprint.post("/<endpoint_id>/rotate")
@auth.require("admin", scope="manage")
@operation(
    "Give a webhook endpoint a new secret",
    tag=TAG,
    body=Rotation,
    answer=NewEndpointDocument,
    is_secret=True,
    errors=("webhook_endpoint_not_found",),
)
def rotate(endpoint_id: str, body: Rotation) -> NewEndpointDocument:
    """Until the overlap is over, every event carries a signature by each: let receivers know the new one meanwhile."""
    with transaction() as session:
        found = find(session, endpoint_id, for_update=True)
        before = webhook_endpoints.secrets_of(session, found.id)
        signing = body.signing or (before[0].signing if before else "hmac")
        webhook_endpoints.expire_secrets(session, found.id, timedelta(hours=body.overlap_hours))
        secret = _add_secret(session, found, signing)
        audit.record(
            session,
            "webhook_endpoint.rotate",
            found.organization_id,
            found.id,
            signing=signing,
            overlap_hours=body.overlap_hours,
        )
        session.expire_all()
        return NewEndpointDocument(secret=secret, **_describe(session, found).model_dump())


def find(session: Session, endpoint_id: str, *, for_update: bool = False) -> WebhookEndpoint:
    """The endpoint, if the caller may see it. Raises ``webhook_endpoint_not_found``."""
    reach = auth.reach()
    found = (
        webhook_endpoints.find(session, endpoint_id, reach, for_update=for_update)
        if is_id(endpoint_id)
        else None
    )
    if found is None:
        raise ApiError("webhook_endpoint_not_found")
    return found


def _check(url: str) -> None:
    checked_url(
        url, "webhook_url_refused", why_secure="Only https:// keeps events and answers to yourselves."
    )


def _add_secret(session: Session, endpoint: WebhookEndpoint, signing: WebhookSigning) -> str:
    name = new_id()
    made = webhooks.new_secret(services().settings.secret_key, name, signing)
    public_key = made.shown if signing == "ed25519" else None
    session.add(
        WebhookSecret(
            id=name, endpoint_id=endpoint.id, signing=signing, sealed=made.sealed, public_key=public_key
        )
    )
    session.flush()
    return made.shown


def _describe(session: Session, row: WebhookEndpoint) -> EndpointDocument:
    return EndpointDocument(
        id=row.id,
        organization_id=row.organization_id,
        url=row.url,
        description=row.description,
        event_types=row.event_types,  # type: ignore[arg-type]  # an array of texts in the catalogue
        enabled=row.enabled,
        gone_at=row.gone_at,
        failing_since=row.failing_since,
        secrets=[
            SecretDocument(
                signing=secret.signing,
                public_key=secret.public_key,
                created_at=secret.created_at,
                expires_at=secret.expires_at,
            )
            for secret in webhook_endpoints.secrets_of(session, row.id)
        ],
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
