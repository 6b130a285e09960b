"""Playback tokens: JSON Web Tokens (RFC 7519) that let one playback ID be played for a while. Pure: ``now`` is given.

Claims: ``sub`` is the playback ID, ``aud`` one or several of ``KINDS``, ``exp`` is required and at most
``MAX_LIFETIME`` ahead; ``nbf`` counts if present; ``partner`` binds the token to a partner, on whose terms it then
counts; ``organization`` and ``person`` are who asked for it; ``viewer`` is kept for whoever counts views, ``course`` is
where it is studied, ``mark`` moves over the picture; ``preview`` opens what viewers do not see; ``max_height``,
``start``, ``end``, ``plays`` and ``alias`` hold something back (``limits``).
The algorithm belongs to the key that ``kid`` names, never to the token; keys that a token brings along
(``jwk``, ``jku``, ``x5u``) are never looked at, and a token with ``crit`` is refused, for no extension is known here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from jwt.utils import base64url_encode

from media_service.playback.access.token_limits import TokenLimits, TokenLimitsInvalid, read_token_limits
from media_service.strict_values import is_text

VIDEO, IMAGE, STORYBOARD, DOWNLOAD = KINDS = ("video", "image", "storyboard", "download")
"""``video`` opens playlists, segments, captions and the embed page; ``image`` posters, thumbnails and the moving
preview; ``download`` whole files."""

ALGORITHMS = ("EdDSA", "RS256")
MAX_LIFETIME = 24 * 3600
LEEWAY = 10
"""Seconds by which clocks may differ."""

MAX_LENGTH = 4096

CERTIFICATE = "lessonstream-study+jwt"
"""``typ`` of certificates."""

_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9.-]{1,253}(:[0-9]{1,5})?")
_LONGEST_TEXT = 200

MOST_ORIGINS = 50
"""That a linked platform's token names."""

LONGEST_MARK = 64
"""Characters of a viewer's mark."""


class TokenError(Exception):
    """Playback is refused. The message is for logs; what a viewer gets told is the same for every case."""


class TokenInvalid(TokenError):
    """The token is not one that this service, or a key it trusts, has signed in this form."""


class TokenExpired(TokenError):
    """The token was good and its time is over."""


class TokenForeign(TokenError):
    """The token is good, but for another playback ID or for another kind of thing."""


@dataclass(frozen=True)
class VerifyingKey:
    """A public key. ``organization_id`` is None for the service's own; another's key opens only the assets of
    ``organizations``, its own and those below it, and what is shared with one of ``above``: its own and those above it.
    """

    id: str
    algorithm: str
    public_key: Any
    organization_id: str | None = None
    organizations: frozenset[str] = frozenset()
    above: frozenset[str] = frozenset()
    link_id: str | None = None
    """The link of which the other platform has the private half: it opens what is shared with that one, as somebody
    else has to find out."""


@dataclass(frozen=True)
class Grant:
    """The claims of a token with a good signature allows. Times are seconds since the epoch."""

    key_id: str
    playback_id: str
    kinds: frozenset[str]
    expires_at: float
    not_before: float
    partner: str | None = None
    viewer: str | None = None
    limits: TokenLimits | None = None
    viewers_of: str = ""
    """Whose name for the viewer it is: two organizations may each have a viewer 7."""
    course: str | None = None
    """The collection, by either ID, for which study hours are counted."""
    mark: str | None = None
    """What the player shows over the picture."""
    preview: bool = False
    """Whether it was issued to somebody who sees the lesson before viewers do, and afterwards."""
    organization: str | None = None
    """For whom it was issued, and so whose viewers look; None where that is a partner, or nobody has said it."""
    person: str | None = None
    """Who asked for it, of what only a person may see."""
    link_id: str | None = None
    """The linked platform that issued it, for what it plays from here."""
    origins: tuple[str, ...] | None = None
    """Of a linked platform's token: whose pages may use it, None for any."""

    @property
    def pages_of(self) -> str:
        """Whose pages show it, as plays are counted: a partner, a linked platform (its
        ``storage.catalogue.visibility.platform_word``), or nobody in particular (empty)."""
        return platform_key_id(self.link_id) if self.link_id is not None else self.partner or ""


def platform_key_id(link_id: str) -> str:
    """``kid`` of tokens that the other platform of a link signs: none of our own keys is called so."""
    return f"platform:{link_id}"


def is_of_platform(token: str) -> bool:
    """Whether a token says that a linked platform signed it, which proves nothing."""
    try:
        return bool(token) and key_id_of(token).startswith(platform_key_id(""))
    except TokenInvalid:
        return False


def sign(
    *,
    key_id: str,
    algorithm: str,
    private_key: Any,
    playback_id: str,
    kinds: Collection[str],
    now: float,
    lifetime: int,
    claims: Mapping[str, Any] | None = None,
) -> str:
    """Return a token for ``lifetime`` seconds from ``now``; ``claims`` are further ones, such as ``partner``."""
    if not kinds or not set(kinds) <= set(KINDS):
        raise ValueError(f"kinds must be some of {', '.join(KINDS)}, got {list(kinds)!r}")
    if not 0 < lifetime <= MAX_LIFETIME:
        raise ValueError(f"lifetime must be 1 to {MAX_LIFETIME} seconds, got {lifetime}")
    payload = {
        **(claims or {}),
        "sub": playback_id,
        "aud": sorted(kinds) if len(kinds) > 1 else next(iter(kinds)),
        "exp": int(now) + lifetime,
    }
    # Not jwt.encode, which takes as long as the signature and does for each token of a page what is the same for all.
    message = _encoded_header(key_id, algorithm) + b"." + _encoded(payload)
    signature = jwt.get_algorithm_by_name(algorithm).sign(message, private_key)
    return (message + b"." + base64url_encode(signature)).decode()


def sign_certificate(claims: Mapping[str, Any], *, key_id: str, algorithm: str, private_key: Any) -> str:
    """Return a JSON Web Signature of ``claims`` that nobody takes for a playback token: it opens no kind of thing."""
    return jwt.encode(dict(claims), private_key, algorithm, headers={"kid": key_id, "typ": CERTIFICATE})


def to_jwk(key_id: str, algorithm: str, public_pem: str) -> dict[str, object]:
    """Return a public key as JSON Web Key (RFC 7517)."""
    method = jwt.get_algorithm_by_name(algorithm)
    public = json.loads(method.to_jwk(method.prepare_key(public_pem)))
    return {**public, "kid": key_id, "alg": algorithm, "use": "sig"}


def verify(
    token: str,
    keys: Mapping[str, VerifyingKey],
    playback_id: str,
    kind: str,
    now: float,
    *,
    organization_id: str | None = None,
    grace: float = 0,
) -> Grant:
    """Return what the token allows, if that includes ``kind`` of ``playback_id``, whose asset ``organization_id`` owns.

    ``grace`` seconds are added to the token's life. Raises ``TokenInvalid``, ``TokenExpired`` or ``TokenForeign``.
    """
    grant = read(token, keys)
    check(grant, keys, playback_id, kind, now, organization_id=organization_id, grace=grace)
    return grant


def key_id_of(token: str) -> str:
    """Return the key that the token claims to be signed with. Raises ``TokenInvalid``."""
    return str(_header(token)["kid"])


def read(token: str, keys: Mapping[str, VerifyingKey]) -> Grant:
    """Check signature and form, and nothing that depends on the time or on what is asked for.

    Raises ``TokenInvalid``.
    """
    header = _header(token)
    key = keys.get(header["kid"])
    if key is None or key.algorithm not in ALGORITHMS or header.get("alg") != key.algorithm:
        raise TokenInvalid("unknown key, or another algorithm than the key's")
    try:
        payload = jwt.decode(
            token,
            key.public_key,
            algorithms=[key.algorithm],
            options={
                "require": ["exp", "sub", "aud"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
                "verify_sub": False,
            },
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise TokenInvalid(str(error)) from error
    return _grant(key, payload)


def check(
    grant: Grant,
    keys: Mapping[str, VerifyingKey],
    playback_id: str,
    kind: str,
    now: float,
    *,
    organization_id: str | None = None,
    shared_with: Set[str] = frozenset(),
    grace: float = 0,
) -> None:
    """Check what counts on every use, also of a token that was read before: its key, its time, its subject.
    ``shared_with`` are organizations whose keys, and those of all below them, open it beside ``organization_id``'s.
    """
    key = check_current(grant, keys, now, grace=grace)
    if (
        key.organization_id is not None
        and organization_id not in key.organizations
        and key.above.isdisjoint(shared_with)
    ):
        raise TokenForeign("signed by another organization")
    if grant.playback_id != playback_id or kind not in grant.kinds:
        raise TokenForeign("for another playback ID or kind")


def check_current(
    grant: Grant, keys: Mapping[str, VerifyingKey], now: float, *, grace: float = 0
) -> VerifyingKey:
    """As ``check``, whatever it is asked for: its key and its time. Returns the key."""
    key = keys.get(grant.key_id)
    if key is None:
        raise TokenInvalid("the key is revoked")
    if grant.expires_at > now + MAX_LIFETIME + LEEWAY:
        raise TokenInvalid("expires too far ahead")
    if grant.not_before > now + LEEWAY:
        raise TokenInvalid("not valid yet")
    if grant.expires_at + LEEWAY + grace <= now:
        raise TokenExpired("expired")
    return key


@lru_cache(maxsize=256)
def _encoded_header(key_id: str, algorithm: str) -> bytes:
    return _encoded({"alg": algorithm, "kid": key_id, "typ": "JWT"})


def _encoded(part: Mapping[str, Any]) -> bytes:
    return base64url_encode(_write(part).encode())


_write = json.JSONEncoder(separators=(",", ":")).encode


def _header(token: str) -> dict[str, Any]:
    if len(token) > MAX_LENGTH or not _SHAPE.fullmatch(token):
        raise TokenInvalid("not a compact JSON Web Signature of reasonable length")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise TokenInvalid(str(error)) from error
    if not isinstance(header.get("kid"), str) or "crit" in header or header.get("b64") is not None:
        raise TokenInvalid("kid is missing, or there is an extension that is not known here")
    return header


def _grant(key: VerifyingKey, payload: Mapping[str, Any]) -> Grant:
    audience = payload["aud"]
    kinds = [audience] if isinstance(audience, str) else audience
    if not isinstance(kinds, list) or not kinds or not all(kind in KINDS for kind in kinds):
        raise TokenInvalid("aud must be kinds of this service")
    if not isinstance(payload["sub"], str):
        raise TokenInvalid("sub must be a text")
    viewer = _text(payload.get("viewer"))
    is_platform = key.link_id is not None
    try:
        limits = read_token_limits(payload)
    except TokenLimitsInvalid as error:
        raise TokenInvalid(str(error)) from None
    return Grant(
        key_id=key.id,
        playback_id=payload["sub"],
        kinds=frozenset(kinds),
        expires_at=_time(payload["exp"]),
        not_before=_time(payload.get("nbf", 0)),
        partner=None if is_platform else _text(payload.get("partner")),
        viewer=viewer,
        limits=limits,
        # What a foreign key's token says of its issuer counts for nothing.
        viewers_of=key.id if is_platform else key.organization_id or _text(payload.get("iss")) or "",
        # Nor what it says of its viewer.
        course=None if is_platform else _text(payload.get("course")),
        mark=None if is_platform else _text(payload.get("mark"), LONGEST_MARK),
        preview=key.organization_id is None and payload.get("preview") is True,
        organization=None if is_platform else key.organization_id or _text(payload.get("organization")),
        person=None if key.organization_id else _text(payload.get("person")),
        link_id=key.link_id,
        origins=_origins(payload.get("origins")) if is_platform else None,
    )


def _time(value: Any) -> float:
    """Return a NumericDate (RFC 7519, section 2): a number, not a text and not a truth value."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        raise TokenInvalid("times must be numbers")
    return value


def _origins(value: Any) -> tuple[str, ...] | None:
    """Whose pages may use it. They go into headers of ours, so nothing else is taken."""
    if value is None:
        return None
    is_list = isinstance(value, list) and len(value) <= MOST_ORIGINS
    if not is_list or not all(isinstance(each, str) and _ORIGIN.fullmatch(each) for each in value):
        raise TokenInvalid("origins must be a short list of origins")
    return tuple(value)


def _text(value: Any, longest: int = _LONGEST_TEXT) -> str | None:
    if value is not None and not (isinstance(value, str) and len(value) <= longest and is_text(value)):
        raise TokenInvalid("names must be short texts")
    return value
