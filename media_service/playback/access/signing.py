"""The keys that sign playback tokens: made, sealed, rotated, and known to each process for a short while."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from sqlalchemy.orm import Session, sessionmaker

from media_service.cache import StaleIfError
from media_service.event_loop import in_thread_only
from media_service.playback.access.tokens import VerifyingKey, platform_key_id
from storage.catalogue import links, playback
from storage.catalogue.models import PlatformLink, SigningKey
from storage.catalogue.organizations import organizations_above, organizations_below
from storage.exchange.keys import read_public_key
from storage.ids import new_id
from storage.sealing import WrongSecretKey, seal, unseal

log = logging.getLogger(__name__)

REFRESH_SECONDS = 20.0
"""How long a process may go on trusting a key that was revoked elsewhere, signing with a retired one, and not knowing
that an organization was added below the one that a key belongs to."""

_LOOKS_PER_SECOND = 10
"""A token with an unknown key makes the process look for new keys, so often at most: anybody can make such tokens."""

_PURPOSE = "lessonstream signing keys"


@dataclass(frozen=True)
class Signer:
    """The key that signs now, opened."""

    key_id: str
    algorithm: str
    private_key: Any


def make_key(secret_key: str) -> SigningKey:
    """Return a new Ed25519 pair as a catalogue row, its private half sealed with ``secret_key``."""
    key_id, private = new_id(), Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return SigningKey(
        id=key_id,
        algorithm="EdDSA",
        public_key=public.decode(),
        private_key=seal_key(secret_key, key_id, pem),
    )


def seal_key(secret_key: str, key_id: str, private_pem: bytes) -> bytes:
    """Encrypt a private key, bound to the row's ID."""
    return seal(secret_key, _PURPOSE, key_id.encode(), private_pem)


def unseal_key(secret_key: str, key_id: str, sealed: bytes) -> bytes:
    """Return the inverse of ``seal_key``. Raises ``WrongSecretKey``."""
    return unseal(secret_key, _PURPOSE, key_id.encode(), sealed)


def rotate(session: Session, secret_key: str) -> SigningKey:
    """Sign with a new key from now on. Tokens of the keys before still count until those are revoked."""
    return playback.replace_signing_key(session, make_key(secret_key))


class SigningKeys:
    """The catalogue's keys as one process knows them, at most ``REFRESH_SECONDS`` old."""

    def __init__(
        self, sessions: sessionmaker[Session], secret_key: str, stale_if_error: StaleIfError
    ) -> None:
        self._sessions = sessions
        self._stale_if_error = stale_if_error
        self._secret_key = secret_key
        self._lock = threading.Lock()
        self._verifying: Mapping[str, VerifyingKey] = MappingProxyType({})
        self._read_at = float("-inf")
        self._looked_at: deque[float] = deque([float("-inf")] * _LOOKS_PER_SECOND, _LOOKS_PER_SECOND)
        self._signer: Signer | None = None
        self._signer_at = float("-inf")

    def verifying(self, wanted: str | None = None) -> Mapping[str, VerifyingKey]:
        """Keys whose signatures count, by ID; looked up again if ``wanted`` is not among them."""
        now = time.monotonic()
        is_unknown = wanted is not None and wanted not in self._verifying
        if now - self._read_at > REFRESH_SECONDS or (is_unknown and now - self._looked_at[0] > 1):
            self._renew(now, wanted)
        return self._verifying

    def signer(self) -> Signer:
        """Return the key that signs now; the first is made on first need."""
        with self._lock:
            if self._signer is None or time.monotonic() - self._signer_at > REFRESH_SECONDS:
                self._signer = self._open_signer()
                self._signer_at = time.monotonic()
            return self._signer

    @in_thread_only
    def _renew(self, asked: float, wanted: str | None) -> None:
        with self._lock:
            if self._read_at >= asked:
                return  # another thread has done it
            self._looked_at.append(asked)
            try:
                self._read()
            except Exception as error:
                known = wanted is None or wanted in self._verifying
                if not known or not self._stale_if_error.excuses(error, self._read_at):
                    raise

    def _read(self) -> None:
        began = time.monotonic()
        with self._sessions() as session:
            rows = playback.verifying_keys(session)
            linked = links.peers(session)
            owners = {row.organization_id for row in rows if row.organization_id}
            owners |= {link.organization_id for link in linked}
            below, above = organizations_below(session, owners), organizations_above(session, owners)
        keys = [_verifying_key(row, below, above) for row in rows]
        keys += [_platform_key(link, below) for link in linked]
        self._verifying = MappingProxyType({key.id: key for key in keys})
        self._read_at = began

    def forget(self) -> None:
        """Read the keys again before the next token is checked, after one was registered or revoked here."""
        with self._lock:
            self._read_at = float("-inf")

    def _open_signer(self) -> Signer:
        with self._sessions.begin() as session:
            row = playback.ensure_signing_key(session, lambda: make_key(self._secret_key))
            try:
                return self._opened(row)
            except WrongSecretKey:
                log.warning(
                    "signing key %s was sealed with another SECRET_KEY: a new one takes its place", row.id
                )
                return self._opened(rotate(session, self._secret_key))

    def _opened(self, row: SigningKey) -> Signer:
        pem = unseal_key(self._secret_key, row.id, row.private_key or b"")
        return Signer(row.id, row.algorithm, load_pem_private_key(pem, None))


def _verifying_key(
    row: SigningKey, below: Mapping[str, frozenset[str]], above: Mapping[str, frozenset[str]]
) -> VerifyingKey:
    owner = row.organization_id or ""
    return VerifyingKey(
        row.id,
        row.algorithm,
        load_pem_public_key(row.public_key.encode()),
        row.organization_id,
        below.get(owner, frozenset()),
        above.get(owner, frozenset()),
    )


def _platform_key(link: PlatformLink, below: Mapping[str, frozenset[str]]) -> VerifyingKey:
    """The other platform of a link signs for what it plays from here: of the link's organization and those below it."""
    return VerifyingKey(
        platform_key_id(link.id),
        "EdDSA",
        read_public_key(link.peer_key or ""),
        link.organization_id,
        below.get(link.organization_id, frozenset()),
        link_id=link.id,
    )
