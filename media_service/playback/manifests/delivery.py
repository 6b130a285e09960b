"""Who gives players the bytes of segments (setting ``DELIVERY``), and so what stands in media playlists.

``service``: this service, below the playlist's own address. ``presigned``: the S3 server, by presigned URLs that all
viewers share. ``edge``: nginx before the S3 server, by the objects' keys; a signature stands in the query, which is
no part of the edge's cache key, so that viewers share what one of them has fetched.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlsplit

from configs.settings import Settings
from media_service.playback.manifests.presentation import SUFFIX
from storage.keys import version_prefix
from storage.objects import ObjectStore

PERIOD = 3600
"""Seconds for which addresses that belong to no token stay the same, so that caches of browsers know them again."""

LIFETIME = 24 * 3600
"""Seconds for which such an address is good at least: as long as the longest-lived token."""

EDGE_PATH = "/s/"
"""Where the edge has the bucket; configs/nginx/segments.conf."""


@dataclass(frozen=True)
class Scope:
    """A rendition of a version: what one media playlist opens."""

    asset_id: str
    version_id: str
    rendition: str


@dataclass(frozen=True)
class Query:
    """``text`` ends every address of a playlist; ``tag`` tells playlists apart whose addresses differ in time."""

    text: str
    tag: str = ""


class Delivery(Protocol):
    """One way to deliver. Times are seconds since the epoch."""

    @property
    def origin(self) -> str | None:
        """Where addresses of segments lead, if not to this service: the player page must be let there."""

    def period(self, now: float) -> int:
        """Return a number that changes when the addresses of a rendered playlist do."""

    def address(self, rendition: str, number: int, key: str, period: int) -> str:
        """Of one chunk's object in a template; it ends with ``presentation.SUFFIX`` if a query belongs there."""

    def query(self, scope: Scope, token_query: str, expires_at: float | None, now: float) -> Query:
        """Of one viewer whose token is good until ``expires_at``, or of everyone if that is None."""


def choose(settings: Settings, objects: ObjectStore) -> Delivery:
    """Return the one that is set."""
    if settings.delivery == "presigned":
        return PresignedDelivery(objects, _origin(settings.s3_public_url or settings.s3_endpoint))
    if settings.delivery == "edge":
        return EdgeDelivery(settings.edge_url or settings.public_url, settings.edge_secrets[0])
    return ServiceDelivery()


class ServiceDelivery:
    """Relative addresses, with the playback token unless the playlist's own has it in its path."""

    origin = None

    def period(self, now: float) -> int:  # noqa: ARG002
        return 0

    def address(self, rendition: str, number: int, key: str, period: int) -> str:  # noqa: ARG002
        return f"{rendition}/{number}.mp4{SUFFIX}"

    def query(self, scope: Scope, token_query: str, expires_at: float | None, now: float) -> Query:  # noqa: ARG002
        return Query(token_query)


@dataclass(frozen=True)
class PresignedDelivery:
    """The S3 server's addresses, signed at the beginning of a period: good until ``LIFETIME`` after its end."""

    objects: ObjectStore
    origin: str

    def period(self, now: float) -> int:
        return int(now // PERIOD)

    def address(self, rendition: str, number: int, key: str, period: int) -> str:  # noqa: ARG002
        return self.objects.presign(key, datetime.fromtimestamp(period * PERIOD, UTC), PERIOD + LIFETIME)

    def query(self, scope: Scope, token_query: str, expires_at: float | None, now: float) -> Query:  # noqa: ARG002
        return Query("")


@dataclass(frozen=True)
class EdgeDelivery:
    """Keys behind the edge's address; a token's signature ends with the token, everyone's like a presigned one."""

    url: str
    secret: str

    @property
    def origin(self) -> str:
        """The edge's."""
        return _origin(self.url)

    def period(self, now: float) -> int:  # noqa: ARG002
        return 0

    def address(self, rendition: str, number: int, key: str, period: int) -> str:  # noqa: ARG002
        return f"{self.url}{EDGE_PATH}{key}{SUFFIX}"

    def query(self, scope: Scope, token_query: str, expires_at: float | None, now: float) -> Query:  # noqa: ARG002
        if expires_at is None:
            expires_at = (now // PERIOD + 1) * PERIOD + LIFETIME
        expires = int(expires_at)
        return Query(f"?e={expires}&s={edge_signature(self.secret, scope, expires)}", str(expires))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def edge_signature(secret: str, scope: Scope, expires: int) -> str:
    """HMAC-SHA256 (RFC 2104) in base64url without padding (RFC 4648, section 5) over what it opens and until when.

    It covers the version's prefix and the rendition, so no other object of the bucket, the source least of all, and no
    rendition that a viewer was not given. configs/nginx/segments.js checks it.
    """
    text = f"{version_prefix(scope.asset_id, scope.version_id)}\n{scope.rendition}\n{expires}"
    digest = hmac.digest(secret.encode(), text.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
