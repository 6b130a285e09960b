"""Conditional requests (RFC 9110, section 13): whether a client has what it asks for already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.http import parse_etags


def client_has(environ: Mapping[str, Any], etag: str) -> bool:
    """Return whether If-None-Match names ``etag``, which is given without its quotes."""
    known = environ.get("HTTP_IF_NONE_MATCH")
    return known is not None and parse_etags(known).contains_weak(etag)
