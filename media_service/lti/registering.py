"""``/lti/register``: a learning platform registers itself by a link that an administrator pasted into it (dynamic
registration 1.0)."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from media_service import audit, auth
from media_service.changes import transaction
from media_service.lti import answers
from media_service.lti.id_tokens import LtiRefused, is_web_address
from media_service.lti.registration import (
    MOST_BYTES,
    Platform,
    Registered,
    read_platform,
    read_registered,
    request_body,
)
from media_service.lti.texts import TOOL_ABOUT, TOOL_NAME
from media_service.services import services
from storage.catalogue import lti_platforms
from storage.catalogue.models import LtiPlatform
from storage.catalogue.organizations import Caller
from storage.strangers import OutboundError

blueprint = Blueprint("lti_register", __name__)

ANSWER_SECONDS: Final = 15.0
_LONGEST: Final = 100
_LONGEST_TOKEN: Final = 8192


@blueprint.get("/lti/register/<secret>")
def register(secret: str) -> Response:
    """What the platform opens in its administrator's browser, with where its configuration stands. A person who opens
    the link is told what it is for; that uses nothing up."""
    try:
        with services().sessions() as session:
            link = lti_platforms.find_link(session, secret[:_LONGEST])
        if link is None:
            raise LtiRefused("link_over")
        where = request.args.get("openid_configuration", "")
        if not where:
            return answers.page("link")
        if not is_web_address(where):
            raise LtiRefused("registration_failed", "openid_configuration is no address")
        platform = _ask(where)
        registered = _register(platform, request.args.get("registration_token", "")[:_LONGEST_TOKEN])
        _write(secret, platform, registered)
    except LtiRefused as error:
        return answers.refusal(error)
    return answers.page("registered", name=platform.name)


def _ask(where: str) -> Platform:
    try:
        with services().outbound.get(
            where, seconds=ANSWER_SECONDS, headers={"Accept": "application/json"}
        ) as answer:
            status, body = answer.status, answer.read(MOST_BYTES)
    except OutboundError as error:
        raise LtiRefused("registration_failed", f"{error.code}: {error}") from error
    if status != 200:
        raise LtiRefused("registration_failed", f"asked for its configuration the platform answered {status}")
    return read_platform(body, where)


def _register(platform: Platform, token: str) -> Registered:
    if not token.isascii() or not token.isprintable():
        raise LtiRefused("registration_failed", "registration_token is none")
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    body = request_body(services().settings.public_url, TOOL_NAME.to_json(), TOOL_ABOUT.to_json())
    try:
        answer = services().outbound.post(
            platform.registration_url, body, headers, seconds=ANSWER_SECONDS, most_bytes=MOST_BYTES
        )
    except OutboundError as error:
        raise LtiRefused("registration_failed", f"{error.code}: {error}") from error
    if answer.status not in (200, 201):
        told = answer.body.decode(errors="replace")[:200]
        raise LtiRefused("registration_failed", f"the platform answered {answer.status}: {told}")
    return read_registered(answer.body)


def _write(secret: str, platform: Platform, registered: Registered) -> None:
    """Use the link up, for this platform alone."""
    with transaction() as session:
        link = lti_platforms.find_link(session, secret[:_LONGEST], for_update=True)
        if link is None:
            raise LtiRefused("link_over")
        if lti_platforms.is_known(session, platform.issuer, registered.client_id):
            raise LtiRefused("registration_failed", "this registration is known already")
        added = LtiPlatform(
            organization_id=link.organization_id,
            name=platform.name,
            issuer=platform.issuer,
            client_id=registered.client_id,
            authorization_url=platform.authorization_url,
            token_url=platform.token_url,
            keys_url=platform.keys_url,
            token_audience=platform.token_audience,
            deployment_ids=[registered.deployment_id] if registered.deployment_id else [],
        )
        session.add(added)
        session.flush()
        link.platform_id = added.id
        auth.act_as(Caller(None, link.organization_id, "admin", label=f"registration link {link.id}"))
        audit.record(
            session,
            "lti_platform.create",
            link.organization_id,
            added.id,
            issuer=added.issuer,
            client_id=added.client_id,
            link=link.id,
        )
