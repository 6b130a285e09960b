"""Any page may play (Fetch standard, CORS): there are no cookies here, and tokens stand in the URL.

A WSGI layer and no hook of Flask: so the headers are also on answers to addresses that no view has, where a
player must be able to read the status, and cost next to nothing on playlists, the answers that are sent most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

WsgiApp = Callable[..., Iterable[bytes]]

_PREFIX = "/v/"

_ALWAYS = [
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Expose-Headers",
        "Content-Disposition, Content-Length, Content-Range, ETag, Retry-After, X-Request-Id",
    ),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
]
_PREFLIGHT = [
    ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
    ("Access-Control-Allow-Headers", "Range, If-Range, If-None-Match"),
    ("Access-Control-Max-Age", "86400"),
]


def allow_any_origin(app: WsgiApp) -> WsgiApp:
    """``app``, with the headers of CORS on everything below ``/v/``."""

    def allowing(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(_PREFIX):
            return app(environ, start_response)
        added = _ALWAYS + _PREFLIGHT if environ["REQUEST_METHOD"] == "OPTIONS" else _ALWAYS

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, headers + added, *error)

        return app(environ, start)

    return allowing
