"""Passwords of record stores, sealed with SECRET_KEY. Pure, but for the nonce."""

from __future__ import annotations

from typing import Final

from storage.sealing import seal, unseal

_PURPOSE: Final = "lessonstream record stores"


def seal_password(secret_key: str, organization_id: str, password: str) -> bytes:
    """Bound to whose store it is."""
    return seal(secret_key, _PURPOSE, organization_id.encode(), password.encode())


def open_password(secret_key: str, organization_id: str, sealed: bytes) -> str:
    """The inverse. Raises ``WrongSecretKey``."""
    return unseal(secret_key, _PURPOSE, organization_id.encode(), sealed).decode()
