"""Resumption tokens: a place in the log, signed. Nothing of them is kept here, so they outlive restarts. Pure."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from media_service.exchange.oai_asked import OaiError

LIFE: Final = timedelta(days=7)

_PURPOSE: Final = b"lessonstream oai-pmh resumption token 1"
_SIGNATURE: Final = 16
"""Bytes that are kept of it."""


@dataclass(frozen=True)
class Place:
    """Where a list goes on: after line ``after`` of the log, with lines from before a moment, in seconds since 1970
    (``before``; None: to its end), of those of a set, in one format; ``cursor`` records of ``total`` (None: not
    counted) were told."""

    verb: str
    prefix: str
    epoch: str
    after: int
    before: int | None
    of_set: str | None
    cursor: int
    total: int | None


def write(place: Place, now: datetime, secret: str) -> str:
    """A token for a place."""
    values = [int(now.timestamp()), *astuple(place)]
    content = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_sign(content, secret) + content).decode().rstrip("=")


def read(token: str, verb: str, now: datetime, secret: str) -> Place:
    """The place of a token. Raises ``OaiError`` of one that is not ours, of another verb, or that is too old."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    signature, content = raw[:_SIGNATURE], raw[_SIGNATURE:]
    if not content or not hmac.compare_digest(signature, _sign(content, secret)):
        raise OaiError("badResumptionToken", "This is no token of ours. / 续传令牌无效。")
    written, *values = json.loads(content)
    place = Place(*values)
    if place.verb != verb:
        raise OaiError("badResumptionToken", f"This token is of {place.verb}. / 续传令牌属于另一种请求。")
    if now.timestamp() > written + LIFE.total_seconds():
        raise OaiError("badResumptionToken", "This token is older than seven days. / 续传令牌已超过七天。")
    return place


def _sign(content: bytes, secret: str) -> bytes:
    key = hmac.digest(secret.encode(), _PURPOSE, sha256)
    return hmac.digest(key, content, sha256)[:_SIGNATURE]
