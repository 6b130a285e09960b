"""Storing what is made piece by piece: neither memory nor a disk ever holds it whole."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from storage.objects import ObjectStore, Part, StorageError
from workers.retries import with_retries

log = logging.getLogger(__name__)

PART_SIZE = 16 * 1024 * 1024


@dataclass(frozen=True)
class Stored:
    """``size`` in bytes, ``sha256`` in hexadecimal digits."""

    key: str
    size: int
    sha256: str


def put_stream(objects: ObjectStore, key: str, pieces: Iterable[bytes], content_type: str) -> Stored:
    """Store ``pieces`` as one object; waits for an object storage that is away. There is no object before the last
    piece, and none if ``pieces`` raises."""
    digest, size = hashlib.sha256(), 0
    parts = _parts(pieces)
    first = next(parts, b"")
    digest.update(first)
    if len(first) < PART_SIZE:
        with_retries(lambda: objects.put(key, first, content_type))
        return Stored(key, len(first), digest.hexdigest())
    upload_id = with_retries(lambda: objects.begin_multipart(key, content_type))
    try:
        size = len(first)
        stored = [_put_part(objects, key, upload_id, 1, first)]
        for number, data in enumerate(parts, start=2):
            digest.update(data)
            size += len(data)
            stored.append(_put_part(objects, key, upload_id, number, data))
        with_retries(lambda: objects.complete_multipart(key, upload_id, stored))
    except BaseException:
        with suppress(StorageError):
            objects.abort_multipart(key, upload_id)
        raise
    return Stored(key, size, digest.hexdigest())


def _put_part(objects: ObjectStore, key: str, upload_id: str, number: int, data: bytes) -> Part:
    return with_retries(partial(objects.put_part, key, upload_id, number, data))


def _parts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        while len(buffer) >= PART_SIZE:
            yield bytes(buffer[:PART_SIZE])
            del buffer[:PART_SIZE]
    if buffer:
        yield bytes(buffer)
