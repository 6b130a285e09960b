"""What a request says of the page behind it, and the address it comes from. Nothing here is proof of who asks: only
browsers tell the truth about origins, and it is their pages that are to be kept apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any

from media_service.proxies import BELIEVED

NO_ORIGIN = "null"
"""What browsers call the origin of pages that have none: ``data:``, ``file:``, sandboxed ones."""

_REFERER = re.compile(r"(https?://[^/?#@]+)(?:[/?#]|$)")
_OF_OTHERS = ("cross-site", "same-site")


def asking_origin(environ: Mapping[str, Any]) -> str | None:
    """The origin of the page that asks; None if the request is not one of another page.

    Requests whose answer a script may read name it (Origin, Fetch standard). ``<img>`` and ``<video>`` do not; but
    browsers say that such a request comes from another site's page (Sec-Fetch-Site), and then the referrer must say
    from which. Requests without either are of the service's own pages, or of programs that are no browsers; and
    what a viewer opens by itself, such as a file to be saved, no page can look into.
    """
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None:
        return str(origin).lower()
    if environ.get("HTTP_SEC_FETCH_SITE") in _OF_OTHERS and environ.get("HTTP_SEC_FETCH_DEST") != "document":
        found = _REFERER.match(environ.get("HTTP_REFERER", ""))
        return found[1].lower() if found else NO_ORIGIN
    return None


def client_address(environ: Mapping[str, Any]) -> str:
    """The address of the viewer: the last entry of a trusted proxy's X-Forwarded-For is what that has seen. Of an IPv6
    address the network of 64 bits, which is what one subscriber gets; an IPv4 address that a socket of both kinds
    shows as one is an IPv4 address.
    """
    forwarded = environ.get(BELIEVED)
    return _subscriber(forwarded.rpartition(",")[2].strip() if forwarded else environ.get("REMOTE_ADDR", ""))


@lru_cache(maxsize=1000)
def is_near(address: str) -> bool:
    """Whether an address is this machine's, or one of a private network."""
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
