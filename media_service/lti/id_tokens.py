"""What a learning platform says when it launches: LTI 1.3 messages, checked as the 1EdTech security framework 1.0
(section 5.1.3) demands. Pure: ``now`` and keys are given.

The algorithm is RS256 whatever a token says; keys that it brings along (``jwk``, ``jku``, ``x5u``) are never looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import jwt

from configs.words import LtiRefusal

ALGORITHM: Final = "RS256"
LONGEST_TOKEN: Final = 64 * 1024
LEEWAY: Final = 60
"""Seconds by which clocks may differ."""

OLDEST: Final = 3600
"""Seconds since a message was signed: long enough for whoever had to sign in first."""

_LTI: Final = "https://purl.imsglobal.org/spec/lti/claim/"
_DEEP: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/"
_GRADES: Final = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
SCORE_SCOPE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/score"

RESOURCE: Final = "LtiResourceLinkRequest"
DEEP_LINKING: Final = "LtiDeepLinkingRequest"

_LONGEST: Final = 255
"""Characters of identifiers (LTI 1.3, section 5.3)."""

_LONGEST_ADDRESS: Final = 2048
_LONGEST_DATA: Final = 4096


class LtiRefused(Exception):
    """A launch is refused; ``code`` says why, the text tells whoever looks after the platform."""

    def __init__(self, code: LtiRefusal, detail: str = "") -> None:
        self.code: LtiRefusal = code
        self.detail = "".join(sign if sign.isprintable() else " " for sign in detail)[:300]
        super().__init__(f"{code}: {self.detail}")


@dataclass(frozen=True)
class Settings:
    """What the platform lets a picker return: to ``return_url``, several items or one, with ``data`` for itself."""

    return_url: str
    multiple: bool
    data: str | None
    line_items: bool
    iframe: bool


@dataclass(frozen=True)
class Message:
    """A launch that is what it claims to be. ``user_id`` is None of who is not named; ``line_item`` is where a score is
    wanted; ``settings`` are there if it asks for a choice of lessons."""

    deployment_id: str
    target: str
    user_id: str | None
    roles: Sequence[str] = ()
    locale: str = ""
    line_item: str | None = None
    resource_id: str = ""
    settings: Settings | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)


def key_id_of(token: str) -> str:
    """The key that a message names. Raises ``LtiRefused`` of what is no signature by RS256."""
    if len(token) > LONGEST_TOKEN:
        raise LtiRefused("message_invalid", "longer than a message may be")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise LtiRefused("message_invalid", str(error)) from error
    if header.get("alg") != ALGORITHM or "crit" in header or header.get("b64") is not None:
        raise LtiRefused("message_invalid", f"not signed by {ALGORITHM}, or with extensions")
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not key_id or len(key_id) > _LONGEST:
        raise LtiRefused("message_invalid", "names no key")
    return key_id


def verify(token: str, key: Any, *, issuer: str, client_id: str, nonce: str, now: float) -> Mapping[str, Any]:
    """The claims of a message, once signature, issuer, audience, nonce and times are right. Raises ``LtiRefused``."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            options={
                "require": ["iss", "aud", "exp", "iat", "nonce"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
                "verify_iss": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except jwt.InvalidSignatureError as error:
        raise LtiRefused("signature_wrong", str(error)) from error
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise LtiRefused("message_invalid", str(error)) from error
    if claims["iss"] != issuer:
        raise LtiRefused("issuer_wrong", f"from {claims['iss']!r}, not {issuer!r}")
    _require_audience(claims, client_id)
    if claims["nonce"] != nonce:
        raise LtiRefused("nonce_wrong", "not the nonce of this sign-in")
    expires, issued = _time(claims["exp"]), _time(claims["iat"])
    if expires + LEEWAY <= now:
        raise LtiRefused("message_expired", f"since {now - expires:.0f} s")
    if issued > now + LEEWAY or issued + OLDEST < now or _time(claims.get("nbf", 0)) > now + LEEWAY:
        raise LtiRefused("issued_wrong", f"signed {now - issued:.0f} s ago")
    return claims


def read(claims: Mapping[str, Any], *, target: str, begins: str) -> Message:
    """What verified claims say: a launch of ``target``, which the sign-in was for; it has to begin with ``begins``,
    our own origin. Raises ``LtiRefused``."""
    if claims.get(f"{_LTI}version") != "1.3.0":
        raise LtiRefused("version_wrong", f"version {claims.get(f'{_LTI}version')!r}, not '1.3.0'")
    kind = claims.get(f"{_LTI}message_type")
    if kind not in (RESOURCE, DEEP_LINKING):
        raise LtiRefused("message_unknown", f"message type {kind!r}")
    deployment_id = _text(claims, f"{_LTI}deployment_id", required=True)
    user_id = claims.get("sub")
    if user_id is not None and not is_identifier(user_id):
        raise LtiRefused("message_invalid", "sub is no short text")
    roles = claims.get(f"{_LTI}roles", [])
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise LtiRefused("message_invalid", "roles are no texts")
    common: dict[str, Any] = {
        "deployment_id": deployment_id,
        "user_id": user_id,
        "roles": roles[:100],
        "locale": _locale(claims.get(f"{_LTI}launch_presentation")),
    }
    if kind == DEEP_LINKING:
        return Message(target=target, settings=_settings(claims), **common)
    wanted = claims.get(f"{_LTI}target_link_uri")
    if not isinstance(wanted, str) or wanted != target or not wanted.startswith(begins):
        raise LtiRefused("target_wrong", f"{str(wanted)[:200]!r} is not what the sign-in was for")
    link = claims.get(f"{_LTI}resource_link")
    custom = claims.get(f"{_LTI}custom")
    return Message(
        target=target,
        resource_id=_text(link if isinstance(link, dict) else {}, "id", required=True),
        line_item=_line_item(claims.get(_GRADES)),
        custom=custom if isinstance(custom, dict) else {},
        **common,
    )


def is_identifier(text: object) -> bool:
    """Whether it is a short text that the catalogue can keep: without NUL, and without half a character (``"\\ud800"``
    is valid JSON)."""
    return isinstance(text, str) and 0 < len(text) <= _LONGEST and is_whole(text)


def is_whole(text: str) -> bool:
    """Whether a text can be written anywhere."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def is_web_address(text: object) -> bool:
    """Whether a browser may be sent there: an absolute address by http or https, without credentials."""
    if not isinstance(text, str) or len(text) > _LONGEST_ADDRESS or not text.isascii():
        return False
    if any(ord(sign) <= 0x20 or ord(sign) == 0x7F or sign in '\\"<>' for sign in text):
        return False
    try:
        parts = urlsplit(text)
        is_named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and is_named and "@" not in parts.netloc


def _require_audience(claims: Mapping[str, Any], client_id: str) -> None:
    """``aud`` is this tool, alone: there is nobody else whom we trust with what is for us."""
    audience = claims["aud"]
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or not named or any(each != client_id for each in named):
        raise LtiRefused("audience_wrong", f"for {audience!r}, not {client_id!r}")
    if "azp" in claims and claims["azp"] != client_id:
        raise LtiRefused("audience_wrong", f"authorized party {claims['azp']!r}, not {client_id!r}")


def _time(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        raise LtiRefused("message_invalid", "times must be numbers")
    return value


def _text(claims: Mapping[str, Any], name: str, *, required: bool) -> str:
    value = claims.get(name)
    if value is None and not required:
        return ""
    if not is_identifier(value):
        raise LtiRefused("message_invalid", f"{name.rpartition('/')[2]} is no short text")
    return str(value)


def _locale(presentation: object) -> str:
    locale = presentation.get("locale") if isinstance(presentation, dict) else None
    return locale[:20] if isinstance(locale, str) else ""


def _line_item(endpoint: object) -> str | None:
    """Where a score is wanted, if it may be told there."""
    if not isinstance(endpoint, dict):
        return None
    scopes, address = endpoint.get("scope"), endpoint.get("lineitem")
    if not isinstance(scopes, list) or SCORE_SCOPE not in scopes or not is_web_address(address):
        return None
    return str(address)


def _settings(claims: Mapping[str, Any]) -> Settings:
    said = claims.get(f"{_DEEP}deep_linking_settings")
    if not isinstance(said, dict) or not is_web_address(said.get("deep_link_return_url")):
        raise LtiRefused("message_invalid", "deep linking without an address to return to")
    accepted = said.get("accept_types")
    if not isinstance(accepted, list) or "ltiResourceLink" not in accepted:
        raise LtiRefused("message_invalid", "deep linking that takes no links to resources")
    data = said.get("data")
    if data is not None and (not isinstance(data, str) or len(data) > _LONGEST_DATA):
        raise LtiRefused("message_invalid", "data is longer than can be returned")
    targets = said.get("accept_presentation_document_targets")
    return Settings(
        return_url=str(said["deep_link_return_url"]),
        # Where nothing is said, one is safe (deep linking 2.0, section 4.4.1).
        multiple=said.get("accept_multiple") is True,
        data=data,
        line_items=said.get("accept_lineitem") is not False,
        iframe=isinstance(targets, list) and "iframe" in targets,
    )
