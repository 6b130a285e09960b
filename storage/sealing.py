"""Secrets that lie in the catalogue are sealed with the service's SECRET_KEY: AES-256-GCM. Pure, but for the nonce."""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_LENGTH: Final = 12


class WrongSecretKey(Exception):
    """Something cannot be opened: SECRET_KEY is not the one that it was sealed with."""


def seal(secret_key: str, purpose: str, name: bytes, content: bytes) -> bytes:
    """Encrypt, bound to a ``purpose``, which has a key of its own, and to the ``name`` of the row."""
    nonce = os.urandom(_NONCE_LENGTH)
    return nonce + AESGCM(_derive(secret_key, purpose)).encrypt(nonce, content, name)


def unseal(secret_key: str, purpose: str, name: bytes, sealed: bytes) -> bytes:
    """Return the inverse of ``seal``. Raises ``WrongSecretKey``."""
    nonce, text = sealed[:_NONCE_LENGTH], sealed[_NONCE_LENGTH:]
    try:
        return AESGCM(_derive(secret_key, purpose)).decrypt(nonce, text, name)
    except InvalidTag:
        raise WrongSecretKey(f"{purpose}: sealed with another SECRET_KEY") from None


def _derive(secret_key: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret_key.encode())
