"""Which addresses of strangers may be asked for. Pure: nothing here asks anybody.

A URL that somebody typed may lead anywhere: to the cloud's metadata service, to our own database, to a router. So an
address counts only if everybody on the internet could reach it, or the operator allows its network.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Literal
from urllib.parse import quote, urlsplit

from configs.words import OutboundFailure

Network = IPv4Network | IPv6Network

LONGEST_URL: Final = 2048

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_FIRST_FREE_PORT: Final = 1024
_HOST: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?")

_REFUSED_IPV4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host (RFC 791)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # carriers' own (RFC 6598); metadata of Alibaba Cloud
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # metadata of Azure, in a public range
        "169.254.0.0/16",  # link-local (RFC 3927); metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments (RFC 6890); metadata of Oracle
        "192.0.2.0/24",  # examples (RFC 5737)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""All else of IPv6 is special: mapped and compatible IPv4, NAT64, loopback, link-local, unique local, multicast."""

_REFUSED_IPV6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # examples
        "2002::/16",  # 6to4, which wraps any IPv4 address
        "3fff::/20",  # examples (RFC 9637)
    )
)


class OutboundError(Exception):
    """A stranger was not asked, or did not answer as it should; ``code`` says why, the text tells a developer."""

    def __init__(self, code: OutboundFailure, detail: str) -> None:
        self.code: OutboundFailure = code
        # Strangers' own words may be in it, and catalogue and log keep no control characters.
        super().__init__("".join(sign if sign.isprintable() else " " for sign in detail))


@dataclass(frozen=True)
class Target:
    """Where a request goes. ``host`` is in ASCII, without brackets; ``path`` has the query with it."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Whoever shares it gets the same secrets (RFC 6454)."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """For the ``Host`` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address as a whole."""
        return f"{self.scheme}://{self.authority}{self.path}"


def read_url(text: str, allowed: Sequence[Network] = ()) -> Target:
    """Where a URL leads. Raises ``OutboundError``: ``url_invalid``, or ``address_refused`` where the host is an address
    that is none of the internet's and in no network that is ``allowed``.

    What programs read differently is refused, not interpreted: backslashes, blanks, user names, numbers for hosts.
    """
    if len(text) > LONGEST_URL or any(
        ord(sign) <= 0x20 or ord(sign) == 0x7F or sign == "\\" for sign in text
    ):
        raise OutboundError("url_invalid", "too long, or with blanks, control characters or backslashes")
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError as error:
        raise OutboundError("url_invalid", str(error)) from None
    if scheme not in _DEFAULT_PORTS or "@" in parts.netloc:
        raise OutboundError("url_invalid", "not http:// or https://, or with a user name")
    wanted = _DEFAULT_PORTS[scheme] if port is None else port
    if wanted not in _DEFAULT_PORTS.values() and wanted < _FIRST_FREE_PORT:
        raise OutboundError("url_invalid", f"port {wanted} is that of another service")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
        "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]") if parts.query else ""
    )
    return Target("https" if scheme == "https" else "http", _read_host(host, allowed), wanted, path)


def _read_host(host: str, allowed: Sequence[Network]) -> str:
    literal = _literal(host)
    if literal is not None:
        require_allowed(str(literal), allowed)
        return str(literal)
    try:
        name = host.encode("idna").decode().lower()
    except UnicodeError:
        raise OutboundError("url_invalid", "the host is no name") from None
    if not _HOST.fullmatch(name):
        raise OutboundError("url_invalid", "the host is no name")
    # 0x7f.1, 2130706433 and 127.1 are addresses for some and names for others (RFC 3986, section 7.4).
    if re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)", name.rstrip(".").rpartition(".")[2]):
        raise OutboundError("address_refused", "a host that ends with a number is no name")
    return name


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def require_allowed(address: str, allowed: Sequence[Network] = ()) -> None:
    """Go on if a numeric address may be connected to. Raises ``OutboundError`` with ``address_refused``."""
    if not is_allowed(address, allowed):
        raise OutboundError("address_refused", f"{address} is not an address of the public internet")


def is_allowed(address: str, allowed: Sequence[Network] = ()) -> bool:
    """Whether a numeric address is a global unicast one, or in a network that is ``allowed``. What wraps an IPv4
    address in an IPv6 one is neither."""
    found = _literal(address)
    if found is None or getattr(found, "scope_id", None):
        return False
    if any(found.version == network.version and found in network for network in allowed):
        return True
    if not found.is_global or found.is_multicast:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in network for network in _REFUSED_IPV4)
    return found in _GLOBAL_UNICAST and not any(found in network for network in _REFUSED_IPV6)


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """The networks of a setting."""
    return tuple(ip_network(each) for each in texts)
