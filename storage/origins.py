"""Origins of addresses: by these it is told whether two addresses are of one site. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

_USUAL_PORTS = {"http": ":80", "https": ":443"}


def origin_of(url: str) -> str:
    """The origin of an address as browsers send it (RFC 6454, section 6.2): scheme, host and port, in small letters and
    without the scheme's usual port. Empty for what is no address."""
    try:
        parts = urlsplit(url.strip().lower())
    except ValueError:
        return ""
    if not parts.scheme or not parts.netloc:
        return ""
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{place.removesuffix(_USUAL_PORTS.get(parts.scheme, ''))}"


def host_of(url: str) -> str:
    """The host of an address, in small letters. Empty for what is no address."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def has_path(url: str) -> bool:
    """Whether an address tells more than an origin: a path, a query or a fragment."""
    parts = urlsplit(url.strip())
    return parts.path not in ("", "/") or bool(parts.query or parts.fragment)
