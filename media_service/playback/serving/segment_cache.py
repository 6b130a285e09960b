"""A cache of segments that were sent lately, in the memory of one process.

A class watches the same lesson at the same time. What an address of a segment gives never changes, so who asks after
the first one costs the object storage nothing, and this service a fifth.
"""

from __future__ import annotations

from collections.abc import Iterator

from media_service.cache import Cache
from storage.objects import ObjectStore

MOST_BYTES = 64 * 1024 * 1024
LARGEST = 4 * 1024 * 1024
"""Bytes of a range that is kept; a segment of the best rung takes 3 MB."""


class SegmentCache:
    """``ObjectStore.stream`` of objects that never change; ``MOST_BYTES`` of what ``store`` gave are kept."""

    def __init__(self, objects: ObjectStore, most_bytes: int = MOST_BYTES) -> None:
        self.store = objects
        self._ranges: Cache[tuple[str, int, int], bytes] = Cache(most_bytes, weigh=len)

    def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """As the object storage does."""
        if length is None or length > LARGEST:
            return self.store.stream(key, start, length)
        data = self._ranges.find((key, start, length))
        if data is not None:
            return iter((data,))
        return self._keep(key, start, length, self.store.stream(key, start, length))

    def _keep(self, key: str, start: int, length: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
        sent = []
        for piece in pieces:
            sent.append(piece)
            yield piece
        data = b"".join(sent)
        if len(data) == length:
            self._ranges.put((key, start, length), data)
