"""Whose word counts about where a request comes from: only that of proxies the operator has named."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any
from wsgiref.types import WSGIApplication

log = logging.getLogger(__name__)


BELIEVED = "lessonstream.forwarded_for"
"""In the environment of a request: the X-Forwarded-For of a trusted proxy. The header itself stays, for it tells that
there was a proxy."""

_FORWARDED = "HTTP_X_FORWARDED_FOR"


def believe(app: WSGIApplication, trusted: Sequence[str]) -> WSGIApplication:
    """``app``, which finds ``BELIEVED`` in requests of ``trusted`` addresses and networks."""
    networks = [ip_network(network) for network in trusted]

    @lru_cache(maxsize=1000)
    def is_trusted(peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return True  # a Unix socket, which only this machine can open
        if any(address in network for network in networks):
            return True
        if address.is_private:
            log.warning("X-Forwarded-For of %s is not believed: is it a proxy for TRUSTED_PROXIES?", peer)
        return False

    def believing(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if _FORWARDED in environ and is_trusted(environ.get("REMOTE_ADDR", "")):
            environ[BELIEVED] = environ[_FORWARDED]
        return app(environ, start_response)

    return believing
