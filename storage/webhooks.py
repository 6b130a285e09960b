"""How webhooks are signed and when they are tried again: Standard Webhooks 1.0.0. Pure, but for new secrets."""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from configs.words import WebhookSigning
from storage.sealing import seal, unseal

SCHEDULE: Final = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before each attempt since the one before it: three days in all, as the specification's example."""

LONGEST_WAIT: Final = 86_400.0
"""Seconds; who asks for more with ``Retry-After`` is asked again a day later."""

THROTTLED: Final = frozenset({429, 502, 504})
"""Statuses by which an endpoint asks to be spared: everything waits, not only this event."""

GONE: Final = 410

_PURPOSE: Final = "lessonstream webhook secrets"
_LENGTH: Final = 32


@dataclass(frozen=True)
class NewSecret:
    """``shown`` is what the receiver gets: the secret itself, or of a key pair the public half."""

    signing: WebhookSigning
    sealed: bytes
    shown: str


@dataclass(frozen=True)
class Secret:
    """An opened one: the bytes of an HMAC secret, or the seed of an Ed25519 key."""

    signing: WebhookSigning
    content: bytes


def new_secret(secret_key: str, name: str, signing: WebhookSigning) -> NewSecret:
    """Make a secret, sealed under the ``name`` of its row."""
    content = os.urandom(_LENGTH)
    sealed = seal(secret_key, _PURPOSE, name.encode(), content)
    if signing == "hmac":
        return NewSecret(signing, sealed, "whsec_" + base64.b64encode(content).decode())
    public = Ed25519PrivateKey.from_private_bytes(content).public_key()
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return NewSecret(signing, sealed, "whpk_" + base64.b64encode(raw).decode())


def open_secret(secret_key: str, name: str, signing: WebhookSigning, sealed: bytes) -> Secret:
    """The inverse. Raises ``WrongSecretKey``."""
    return Secret(signing, unseal(secret_key, _PURPOSE, name.encode(), sealed))


def headers(event_id: str, at: int, body: bytes, secrets: Sequence[Secret]) -> dict[str, str]:
    """Of a request at ``at`` (seconds since 1970): a signature by each secret, separated by blanks."""
    signed = f"{event_id}.{at}.".encode() + body
    return {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(_sign(secret, signed) for secret in secrets),
    }


def _sign(secret: Secret, signed: bytes) -> str:
    if secret.signing == "hmac":
        return "v1," + base64.b64encode(hmac.digest(secret.content, signed, sha256)).decode()
    key = Ed25519PrivateKey.from_private_bytes(secret.content)
    return "v1a," + base64.b64encode(key.sign(signed)).decode()


def wait_after(attempts: int, retry_after: float | None, jitter: float) -> float | None:
    """Seconds until the next attempt, after so many failed; None if there is none. ``jitter`` (0 to 1) spreads them
    over a tenth, so that what failed together does not come back together.
    """
    if attempts >= len(SCHEDULE):
        return None
    planned = SCHEDULE[attempts] * (1 + jitter / 10)
    return max(planned, min(retry_after or 0.0, LONGEST_WAIT))


def read_retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` asks for (RFC 9110, section 10.2.3); None if it says nothing that can be read."""
    if not text:
        return None
    if text.strip().isdecimal():
        return float(text.strip()[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
