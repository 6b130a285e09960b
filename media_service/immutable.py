"""Files whose address holds their hash."""

from __future__ import annotations

import gzip
from functools import cache

from flask import Response, request


def immutable_file(content: bytes, media_type: str | None) -> Response:
    """The answer with a file that never changes at its address, compressed for whoever takes that."""
    response = Response(content, mimetype=media_type)
    if request.accept_encodings.quality("gzip"):
        response.data = _compressed(content)
        response.headers["Content-Encoding"] = "gzip"
    return _for_ever(response)


def immutable_packed(packed: bytes, media_type: str | None) -> Response:
    """The same for a file that is compressed already (gzip), and too large to be kept as it is besides."""
    takes_gzip = bool(request.accept_encodings.quality("gzip"))
    response = Response(packed if takes_gzip else gzip.decompress(packed), mimetype=media_type)
    if takes_gzip:
        response.headers["Content-Encoding"] = "gzip"
    return _for_ever(response)


def _for_ever(response: Response) -> Response:
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    # Scripts with `integrity` are fetched by CORS; pages with COEP want the second one.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@cache
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
