"""Who may read the media from a page of another origin (Fetch standard, CORS).

Any page may, for there are no cookies here and tokens stand in the URL; but what a partner's token opens, or a public
playback ID that is for partners alone, only the partner's pages may read. Then the answer names the one origin that
asked, and caches keep it for that one alone (``Vary``). Credentials are never allowed.

A WSGI layer and no hook of Flask: so the headers are also on answers to addresses that no view has, where a
player must be able to read the status, and cost next to nothing on playlists, the answers that are sent most.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import WSGIApplication

from media_service.request_state import state_of

log = logging.getLogger(__name__)


_STATUS = re.compile(r"/embed/[^/]+/status")
"""What the player's page asks while it waits: in a frame with ``sandbox`` that page has no origin."""

_COMMON = [
    (
        "Access-Control-Expose-Headers",
        "Content-Disposition, Content-Length, Content-Range, ETag, Retry-After, X-Request-Id",
    ),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
]
_ALWAYS = [("Access-Control-Allow-Origin", "*"), *_COMMON]
_PREFLIGHT = [
    ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
    ("Access-Control-Allow-Headers", "Range, If-Range, If-None-Match"),
    ("Access-Control-Max-Age", "86400"),
]
_PARTNER_PREFLIGHT = [*_PREFLIGHT[:-1], ("Access-Control-Max-Age", "30")]
"""A partner's origin may be taken away."""


def allow_origins(app: WSGIApplication, judge_reader: Callable[[dict[str, Any]], None]) -> WSGIApplication:
    """Add the headers of CORS to everything that players read: what is below ``/v/``, and states. No view sees
    a preflight: ``judge_reader`` sets ``RequestState.only_origin`` for it.
    """

    def allowing(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not (path.startswith("/v/") or _STATUS.fullmatch(path)):
            return app(environ, start_response)
        state = state_of(environ)
        preflight = environ["REQUEST_METHOD"] == "OPTIONS"
        if preflight:
            try:
                judge_reader(environ)
            except Exception:  # the catalogue is away: no page may, until it is back
                log.exception("nobody may read what a preflight asks for")
                state.only_origin = ""

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            only = state.only_origin
            if only is None:
                added = _ALWAYS + _PREFLIGHT if preflight else _ALWAYS
            else:
                added = _only(only) + (_PARTNER_PREFLIGHT if preflight else [])
            return start_response(status, headers + added, *error)

        return app(environ, start)

    return allowing


def _only(origin: str) -> list[tuple[str, str]]:
    named = [("Access-Control-Allow-Origin", origin)] if origin else []
    return [*named, ("Vary", "Origin, Referer"), *_COMMON]
