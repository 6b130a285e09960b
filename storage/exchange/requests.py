"""How a linked platform shows that a request is its own: a short-lived JSON Web Token (RFC 7519), signed with the key
of the link by Ed25519. Pure: ``now`` is given.

Claims: ``iss`` is the link's ID, ``aud`` the base URL of the platform that is asked, ``iat`` and ``exp`` at most
``LIFETIME`` apart, ``jti`` counts once where something is changed; ``htm``, ``htu`` and ``htb`` bind the token to
method, path with query, and SHA-256 of the body. The algorithm is fixed; keys that a token brings along are never
looked at, and a token with ``crit`` is refused.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storage.exchange.keys import read_public_key
from storage.ids import is_id, new_id
from storage.origins import origin_of

ALGORITHM: Final = "EdDSA"
TYPE: Final = "lessonstream-link+jwt"
"""``typ``: nobody takes it for a playback token, nor the other way round."""

LIFETIME: Final = 60
LONGEST_LIFETIME: Final = 120
CLOCKS_APART: Final = 300
"""Seconds by which the clocks of two platforms may differ."""

REMEMBERED: Final = LONGEST_LIFETIME + 2 * CLOCKS_APART
"""Seconds for which a ``jti`` must not be used again: as long as its token could count."""

_MAX_LENGTH: Final = 2048
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_JTI: Final = re.compile(r"[0-9A-Za-z_-]{16,64}")
_CLAIMS: Final = ("iss", "aud", "iat", "exp", "jti", "htm", "htu", "htb")


class RequestInvalid(Exception):
    """The token is not one that the other platform signed for this request. The message is for logs."""


class ClocksApart(Exception):
    """The token was signed at another time than now; ``seconds`` is how far the other clock is ahead of ours, as far
    as can be told."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"the other clock is {seconds:+.0f} s from ours")


@dataclass(frozen=True)
class Verified:
    """``clock_ahead``: seconds by which the other clock is ahead of ours, less what the request took."""

    jti: str
    clock_ahead: float


def sign_request(
    private_key: Ed25519PrivateKey,
    *,
    link_id: str,
    audience: str,
    method: str,
    target: str,
    body: bytes,
    now: float,
) -> str:
    """Return a token for one request; ``target`` is its path with its query."""
    claims = {
        "iss": link_id,
        "aud": audience,
        "iat": int(now),
        "exp": int(now) + LIFETIME,
        "jti": new_id(),
        "htm": method,
        "htu": target,
        "htb": body_hash(body),
    }
    return jwt.encode(claims, private_key, ALGORITHM, headers={"typ": TYPE})


def claimed_link(token: str) -> str:
    """The link that a token says it is of, which proves nothing. Raises ``RequestInvalid``."""
    if len(token) > _MAX_LENGTH or not _SHAPE.fullmatch(token):
        raise RequestInvalid("no token")
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise RequestInvalid(str(error)) from error
    if header.get("alg") != ALGORITHM or header.get("typ") != TYPE or "crit" in header:
        raise RequestInvalid("another algorithm or type, or an extension")
    link_id = claims.get("iss")
    if not isinstance(link_id, str) or not is_id(link_id):
        raise RequestInvalid("of no link")
    return link_id


def verify_request(
    token: str,
    public_key: str,
    *,
    link_id: str,
    audience: str,
    method: str,
    target: str,
    body: bytes,
    now: float,
) -> Verified:
    """Check a token against all that belongs to its request. Raises ``RequestInvalid`` and, of what is signed rightly
    but not now, ``ClocksApart``."""
    if claimed_link(token) != link_id:
        raise RequestInvalid("of another link")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            read_public_key(public_key),
            algorithms=[ALGORITHM],
            options={
                "require": list(_CLAIMS),
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise RequestInvalid(str(error)) from error
    wanted = {"htm": method, "htu": target, "htb": body_hash(body)}
    wrong = [name for name, value in wanted.items() if claims[name] != value]
    # Platforms know each other's address as somebody typed it.
    if not isinstance(claims["aud"], str) or origin_of(claims["aud"]) != origin_of(audience):
        wrong.insert(0, "aud")
    if wrong:
        raise RequestInvalid(f"for another request: {', '.join(wrong)}")
    issued, expires, jti = claims["iat"], claims["exp"], claims["jti"]
    if not isinstance(jti, str) or not _JTI.fullmatch(jti):
        raise RequestInvalid("without a name of its own")
    if type(issued) is not int or type(expires) is not int or not 0 < expires - issued <= LONGEST_LIFETIME:
        raise RequestInvalid("for too long")
    if issued > now + CLOCKS_APART or expires < now - CLOCKS_APART:
        raise ClocksApart(issued - now)
    return Verified(jti, issued - now)


def body_hash(body: bytes) -> str:
    """SHA-256, in hexadecimal digits."""
    return hashlib.sha256(body).hexdigest()
