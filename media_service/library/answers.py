"""How the library's pages and files go out: named by what they are, compressed, and under their policy."""

from __future__ import annotations

import base64
import gzip
import hashlib
from typing import Final

from flask import Response, request

from media_service.playback.serving.validators import client_has

PAGE_SECONDS: Final = 30
"""How long caches keep a page: who takes a lesson back wants it gone soon."""

FEED_SECONDS: Final = 300

_EFFORT: Final = 5
_WORTH_COMPRESSING: Final = 1024


def page(html: str, style: str, *, status: int = 200, by_language: bool) -> Response:
    """A page with one ``style`` element of its own. ``by_language``: another browser may get it in another language."""
    response = _answer(html, "text/html; charset=utf-8", status, PAGE_SECONDS)
    if by_language:
        response.vary.add("Accept-Language")
    own = f" 'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" if style else ""
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; style-src 'self'{own}; connect-src 'self'; "
        "img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    )
    return response


def feed(body: str, content_type: str) -> Response:
    """A feed, a sitemap, or a text for robots."""
    return _answer(body, content_type, 200, FEED_SECONDS)


def _answer(text: str, content_type: str, status: int, seconds: int) -> Response:
    body = text.encode()
    etag = hashlib.sha256(body).hexdigest()[:32]
    is_kept = status == 200
    if is_kept and client_has(request.environ, etag):
        response = Response(status=304)
    else:
        response = Response(body, status, content_type=content_type)
        if len(body) >= _WORTH_COMPRESSING and request.accept_encodings.quality("gzip"):
            response.set_data(gzip.compress(body, _EFFORT, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = f"public, max-age={seconds}" if is_kept else "no-store"
    if is_kept:
        # Weak: the same text may go out compressed or not.
        response.headers["ETag"] = f'W/"{etag}"'
    return response
