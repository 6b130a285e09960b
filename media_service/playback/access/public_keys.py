"""Public keys as portals register them: PEM or JWK in, one form out. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

LEAST_RSA_BITS = 2048
MOST_RSA_BITS = 8192
"""Larger ones take too long on every first use of a token."""

_PRIVATE_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Of JWK (RFC 7518, section 6); ``k`` is a shared secret."""


class KeyRefused(ValueError):
    """This key may not sign tokens; the message is an English sentence for developers."""


class PrivateKeyGiven(KeyRefused):
    """Somebody sent the half that must stay at home."""


@dataclass(frozen=True)
class PublicKey:
    """``pem`` is SubjectPublicKeyInfo, the same for every form in which the key may be sent."""

    algorithm: str
    pem: str


def read_public_key(given: str | Mapping[str, Any]) -> PublicKey:
    """Return an Ed25519 or RSA key from PEM text or a JWK (RFC 7517, RFC 8037). Raises ``KeyRefused``."""
    key = _from_pem(given) if isinstance(given, str) else _from_jwk(given)
    if isinstance(key, Ed25519PublicKey):
        algorithm = "EdDSA"
    elif isinstance(key, RSAPublicKey):
        algorithm = "RS256"
        _check_rsa(key)
    else:
        raise KeyRefused(f"Only Ed25519 and RSA keys are taken, not {type(key).__name__}.")
    if not isinstance(given, str) and given.get("alg", algorithm) not in (algorithm, "Ed25519"):
        raise KeyRefused(f"alg of this key can only be {algorithm}.")
    return PublicKey(
        algorithm, key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
    )


def fingerprint(pem: str) -> str:
    """SHA-256 of the key's DER, in hexadecimal: as `openssl pkey -pubin -outform DER | sha256sum` gives it."""
    body = "".join(line for line in pem.splitlines() if not line.startswith("-"))
    return hashlib.sha256(base64.b64decode(body)).hexdigest()


def _from_pem(text: str) -> Any:
    if _PRIVATE_PEM.search(text):
        raise PrivateKeyGiven("A private key was sent.")
    if "BEGIN CERTIFICATE" in text:
        raise KeyRefused("This is a certificate: send its public key (openssl x509 -pubkey -noout).")
    try:
        return load_pem_public_key(text.strip().encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyRefused("This is not a public key in PEM (-----BEGIN PUBLIC KEY-----).") from None


def _from_jwk(jwk: Mapping[str, Any]) -> Any:
    if _PRIVATE_MEMBERS & jwk.keys():
        raise PrivateKeyGiven("A private key was sent.")
    kind, curve = jwk.get("kty"), jwk.get("crv")
    try:
        if kind == "OKP" and curve == "Ed25519":
            return Ed25519PublicKey.from_public_bytes(_bytes(jwk, "x"))
        if kind == "RSA":
            n, e = (int.from_bytes(_bytes(jwk, name), "big") for name in ("n", "e"))
            return RSAPublicNumbers(e, n).public_key()
    except (ValueError, TypeError, OverflowError, UnsupportedAlgorithm):
        raise KeyRefused("The members of this JWK are no key.") from None
    raise KeyRefused("kty of a JWK must be RSA, or OKP with crv Ed25519.")


def _bytes(jwk: Mapping[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,4096}", value):
        raise KeyRefused(f"{name} must be base64url without padding.")
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except binascii.Error:
        raise KeyRefused(f"{name} must be base64url without padding.") from None


def _check_rsa(key: RSAPublicKey) -> None:
    numbers = key.public_numbers()
    if not LEAST_RSA_BITS <= key.key_size <= MOST_RSA_BITS:
        raise KeyRefused(f"RSA keys must have {LEAST_RSA_BITS} to {MOST_RSA_BITS} bits, not {key.key_size}.")
    if not 65537 <= numbers.e < 2**32 or numbers.e % 2 == 0 or numbers.n % 2 == 0:
        raise KeyRefused("The public exponent of an RSA key must be 65537, or an odd number not far above.")
