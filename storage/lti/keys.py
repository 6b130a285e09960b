"""Keys by which learning platforms know what this service says (RS256, as LTI 1.3 wants). Pure, but for new keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm

from storage.ids import new_id
from storage.sealing import seal, unseal

ALGORITHM: Final = "RS256"
"""The one that the security framework 1.0 demands (section 5.1.2)."""

_PURPOSE: Final = "lessonstream lti keys"
_BITS: Final = 2048


def new_key(secret_key: str) -> tuple[str, str, bytes]:
    """A new pair: its ID, the public half as PEM, and the private one, sealed."""
    key_id, private = new_id(), generate_private_key(public_exponent=65537, key_size=_BITS)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return key_id, public.decode(), seal(secret_key, _PURPOSE, key_id.encode(), pem)


def open_key(secret_key: str, key_id: str, sealed: bytes) -> RSAPrivateKey:
    """The private half. Raises ``WrongSecretKey``."""
    private = load_pem_private_key(unseal(secret_key, _PURPOSE, key_id.encode(), sealed), None)
    if not isinstance(private, RSAPrivateKey):
        raise TypeError("only RSA keys are made here")
    return private


def to_jwk(key_id: str, public_pem: str) -> dict[str, Any]:
    """A public key as JSON Web Key (RFC 7517)."""
    method = RSAAlgorithm(RSAAlgorithm.SHA256)
    jwk = json.loads(RSAAlgorithm.to_jwk(method.prepare_key(public_pem)))
    shown = {name: jwk[name] for name in ("kty", "n", "e")}
    return {**shown, "kid": key_id, "alg": ALGORITHM, "use": "sig"}


def sign(claims: Mapping[str, Any], key_id: str, private: RSAPrivateKey) -> str:
    """A JSON Web Signature of ``claims``."""
    return jwt.encode(dict(claims), private, ALGORITHM, headers={"kid": key_id})
