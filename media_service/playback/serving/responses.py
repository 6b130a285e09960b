"""Answers with validators: texts, and objects streamed from the object storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from flask import Response, request

from media_service.playback.serving.segment_cache import SegmentCache
from media_service.playback.serving.stored_objects import StoredObject
from media_service.playback.serving.validators import client_has
from media_service.problems import ApiError
from media_service.server.answer import Rewindable
from storage.byte_ranges import ByteRange, RangeNotSatisfiable, parse_range
from storage.object_slices import ObjectSlices, Slice
from storage.objects import ObjectStore


def send_text(body: str, content_type: str, etag: str, cache_control: str) -> Response:
    """Return a text, or 304 if the client has it."""
    quoted = f'"{etag}"'
    if client_has(request.environ, etag):
        return _not_modified(quoted, cache_control)
    headers = [("Content-Type", content_type), ("ETag", quoted), ("Cache-Control", cache_control)]
    return Response(body, 200, headers)


def send_object(
    objects: ObjectStore | SegmentCache | JoinedObjects,
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
    if client_has(request.environ, stored.etag):
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


class JoinedObjects:
    """Slices of objects, sent as if they were one. Where they lie is asked for when the first bytes are."""

    def __init__(self, objects: ObjectStore, places: Callable[[], Sequence[Slice]]) -> None:
        self._objects = objects
        self._places = places

    def stream(self, _key: str, start: int, length: int) -> Iterator[bytes]:
        """As ``ObjectStore.stream``: errors pass through at once, before any byte is sent."""
        pieces = ObjectSlices(self._objects, self._places()).stream(start, length)
        first = next(pieces, b"")

        def begun() -> Iterator[bytes]:
            with closing(pieces):
                yield first
                yield from pieces

        return begun()


class _Bytes(Rewindable):
    """``length`` bytes of an object from ``start`` on. Errors of the object storage pass through when it is made,
    before any byte is sent.
    """

    def __init__(
        self, objects: ObjectStore | SegmentCache | JoinedObjects, key: str, start: int, length: int
    ) -> None:
        self._objects = objects
        self._key, self._start, self._length = key, start, length
        self._begun: Iterator[bytes] | None = objects.stream(key, start, length)

    def since(self, position: int, most: int | None = None) -> Iterator[bytes]:
        begun, self._begun = self._begun, None
        if position == 0 and most is None and begun is not None:
            return begun
        length = min(self._length - position, most or self._length)
        # What a slow client takes bit by bit would push out of the cache what many want.
        store = self._objects.store if isinstance(self._objects, SegmentCache) else self._objects
        return store.stream(self._key, self._start + position, length) if length > 0 else iter(())

    def close(self) -> None:
        begun, self._begun = self._begun, None
        close = getattr(begun, "close", None)
        if close is not None:
            close()


def wanted_range(stored: StoredObject) -> ByteRange | None:
    """Return the range that the current request asks for, None for the whole object. Raises ``RangeNotSatisfiable``."""
    # RFC 9110, section 13.1.5: a range of a representation that has changed since is not what the client wants.
    quoted = f'"{stored.etag}"'
    wanted = request.headers.get("Range") if request.headers.get("If-Range", quoted) == quoted else None
    return parse_range(wanted, stored.size)


def _not_modified(quoted: str, cache_control: str) -> Response:
    response = Response(status=304)
    del response.headers["Content-Type"]
    response.headers["ETag"] = quoted
    response.headers["Cache-Control"] = cache_control
    return response
