"""``/lti/login``: a learning platform sends a browser here, and we send it to the platform to be told who it is.

No cookie remembers the sign-in. Its state is sealed and counts once (Redis); and the browser keeps its name, in the
platform's own storage where that is offered (1EdTech client-side postMessages), else for the life of the tab; where it
may keep nothing, as a frame without third-party storage, a window of its own opens.
"""

from __future__ import annotations

import time
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, request

from media_service.lti import answers, tickets
from media_service.lti.id_tokens import LtiRefused, is_whole
from media_service.lti.launching import platform_keys
from media_service.services import services
from storage.catalogue import lti_platforms
from storage.ids import new_public_id

blueprint = Blueprint("lti_login", __name__)

KEPT: Final = ("iss", "login_hint", "target_link_uri", "lti_message_hint", "lti_deployment_id", "client_id")
"""What a platform sends along (LTI 1.3, section 4.1)."""

_LONGEST: Final = 8192


@blueprint.route("/lti/login", methods=["GET", "POST"])
def login() -> Response:
    """Third-party-initiated login, by GET or by POST (OpenID Connect Core, section 4)."""
    try:
        return _login()
    except LtiRefused as error:
        return answers.refusal(error)


def _login() -> Response:
    said = {name: request.values[name] for name in KEPT if request.values.get(name)}
    if any(len(value) > _LONGEST for value in said.values()):
        raise LtiRefused("message_invalid", "longer than a sign-in may be")
    if not all(is_whole(value) for value in said.values()):
        raise LtiRefused("message_invalid", "holds what is no text")
    for name in ("iss", "login_hint", "target_link_uri"):
        if name not in said:
            raise LtiRefused("message_invalid", f"a sign-in without {name}")
    settings = services().settings
    target = said["target_link_uri"]
    if not target.startswith(f"{settings.public_url}/lti/"):
        raise LtiRefused("target_wrong", f"{target[:200]!r} is none of {settings.public_url}")
    with services().sessions() as session:
        platform = lti_platforms.named(
            session, said["iss"], said.get("client_id"), said.get("lti_deployment_id")
        )
    if platform is None:
        raise LtiRefused(
            "platform_unknown", f"{said['iss'][:200]} with client {said.get('client_id', '')[:200]}"
        )
    platform_keys().warm(platform.keys_url)
    storage = request.values.get("lti_storage_target", "")[:255]
    name, nonce = new_public_id(), new_public_id()
    origin = answers.origin_of(platform.authorization_url)
    state = {
        "name": name,
        "nonce": nonce,
        "platform": platform.id,
        "target": target,
        "storage": storage,
        "origin": origin,
    }
    asked: dict[str, Any] = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": f"{settings.public_url}/lti/launch",
        "login_hint": said["login_hint"],
        "state": tickets.write(settings.secret_key, "state", state, time.time()),
        "nonce": nonce,
    }
    if "lti_message_hint" in said:
        asked["lti_message_hint"] = said["lti_message_hint"]
    separator = "&" if urlsplit(platform.authorization_url).query else "?"
    return answers.page(
        "login",
        name=name,
        nonce=nonce,
        storage=storage,
        origin=origin,
        following=f"{platform.authorization_url}{separator}{urlencode(asked)}",
        said=said,
    )
