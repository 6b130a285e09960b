"""The cookie that carries a session, and by what a request shows that a page of our own sends it. Pure.

The cookie is ``HttpOnly`` and ``SameSite=Lax``; over https it is ``Secure`` and named with the prefix ``__Host-``, so
that no other host of the domain can set it (RFC 6265bis, section 4.1.3). Over http cookies do not tell ports apart, so
there the name does: two stacks on one machine do not sign each other out.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

CSRF_HEADER: Final = "X-CSRF-Token"

SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")

_OF_OUR_OWN: Final = ("same-origin", "none")
"""Who may ask, as browsers tell it (``Sec-Fetch-Site``): a page of ours, or a person by the address bar."""


@lru_cache(maxsize=8)
def cookie_name(public_url: str, purpose: str = "session") -> str:
    """What the cookie is called on a site."""
    site = urlsplit(public_url)
    if site.scheme == "https":
        return f"__Host-lessonstream-{purpose}"
    return f"lessonstream-{purpose}-{site.port or 80}"


def is_secure(public_url: str) -> bool:
    """Whether browsers may send the cookie over https alone."""
    return urlsplit(public_url).scheme == "https"


def csrf_token(secret: str) -> str:
    """What unsafe requests of a session show in ``X-CSRF-Token``: only who can read our answers knows it."""
    return hmac.new(secret.encode(), b"lessonstream csrf", hashlib.sha256).hexdigest()


def is_csrf_token(secret: str, shown: str) -> bool:
    """Whether this is the session's."""
    return hmac.compare_digest(csrf_token(secret).encode(), shown.encode("utf-8", "surrogateescape"))


def may_read(headers: Headers) -> bool:
    """Whether the cookie counts for a request that changes nothing: not where a page of another origin has it sent,
    one of a neighbouring host for example, to which ``SameSite`` is blind.
    """
    return headers.get("Sec-Fetch-Site", "none") in _OF_OUR_OWN


def may_change(headers: Headers, host: str, public_url: str) -> bool:
    """Whether a request that changes something comes from a page of ours, as far as the browser tells: by
    ``Sec-Fetch-Site``, which it sends over https, and ``Origin``, which it always sends with such a request. ``host``
    is the one that was asked. Who tells nothing is no browser.
    """
    site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    if site is not None:
        return site == "same-origin"
    return origin is None or _is_ours(origin, host, public_url)


def is_form_of_ours(headers: Headers, host: str, public_url: str) -> bool:
    """``may_change`` for a form, which has nothing else to show: who tells nothing is refused."""
    return ("Sec-Fetch-Site" in headers or "Origin" in headers) and may_change(headers, host, public_url)


def _is_ours(origin: str, host: str, public_url: str) -> bool:
    asked = urlsplit(origin)
    return origin == public_url or (asked.scheme in ("http", "https") and asked.netloc == host)
