"""What travels through a browser and comes back unchanged, without a cookie: sealed with SECRET_KEY. Pure, but for the
nonce."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Final, Literal

from storage.sealing import WrongSecretKey, seal, unseal

Kind = Literal["state", "picking", "studying"]
"""A sign-in under way; a choice of lessons; a learner in a course."""

LIVES: Final[Mapping[Kind, int]] = {"state": 600, "picking": 4 * 3600, "studying": 12 * 3600}
"""Seconds."""

LONGEST: Final = 16 * 1024

_PURPOSE: Final = "lessonstream lti tickets"


def write(secret_key: str, kind: Kind, said: Mapping[str, Any], now: float) -> str:
    """A ticket that counts for as long as its kind does."""
    content = json.dumps({**said, "expires": int(now) + LIVES[kind]}, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(seal(secret_key, _PURPOSE, kind.encode(), content)).rstrip(b"=").decode()


def read(secret_key: str, kind: Kind, ticket: str, now: float) -> Mapping[str, Any] | None:
    """What was said; None of a ticket of another kind, of another's, or whose time is over."""
    if len(ticket) > LONGEST or not ticket.isascii():
        return None
    try:
        sealed = base64.b64decode(ticket + "=" * (-len(ticket) % 4), altchars=b"-_", validate=True)
        said: dict[str, Any] = json.loads(unseal(secret_key, _PURPOSE, kind.encode(), sealed))
    except (WrongSecretKey, ValueError):
        return None
    return said if said["expires"] > now else None
