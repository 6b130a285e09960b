"""Slices of stored objects, read as one file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Protocol

from storage.objects import ObjectInfo, StorageError

FIRST_WINDOW: Final = 256 * 1024
LARGEST_WINDOW: Final = 8 * 1024 * 1024
"""Bytes asked from the storage at once. Windows start small and double while a reader goes straight on, so a
seek wastes little, and a window read to its end leaves its connection to the storage usable."""


class Reader(Protocol):
    """What is needed of an object storage."""

    def stat(self, key: str) -> ObjectInfo:
        """As ``ObjectStore.stat``."""

    def stream(self, key: str, start: int, length: int) -> Iterator[bytes]:
        """As ``ObjectStore.stream``."""


@dataclass(frozen=True)
class Slice:
    """``length`` bytes of an object from its byte ``start``."""

    key: str
    start: int
    length: int


class ObjectSlices:
    """Slices one after another, as a file of ``size`` bytes."""

    def __init__(self, objects: Reader, slices: Sequence[Slice]) -> None:
        self._objects = objects
        self._slices = [piece for piece in slices if piece.length > 0]
        self._ends = list(accumulate(piece.length for piece in self._slices))
        self.size = self._ends[-1] if self._ends else 0

    @classmethod
    def whole(cls, objects: Reader, key: str) -> ObjectSlices:
        """An object as it is. Raises ``ObjectNotFound``."""
        return cls(objects, [Slice(key, 0, objects.stat(key).size)])

    def stream(self, start: int, length: int) -> Generator[bytes, None, None]:
        """``length`` bytes from ``start`` in pieces, read from the storage window by window. Raises
        ``StorageError``, also where an object ends early."""
        window, end = FIRST_WINDOW, min(start + length, self.size)
        while start < end:
            number = bisect_right(self._ends, start)
            piece = self._slices[number]
            within = start - (self._ends[number] - piece.length)
            count = min(window, end - start, piece.length - within)
            start += yield from self._read(piece.key, piece.start + within, count)
            window = min(window * 2, LARGEST_WINDOW)

    def _read(self, key: str, start: int, length: int) -> Generator[bytes, None, int]:
        pieces = self._objects.stream(key, start, length)
        done = 0
        try:
            for piece in pieces:
                done += len(piece)
                yield piece
        finally:
            if close := getattr(pieces, "close", None):
                close()
        if done == 0:
            raise StorageError(f"{key} ended before byte {start + length}")
        return done
