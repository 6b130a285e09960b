"""How record stores are spoken to, and their passwords, sealed with SECRET_KEY. Pure, but for the nonce."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Final

from configs.words import RecordStoreTest
from storage.sealing import seal, unseal

VERSION: Final = "1.0.3"
"""Of xAPI."""

VERSION_HEADER: Final = "X-Experience-API-Version"

_PURPOSE: Final = "lessonstream record stores"


def seal_password(secret_key: str, organization_id: str, password: str) -> bytes:
    """Bound to whose store it is."""
    return seal(secret_key, _PURPOSE, organization_id.encode(), password.encode())


def open_password(secret_key: str, organization_id: str, sealed: bytes) -> str:
    """The inverse. Raises ``WrongSecretKey``."""
    return unseal(secret_key, _PURPOSE, organization_id.encode(), sealed).decode()


def credentials(username: str, password: str) -> Mapping[str, str]:
    """The header that shows who we are (HTTP Basic, RFC 7617, in UTF-8)."""
    pair = f"{username}:{password}".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}


def statements_url(url: str) -> str:
    """Where a store takes statements."""
    return f"{url.rstrip('/')}/statements"


def judge(status: int, body: bytes) -> RecordStoreTest:
    """What an answer to a request for one statement (xAPI 1.0.3, part three, section 2.1.3) says of its giver."""
    if status in (401, 403):
        return "credentials_refused"
    if status == 429 or status >= 500:
        return "away"
    try:
        said = json.loads(body) if status == 200 else None
    except (ValueError, RecursionError):
        said = None
    is_store = isinstance(said, dict) and isinstance(said.get("statements"), list)
    return "works" if is_store else "no_store"
