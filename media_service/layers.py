"""The way of a request to Flask and of its answer back: one table of WSGI layers (PEP 3333)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final
from wsgiref.types import WSGIApplication

from media_service import bodies, event_loop, proxies, request_metrics
from media_service.playback.access import rate_limits, token_folders
from media_service.playback.parts import Parts
from media_service.playback.serving import cors, playlists
from media_service.request_state import state_of
from media_service.services import Services
from media_service.uploads.spoken import speak_tus

Layer = Callable[[WSGIApplication], WSGIApplication]

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:=+-]{7,127}")
"""What may stand in a line of the log."""

_ALWAYS: Final = [("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer")]


def layers(services: Services, playback: Parts) -> Sequence[Layer]:
    """Return all layers, the outermost first."""
    return (
        # Sees every answer, whichever layer gives it.
        partial(request_metrics.measured, measures=services.measures),
        # What is inside of it may log the request's ID.
        mark,
        partial(proxies.believe, trusted=services.settings.trusted_proxies),
        token_folders.unfold,
        # Also adds to what the layers below refuse.
        partial(cors.allow_origins, judge_reader=playback.gate.judge_reader),
        partial(rate_limits.count_bytes, rate_limits=playback.rate_limits),
        partial(
            playlists.answer_playlists,
            gate=playback.gate,
            manifests=playback.manifests,
            addressing=playback.addressing,
            count_start=services.count_start,
        ),
        speak_tus,
        # From here on a request may wait for a server, so it needs a thread.
        event_loop.let_wait,
        bodies.synchronous,
    )


def within(app: WSGIApplication, around: Sequence[Layer]) -> WSGIApplication:
    """Return ``app`` within layers, the first of which is the outermost."""
    for layer in reversed(around):
        app = layer(app)
    return app


def mark(app: WSGIApplication) -> WSGIApplication:
    """Give each request an ID, the client's own where it brings a proper one; add the headers that every answer
    carries, and leave its status for those who count.

    All in one, for each further layer that looks at answers costs every playlist some of its time.
    """

    def marking(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        state = state_of(environ)
        given = environ.get("HTTP_X_REQUEST_ID")
        state.id = request_id = given if given and _ID.fullmatch(given) else secrets.token_hex(12)

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            state.status = status
            return start_response(status, [*headers, *_ALWAYS, ("X-Request-Id", request_id)], *error)

        return app(environ, start)

    return marking
