"""Playback tokens in the path: ``/v/{playback_id}/t/{token}/...`` is ``/v/{playback_id}/...?token={token}``.

Players resolve what a playlist names against the playlist's own address (RFC 3986, section 5), of which a query is no
part. So a playlist whose token is a folder names its segments without it: of three hours 0.2 MB instead of 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final
from wsgiref.types import WSGIApplication

from media_service.request_state import state_of

_FOLDER: Final = re.compile(r"(/v/[^/]+/)t/([A-Za-z0-9_.-]+)/(.+)")
"""No version is called ``t``."""


def token_folder(token: str) -> str:
    """Return what stands between a playback ID and the names below it."""
    return f"t/{token}/"


def unfold(app: WSGIApplication) -> WSGIApplication:
    """Let all that is inside find the token in the query, wherever it stood."""

    def unfolding(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        found = _FOLDER.fullmatch(environ.get("PATH_INFO", ""))
        if found is not None:
            start, token, name = found.groups()
            query = environ.get("QUERY_STRING", "")
            environ["PATH_INFO"] = start + name
            environ["QUERY_STRING"] = f"token={token}&{query}" if query else f"token={token}"
            state_of(environ).has_token_folder = True
        return app(environ, start_response)

    return unfolding
