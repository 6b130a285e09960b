"""Lessons that play from the platform they came from: by a token that this platform signs with the key of the link.

Nothing is asked of the other platform here. It knows the public half of the key, and lets the token open what is shared
by the link; whoever plays talks to it directly.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session, sessionmaker

from media_service.cache import Cache, StaleIfError
from media_service.playback.access import tokens
from media_service.playback.access.token_limits import TokenLimits, limit_claims
from media_service.playback.access.tokens import MAX_LIFETIME, Grant, platform_key_id
from media_service.problems import ApiError
from storage.catalogue import links
from storage.catalogue.models import PlatformLink
from storage.exchange.keys import open_key
from storage.origins import origin_of
from storage.sealing import WrongSecretKey

FRESH_SECONDS = 2.0
"""How long a process goes by what it knew of a link: that it was paused or moved counts after it."""


@dataclass(frozen=True)
class PlayedThere:
    """What plays a lesson: the playback ID that the other platform of a link has for it; no link if that is gone."""

    link_id: str | None
    playback_id: str


@dataclass(frozen=True)
class Origin:
    """The other platform of a link, as far as players need it. ``key`` is the link's own."""

    link_id: str
    name: str
    url: str
    key: Ed25519PrivateKey

    @property
    def origin(self) -> str:
        """The origin of its address (RFC 6454)."""
        return origin_of(self.url)


@dataclass(frozen=True)
class Ticket:
    """What lets somebody play at the other platform: by which name, and with which token."""

    origin: Origin
    playback_id: str
    token: str

    def address(self, name: str) -> str:
        """Where something of it is found there. Made of what needs no escaping."""
        return f"{self.origin.url}/v/{self.playback_id}/{name}?token={self.token}"


class References:
    """Signs for what plays elsewhere. Keys are opened once and kept in memory."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        secret_key: str,
        public_url: str,
        stale_if_error: StaleIfError,
    ) -> None:
        self._sessions = sessions
        self._secret_key = secret_key
        self._own_origin = origin_of(public_url)
        self._links: Cache[str, PlatformLink] = Cache(1_000, FRESH_SECONDS, stale_if_error=stale_if_error)
        self._keys: Cache[tuple[str, bytes], Ed25519PrivateKey] = Cache(1_000)

    def origin(self, played: PlayedThere) -> Origin:
        """The platform that plays it. Raises ``reference_unlinked`` if the link is paused or has ended."""
        link = self._link(played.link_id) if played.link_id is not None else None
        if link is None or link.state != "linked" or link.peer_url is None or link.private_key is None:
            raise ApiError("reference_unlinked")
        try:
            key = self._key(link.id, link.private_key)
        except WrongSecretKey:
            raise ApiError("reference_unlinked") from None
        return Origin(link.id, link.name, link.peer_url, key)

    def ticket(
        self,
        played: PlayedThere,
        kinds: Collection[str],
        *,
        lifetime: int = MAX_LIFETIME,
        viewer: tuple[str, str] | None = None,
        limits: TokenLimits | None = None,
        origins: Sequence[str] | None = None,
    ) -> Ticket:
        """What lets somebody play there for ``lifetime`` seconds, as far as ``kinds`` go. ``viewer`` is whose name that
        is, and the name of who watches, of which nothing is told but that it is the same one again; ``origins`` are
        those whose pages may use it, None for any. Raises ``reference_unlinked``.
        """
        origin = self.origin(played)
        claims: dict[str, Any] = dict(limit_claims(limits))
        if viewer is not None:
            claims["viewer"] = self._pseudonym(origin.link_id, *viewer)
        if origins is not None:
            claims["origins"] = list(origins)
        token = tokens.sign(
            key_id=platform_key_id(origin.link_id),
            algorithm="EdDSA",
            private_key=origin.key,
            playback_id=played.playback_id,
            kinds=kinds,
            now=time.time(),
            lifetime=max(1, min(MAX_LIFETIME, lifetime)),
            claims=claims,
        )
        return Ticket(origin, played.playback_id, token)

    def ticket_for(self, played: PlayedThere, grant: Grant | None, origins: Sequence[str] | None) -> Ticket:
        """The same for whoever was let in here with ``grant``, None for what anybody may play."""
        if grant is None:
            return self.ticket(played, tokens.KINDS, origins=origins)
        return self.ticket(
            played,
            grant.kinds,
            lifetime=int(grant.expires_at - time.time()),
            viewer=(grant.viewers_of, grant.viewer) if grant.viewer else None,
            limits=grant.limits,
            origins=origins,
        )

    @property
    def own_pages(self) -> tuple[str, ...]:
        """The origin of this platform's own pages."""
        return (self._own_origin,)

    def _link(self, link_id: str) -> PlatformLink | None:
        def find() -> PlatformLink | None:
            with self._sessions() as session:
                found = session.get(PlatformLink, link_id)
                if found is not None:
                    session.expunge(found)
                return found

        return self._links.get(link_id, find)

    def _key(self, link_id: str, sealed: bytes) -> Ed25519PrivateKey:
        known = self._keys.get((link_id, sealed), lambda: open_key(self._secret_key, link_id, sealed))
        assert known is not None  # noqa: S101  (for the type checker)
        return known

    def _pseudonym(self, link_id: str, viewers_of: str, viewer: str) -> str:
        text = f"{link_id}\n{viewers_of}\n{viewer}"
        return hmac.new(self._secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


class SharedByLinks:
    """Whether lessons are shared by links, as one process knows it: what is not any more is refused after this time."""

    FRESH_SECONDS = 5.0

    def __init__(self, sessions: sessionmaker[Session], stale_if_error: StaleIfError) -> None:
        self._sessions = sessions
        self._known: Cache[tuple[str, str], bool] = Cache(
            20_000, self.FRESH_SECONDS, stale_if_error=stale_if_error
        )

    def includes(self, link_id: str, asset_id: str) -> bool:
        """Whether the asset is shared by a link that is neither paused nor ended."""

        def ask() -> bool:
            with self._sessions() as session:
                return links.shares_asset(session, link_id, asset_id)

        return bool(self._known.get((link_id, asset_id), ask))
