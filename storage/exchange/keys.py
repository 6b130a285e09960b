"""The key pair of a link: Ed25519, the private half sealed, the public half as text; and what people compare."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from storage.sealing import seal, unseal

_PURPOSE: Final = "lessonstream platform links"
_LENGTH: Final = 32
_GROUPS, _DIGITS = 6, 5


@dataclass(frozen=True)
class NewKey:
    """``sealed`` is the private half, ``public`` the other one as codes have it."""

    sealed: bytes
    public: str


def new_key(secret_key: str, link_id: str) -> NewKey:
    """Make a key pair, sealed under the ID of its link."""
    private = Ed25519PrivateKey.generate()
    raw = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return NewKey(seal(secret_key, _PURPOSE, link_id.encode(), raw), _write(public))


def open_key(secret_key: str, link_id: str, sealed: bytes) -> Ed25519PrivateKey:
    """The private half. Raises ``WrongSecretKey``."""
    return Ed25519PrivateKey.from_private_bytes(unseal(secret_key, _PURPOSE, link_id.encode(), sealed))


def read_public_key(text: str) -> Ed25519PublicKey:
    """The public half, from its text. Raises ``ValueError``."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise ValueError("not a public key") from None
    if len(raw) != _LENGTH or _write(raw) != text:
        raise ValueError("not a public key")
    return Ed25519PublicKey.from_public_bytes(raw)


def fingerprint(link_id: str, one: str, other: str) -> str:
    """What both platforms show of a link: six groups of five digits, easily read out on the telephone in any language.
    It is of both public keys, so whoever exchanged a code on its way is found out.
    """
    digest = hashlib.sha256("\n".join([link_id, *sorted((one, other))]).encode()).digest()
    number = int.from_bytes(digest) % 10 ** (_GROUPS * _DIGITS)
    digits = f"{number:0{_GROUPS * _DIGITS}d}"
    return " ".join(digits[start : start + _DIGITS] for start in range(0, len(digits), _DIGITS))


def _write(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
