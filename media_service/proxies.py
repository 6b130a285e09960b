"""The address that a request comes from, by the word of proxies that the operator has named and of nobody else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any
from wsgiref.types import WSGIApplication

from media_service.request_state import state_of

log = logging.getLogger(__name__)


_FORWARDED = "HTTP_X_FORWARDED_FOR"


def believe(app: WSGIApplication, trusted: Sequence[str]) -> WSGIApplication:
    """Believe X-Forwarded-For of ``trusted`` addresses and networks.

    The header itself stays, for it tells that there was a proxy.
    """
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
            state_of(environ).forwarded_for = environ[_FORWARDED]
        return app(environ, start_response)

    return believing


def client_address(environ: dict[str, Any]) -> str:
    """Return the address of the viewer: the last entry of a trusted proxy's X-Forwarded-For is what that has seen.

    Of an IPv6 address it is the network of 64 bits, which is what one subscriber gets; an IPv4 address that a socket of
    both kinds shows as one is an IPv4 address.
    """
    return _subscriber(full_address(environ))


def full_address(environ: dict[str, Any]) -> str:
    """Return the address of the viewer as it is."""
    forwarded = state_of(environ).forwarded_for if _FORWARDED in environ else None
    return forwarded.rpartition(",")[2].strip() if forwarded else environ.get("REMOTE_ADDR", "")


@lru_cache(maxsize=1000)
def is_near(address: str) -> bool:
    """Return whether an address is this machine's, or one of a private network."""
    try:
        return ip_address(address).is_private
    except ValueError:
        return True  # a Unix socket


@lru_cache(maxsize=10_000)
def _subscriber(address: str) -> str:
    try:
        parsed = ip_address(address.partition("%")[0])  # without the zone of a link-local one
    except ValueError:
        return ""
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or parsed.exploded[:19])
