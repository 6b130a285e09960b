"""HLS playlists: the one way in which they are answered, a layer before Flask.

Nothing is asked for more often, and half of what one would cost in Flask is routing, contexts and header objects.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs
from wsgiref.types import WSGIApplication

from media_service import errors
from media_service.event_loop import WouldWait
from media_service.playback.access.gate import Admission, Gate
from media_service.playback.access.tokens import VIDEO
from media_service.playback.manifests.delivery import Delivery
from media_service.playback.manifests.presentation import with_query
from media_service.playback.manifests.rendering import Manifests, RenderedPlaylist
from media_service.playback.serving.validators import client_has
from media_service.problems import ApiError
from media_service.request_state import state_of
from media_service.services import CountStart
from storage.ids import is_id

M3U8: Final = "application/vnd.apple.mpegurl"

GROWING_SECONDS: Final = 1
PLAYLIST_SECONDS: Final = 60
"""How long a finished playlist is kept by caches: a deleted video, or a policy that changed, ends within it."""

MASTER_SECONDS: Final = 5
"""Captions may be added to a finished version and should show at once. Its ETag spares the bytes."""

MASTER_ROUTE: Final = "/v/<playback_id>/master.m3u8"
VERSION_ROUTE: Final = "/v/<playback_id>/<version_id>.m3u8"
"""The multivariant playlist of one version, beside that of the current one, so that both name their children alike."""

MEDIA_ROUTE: Final = "/v/<playback_id>/<version_id>/<name>.m3u8"
"""Templates of the addresses, as Flask knows them."""

_ADDRESS: Final = re.compile(
    r"/v/(?P<playback>[^/]+)/(?:master|(?P<version>[^/]+?)(?:/(?P<rendition>[^/]+))?)\.m3u8"
)
_TOKEN_ALONE: Final = re.compile(r"(?:token=([A-Za-z0-9_.-]+))?")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def is_playlist(environ: dict[str, Any]) -> bool:
    """Return whether the answer is mostly remembered, so that it is worth a try in the event loop."""
    return bool(environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"].endswith(".m3u8"))


def require_names(version_id: str, name: str) -> None:
    """Raise ``not_found`` unless these are a version's ID and a short name; nothing else reaches the catalogue."""
    if not is_id(version_id) or not _NAME.fullmatch(name):
        raise ApiError("not_found")


def require_open(manifests: Manifests, admission: Admission, version_id: str, name: str) -> None:
    """Raise ``token_not_allowed`` for a rendition that the token's limits keep back."""
    limits = admission.limits
    if limits is not None and not manifests.is_open(admission.playback.asset_id, version_id, name, limits):
        raise ApiError("token_not_allowed")


def playlist_cache_control(admission: Admission, rendered: RenderedPlaylist, *, master: bool) -> str:
    """Return Cache-Control: a playlist that grows must be asked for again when a segment may have been added."""
    final = MASTER_SECONDS if master else PLAYLIST_SECONDS
    return admission.cache_control(final if rendered.final else GROWING_SECONDS)


@dataclass(frozen=True)
class Addressing:
    """How playlists name what belongs to them.

    ``folders_from``, by ``time.monotonic``, is when tokens begin to stand in paths: a process of the release before,
    which may run until then, does not answer such addresses.
    """

    delivery: Delivery
    folders_from: float

    def for_viewer(self, admission: Admission, rendered: RenderedPlaylist) -> tuple[str, str]:
        """Return the text of a playlist with the viewer's addresses, and its ETag.

        The tag of addresses that run out is in the ETag: who asks again after they did must not be told to keep them.
        """
        if rendered.scope is None:
            folder = admission.folder if time.monotonic() >= self.folders_from else ""
            return with_query(rendered.template, admission.query, folder), rendered.etag
        query = self.delivery.query(rendered.scope, admission.query, admission.segments_until, time.time())
        etag = f"{rendered.etag}-{query.tag}" if query.tag else rendered.etag
        return with_query(rendered.template, query.text), etag


def tell_start(admission: Admission, environ: dict[str, Any], count_start: CountStart) -> None:
    """A playlist is answered that plays begin with."""
    playback, grant = admission.playback, admission.grant
    pages_of = grant.pages_of if grant is not None else ""
    count_start(playback.asset_id, playback.organization_id, pages_of, environ)


def answer_playlists(
    app: WSGIApplication, gate: Gate, manifests: Manifests, addressing: Addressing, count_start: CountStart
) -> WSGIApplication:
    """Answer GET and HEAD of playlists, and refuse them, before ``app``; ``count_start`` is told of those that plays
    begin with."""

    def answering(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        path = _ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
        if path is None or method not in ("GET", "HEAD"):
            return app(environ, start_response)
        playback_id, version_id, name = path.groups()
        is_master = name is None
        state_of(environ).route = (
            MASTER_ROUTE if version_id is None else VERSION_ROUTE if is_master else MEDIA_ROUTE
        )
        try:
            admission = gate.admit(playback_id, VIDEO, _token(environ), environ=environ)
            rendered = (
                _master(manifests, admission, version_id)
                if name is None
                else _media(manifests, admission, version_id, name)
            )
        except WouldWait:
            raise
        except Exception as error:
            return errors.answer(error, environ)(environ, start_response)
        if is_master and method == "GET":
            tell_start(admission, environ, count_start)
        text, etag = addressing.for_viewer(admission, rendered)
        cache_control = playlist_cache_control(admission, rendered, master=is_master)
        if "HTTP_IF_NONE_MATCH" in environ and client_has(environ, etag):
            start_response("304 NOT MODIFIED", [("ETag", f'"{etag}"'), ("Cache-Control", cache_control)])
            return []
        body = text.encode()
        headers = [
            ("Content-Type", M3U8),
            ("Content-Length", str(len(body))),
            ("ETag", f'"{etag}"'),
            ("Cache-Control", cache_control),
        ]
        start_response("200 OK", headers)
        return [body] if method == "GET" else []

    return answering


def _master(manifests: Manifests, admission: Admission, version_id: str | None) -> RenderedPlaylist:
    """Return the multivariant playlist of the current version, or of the one that is named."""
    if version_id is not None and version_id != admission.playback.version_id:
        if not is_id(version_id):
            raise ApiError("not_found")
        other = manifests.master_of(admission.playback, version_id, admission.limits)
        if other is None:
            raise ApiError("not_found")
        return other
    if admission.playback.state == "failed":
        raise ApiError("video_failed")
    rendered = manifests.master(admission.playback, admission.limits)
    if rendered is None:
        raise ApiError("not_playable_yet", headers={"Retry-After": "2"})
    return rendered


def _media(manifests: Manifests, admission: Admission, version_id: str, name: str) -> RenderedPlaylist:
    """Return the playlist of a rendition. A version that was replaced plays on for those who began with it."""
    require_names(version_id, name)
    if admission.limits is not None:
        require_open(manifests, admission, version_id, name)
    rendered = manifests.media(
        admission.playback.asset_id, version_id, name, admission.limits, watched=admission.is_watched
    )
    if rendered is None:
        raise ApiError("not_found")
    return rendered


def _token(environ: dict[str, Any]) -> str:
    query = environ.get("QUERY_STRING", "")
    alone = _TOKEN_ALONE.fullmatch(query)
    return (alone[1] or "") if alone else parse_qs(query, keep_blank_values=True).get("token", [""])[0]
