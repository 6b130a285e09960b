"""Origins of partners: what may be written, which pages are meant, and from which page a request comes. Pure.

An origin is written as browsers send it (RFC 6454, section 6.2): ``https://learn.example.cn``, with a port where it
is not the scheme's own. ``https://*.example.cn`` means every host below ``example.cn`` at any depth, and not
``example.cn`` itself. What counts as a match is what Content Security Policy Level 3 (section 6.7.2) says of host
sources, so that the pages that may frame the player are the pages that may read the media: ``http://`` includes
``https://`` of the same host, for a site that moves to TLS.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, Final

from publicsuffixlist import PublicSuffixList

MOST_ORIGINS: Final = 50
NO_ORIGIN: Final = "null"
"""What browsers call the origin of pages that have none: ``data:``, ``file:``, sandboxed ones."""

_LONGEST: Final = 300
_LONGEST_HOST: Final = 253

_WRITTEN = re.compile(r"(https?)://(\*\.)?([^\s/?#@:*\\]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_SENT = re.compile(r"(https?)://((?:\*\.)?[a-z0-9_.-]+)(?::([0-9]{1,5}))?")
_REFERER = re.compile(r"(https?://[^/?#@]+)(?:[/?#]|$)")
_OF_OTHERS = ("cross-site", "same-site")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORTS: Final = {"http": 80, "https": 443}


def read_origin(text: str) -> str:
    """Return an origin in its one spelling: lower case, punycode (IDNA), no default port.

    Raises ``ValueError`` with a sentence about what is wrong: no scheme or another one than http and https, a path
    (also a bare ``/``), a query, credentials, an address instead of a host, ``*`` alone or in the middle, or a
    wildcard over a public suffix (``https://*.edu.cn``), below which anyone may register.
    """
    found = _WRITTEN.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise ValueError(
            f"{text[:_LONGEST]!r} is not an origin: write https://host or https://host:port, "
            "or https://*.host for all hosts below one; nothing may follow"
        )
    scheme, wildcard, written, port = found[1].lower(), found[2] or "", found[3], found[4]
    host = _host(written)
    if wildcard and _suffixes().is_public(host):
        raise ValueError(f"{text!r} would include everyone below {host}: name a host that one owner has")
    number = int(port) if port else _PORTS[scheme]
    if not 0 < number < 2**16:
        raise ValueError(f"{text!r} has no port between 1 and 65535")
    return f"{scheme}://{wildcard}{host}" + (f":{number}" if number != _PORTS[scheme] else "")


@lru_cache(maxsize=10_000)
def allows(origins: tuple[str, ...], origin: str) -> bool:
    """Return whether a page of ``origin``, as its browser tells it (``null`` for one that has none), is meant."""
    page = _split(origin)
    return page is not None and any(_matches(entry, page) for entry in map(_split, origins) if entry)


def frame_ancestors(origins: Iterable[str] | None) -> str:
    """Return the directive for a page that these may frame, and the service itself; ``None``: all may.

    Browsers compare every ancestor, so a stranger cannot frame a partner's page that frames the player.
    """
    return "frame-ancestors " + ("*" if origins is None else " ".join(("'self'", *origins)))


def asking_origin(environ: Mapping[str, Any]) -> str | None:
    """Return the origin of the page that asks; None if the request is not one of another page.

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


def _host(written: str) -> str:
    try:
        host = written.encode("idna").decode().lower()
    except UnicodeError:
        raise ValueError(f"{written!r} is not a host name") from None
    labels = host.split(".")
    if len(host) > _LONGEST_HOST or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(f"{written!r} is not a host name")
    if _NUMBER.fullmatch(
        labels[-1]
    ):  # what browsers take for an IPv4 address (URL standard, ends in a number)
        raise ValueError(f"{written!r} is an address: browsers match hosts by name only")
    return host


def _split(origin: str) -> tuple[str, str, int] | None:
    found = _SENT.fullmatch(origin)
    return (found[1], found[2], int(found[3] or _PORTS[found[1]])) if found else None


def _matches(entry: tuple[str, str, int], page: tuple[str, str, int]) -> bool:
    (scheme, host, port), (page_scheme, page_host, page_port) = entry, page
    upgraded = (scheme, page_scheme) == ("http", "https")
    same_port = port == page_port or (upgraded and (port, page_port) == (80, 443))
    same_host = page_host.endswith(host[1:]) if host.startswith("*.") else page_host == host
    return (scheme == page_scheme or upgraded) and same_port and same_host


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
