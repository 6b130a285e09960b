"""Answers with validators: playlists from memory, objects streamed from the object storage."""

from __future__ import annotations

import time
from collections.abc import Iterator

from flask import Response, request

from media_service.playback.access.gate import Admission
from media_service.playback.manifests.delivery import Delivery
from media_service.playback.manifests.presentation import with_query
from media_service.playback.manifests.rendering import RenderedPlaylist
from media_service.playback.serving.ranges import ByteRange, RangeNotSatisfiable, parse_range
from media_service.playback.serving.segment_cache import SegmentCache
from media_service.playback.serving.stored_objects import StoredObject
from media_service.problems import ApiError
from media_service.server.answer import Rewindable
from storage.objects import ObjectStore

M3U8 = "application/vnd.apple.mpegurl"
MPD = "application/dash+xml"
GROWING_SECONDS = 1
PLAYLIST_SECONDS = 60
"""How long a finished playlist is kept by caches: a deleted video, or a policy that changed, ends within it."""


MASTER_SECONDS = 5
"""Captions may be added to a finished version and should show at once. Its ETag spares the bytes."""


def playlist_cache_control(admission: Admission, rendered: RenderedPlaylist, *, master: bool) -> str:
    """A playlist that grows must be asked for again when a segment may have been added."""
    final = MASTER_SECONDS if master else PLAYLIST_SECONDS
    return admission.cache_control(final if rendered.final else GROWING_SECONDS)


def for_viewer(admission: Admission, rendered: RenderedPlaylist, delivery: Delivery) -> tuple[str, str]:
    """The text of a playlist with the viewer's addresses, and its ETag.

    The tag of addresses that run out is in the ETag: who asks again after they did must not be told to keep them.
    """
    if rendered.scope is None:
        return with_query(rendered.template, admission.query), rendered.etag
    query = delivery.query(rendered.scope, admission.query, admission.segments_until, time.time())
    etag = f"{rendered.etag}-{query.tag}" if query.tag else rendered.etag
    return with_query(rendered.template, query.text), etag


def send_text(body: str, content_type: str, etag: str, cache_control: str) -> Response:
    """A text, or 304 if the client has it."""
    quoted = f'"{etag}"'
    if _has(etag):
        return _not_modified(quoted, cache_control)
    headers = [("Content-Type", content_type), ("ETag", quoted), ("Cache-Control", cache_control)]
    return Response(body, 200, headers)


def send_object(
    objects: ObjectStore | SegmentCache,
    stored: StoredObject,
    cache_control: str,
    *,
    disposition: str | None = None,
) -> Response:
    """An object, or the one range of it that is asked for; never whole in memory. ``disposition`` is what the client
    should do with it (Content-Disposition).

    Raises ``range_not_satisfiable``; errors of the object storage pass through before the first byte.
    """
    quoted = f'"{stored.etag}"'
    if _has(stored.etag):
        return _not_modified(quoted, cache_control)
    headers = {
        "ETag": quoted,
        "Cache-Control": cache_control,
        "Accept-Ranges": "bytes",
        "Content-Type": stored.content_type,
        **({"Content-Disposition": disposition} if disposition else {}),
    }
    if request.method == "HEAD":
        return Response(headers={**headers, "Content-Length": str(stored.size)})
    try:
        part = wanted_range(stored)
    except RangeNotSatisfiable:
        raise ApiError("range_not_satisfiable", headers={"Content-Range": f"bytes */{stored.size}"}) from None
    if part is None:
        headers["Content-Length"] = str(stored.size)
        return Response(_Bytes(objects, stored.key, 0, stored.size), 200, headers, direct_passthrough=True)
    headers["Content-Length"] = str(part.length)
    headers["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{stored.size}"
    content = _Bytes(objects, stored.key, part.start, part.length)
    return Response(content, 206, headers, direct_passthrough=True)


class _Bytes(Rewindable):
    """``length`` bytes of an object from ``start`` on. Errors of the object storage pass through when it is made,
    before any byte is sent.
    """

    def __init__(self, objects: ObjectStore | SegmentCache, key: str, start: int, length: int) -> None:
        self._objects = objects
        self._key, self._start, self._length = key, start, length
        self._begun: Iterator[bytes] | None = objects.stream(key, start, length)

    def since(self, position: int) -> Iterator[bytes]:
        begun, self._begun = self._begun, None
        if position == 0 and begun is not None:
            return begun
        if position >= self._length:
            return iter(())
        return self._objects.stream(self._key, self._start + position, self._length - position)

    def close(self) -> None:
        begun, self._begun = self._begun, None
        close = getattr(begun, "close", None)
        if close is not None:
            close()


def wanted_range(stored: StoredObject) -> ByteRange | None:
    """The range that the current request asks for, None for the whole object. Raises ``RangeNotSatisfiable``."""
    # RFC 9110, section 13.1.5: a range of a representation that has changed since is not what the client wants.
    quoted = f'"{stored.etag}"'
    wanted = request.headers.get("Range") if request.headers.get("If-Range", quoted) == quoted else None
    return parse_range(wanted, stored.size)


def _has(etag: str) -> bool:
    return "HTTP_IF_NONE_MATCH" in request.environ and request.if_none_match.contains_weak(etag)


def _not_modified(quoted: str, cache_control: str) -> Response:
    response = Response(status=304)
    del response.headers["Content-Type"]
    response.headers["ETag"] = quoted
    response.headers["Cache-Control"] = cache_control
    return response
