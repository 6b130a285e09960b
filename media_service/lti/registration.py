"""Dynamic registration 1.0: what a learning platform says of itself, and what we ask it for. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from media_service.lti.id_tokens import (
    DEEP_LINKING,
    RESOURCE,
    SCORE_SCOPE,
    LtiRefused,
    is_identifier,
    is_web_address,
)

_PLATFORM: Final = "https://purl.imsglobal.org/spec/lti-platform-configuration"
_TOOL: Final = "https://purl.imsglobal.org/spec/lti-tool-configuration"
MOST_BYTES: Final = 256 * 1024
_LONGEST: Final = 255


@dataclass(frozen=True)
class Platform:
    """What a platform says of itself."""

    issuer: str
    name: str
    authorization_url: str
    token_url: str
    keys_url: str
    registration_url: str
    token_audience: str | None
    version: str


@dataclass(frozen=True)
class Registered:
    """What a platform has made of us."""

    client_id: str
    deployment_id: str | None


def read_platform(body: bytes, asked: str) -> Platform:
    """A platform's configuration as it stands at ``asked``. Raises ``LtiRefused`` of what names nothing, or another
    host than it came from: else one platform could register as another (section 3.5.1)."""
    said = _json(body)
    for name in (
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "registration_endpoint",
    ):
        if not is_web_address(said.get(name)):
            raise LtiRefused("registration_failed", f"the platform's configuration has no {name}")
    issuer = str(said["issuer"])
    if urlsplit(issuer).netloc != urlsplit(asked).netloc:
        raise LtiRefused("registration_failed", f"the configuration is not {issuer}'s own")
    own = said.get(_PLATFORM)
    family = own.get("product_family_code") if isinstance(own, dict) else None
    version = own.get("version") if isinstance(own, dict) else None
    audience = said.get("authorization_server")
    host = urlsplit(issuer).netloc
    return Platform(
        issuer=issuer,
        name=f"{family} ({host})"[:_LONGEST] if isinstance(family, str) and family.isprintable() else host,
        authorization_url=str(said["authorization_endpoint"]),
        token_url=str(said["token_endpoint"]),
        keys_url=str(said["jwks_uri"]),
        registration_url=str(said["registration_endpoint"]),
        token_audience=str(audience) if is_identifier(audience) else None,
        version=version[:50] if isinstance(version, str) else "",
    )


def request_body(public_url: str, name: Mapping[str, str], about: Mapping[str, str]) -> bytes:
    """What we are (section 3.4), with names and descriptions by language: English, and Chinese."""
    launch = f"{public_url}/lti/launch"
    message = {"label": name["en"], "label#zh-CN": name["zh"]}
    said = {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{public_url}/lti/login",
        "redirect_uris": [launch],
        "client_name": name["en"],
        "client_name#zh-CN": name["zh"],
        "jwks_uri": f"{public_url}/lti/keys",
        "token_endpoint_auth_method": "private_key_jwt",
        "id_token_signed_response_alg": "RS256",
        "scope": SCORE_SCOPE,
        _TOOL: {
            "domain": urlsplit(public_url).netloc,
            "description": about["en"],
            "description#zh-CN": about["zh"],
            "target_link_uri": launch,
            # The subject and nothing else: neither name nor address of a learner comes here.
            "claims": ["iss", "sub"],
            "messages": [
                {"type": RESOURCE, "target_link_uri": launch, **message},
                {
                    "type": DEEP_LINKING,
                    "target_link_uri": launch,
                    "placements": ["ContentArea"],
                    "supported_types": ["ltiResourceLink"],
                    **message,
                },
            ],
        },
    }
    return json.dumps(said, ensure_ascii=False).encode()


def read_registered(body: bytes) -> Registered:
    """What the platform answered. Raises ``LtiRefused``."""
    said = _json(body)
    own = said.get(_TOOL)
    client_id = said.get("client_id")
    deployment = own.get("deployment_id") if isinstance(own, dict) else None
    if not isinstance(client_id, str) or not is_identifier(client_id):
        raise LtiRefused("registration_failed", "the platform answered without a client_id")
    return Registered(client_id, str(deployment) if is_identifier(deployment) else None)


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise LtiRefused("registration_failed", f"the platform's answer is no JSON: {error}") from error
    if not isinstance(said, dict):
        raise LtiRefused("registration_failed", "the platform's answer is no object")
    return said
