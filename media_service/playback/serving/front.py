"""Playlists before Flask: the shortest way for the answer that is asked for most.

Half of what a playlist costs is routing, contexts and header objects. This WSGI layer answers the plain case (GET,
no condition, nothing in the query but a token) with the same gate and the same lookups as the views; whatever
else comes, and whatever goes wrong, is left to the views, which then say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import WSGIApplication

from media_service.playback.access.gate import OUTCOME, Gate
from media_service.playback.access.tokens import VIDEO
from media_service.playback.manifests.delivery import Delivery
from media_service.playback.manifests.rendering import Manifests
from media_service.playback.serving.responses import M3U8, for_viewer, playlist_cache_control
from media_service.problems import ApiError
from media_service.request_state import state_of

_PLAYLIST = re.compile(
    r"/v/(?P<playback>[0-9a-z]{20,32})/"
    r"(?:master|(?P<version>[0-9a-z]{20,32})/(?P<rendition>[a-z0-9][a-z0-9_-]{0,63}))\.m3u8"
)
MASTER_ROUTE = "/v/<playback_id>/master.m3u8"
MEDIA_ROUTE = "/v/<playback_id>/<version_id>/<name>.m3u8"
"""Templates of the views that would answer otherwise."""

_QUERY = re.compile(r"(?:token=([A-Za-z0-9_.-]+))?")


def is_playlist(environ: dict[str, Any]) -> bool:
    """Whether ``answer_playlists`` may have the answer."""
    return bool(environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"].endswith(".m3u8"))


def answer_playlists(
    app: WSGIApplication, gate: Gate, manifests: Manifests, delivery: Delivery
) -> WSGIApplication:
    """``app``, with plain requests for playlists answered before it."""

    def answering(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = _answer(gate, manifests, delivery, environ)
        if answer is None:
            return app(environ, start_response)
        route, headers, body = answer
        state_of(environ).route = route
        start_response("200 OK", headers)
        return [body]

    return answering


def _answer(
    gate: Gate, manifests: Manifests, delivery: Delivery, environ: dict[str, Any]
) -> tuple[str, list[tuple[str, str]], bytes] | None:
    path = _PLAYLIST.fullmatch(environ.get("PATH_INFO", ""))
    query = _QUERY.fullmatch(environ.get("QUERY_STRING", ""))
    plain = environ["REQUEST_METHOD"] == "GET" and "HTTP_IF_NONE_MATCH" not in environ
    if path is None or query is None or not plain:
        return None
    try:
        try:
            admission = gate.admit(path["playback"], VIDEO, query[1] or "", environ=environ)
        except ApiError as refused:
            environ[OUTCOME] = refused
            raise
        environ[OUTCOME] = admission
        playback = admission.playback
        if path["version"] is None:
            rendered = manifests.master(playback, admission.limits)
        else:
            rendered = manifests.media(
                playback.asset_id,
                path["version"],
                path["rendition"],
                admission.limits,
                watched=admission.is_watched,
            )
    except Exception:  # the view meets the same error and answers it
        return None
    if rendered is None:
        return None
    text, etag = for_viewer(admission, rendered, delivery)
    body = text.encode()
    headers = [
        ("Content-Type", M3U8),
        ("Content-Length", str(len(body))),
        ("ETag", f'"{etag}"'),
        ("Cache-Control", playlist_cache_control(admission, rendered, master=path["version"] is None)),
    ]
    return MASTER_ROUTE if path["version"] is None else MEDIA_ROUTE, headers, body
