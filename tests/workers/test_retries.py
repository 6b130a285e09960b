from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.memory import MemoryObjectStore
from storage.objects import ObjectNotFound, StorageError
from workers.retries import RetryingReader

KEY = "assets/a/v/source"


class Flickering(MemoryObjectStore):
    """Breaks every second connection, before or after its first bytes."""

    connections = 0

    def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        self.connections += 1
        if self.connections % 4 == 1:
            raise StorageError("no answer")
        return self._broken(key, start) if self.connections % 4 == 3 else super().stream(key, start, length)

    def _broken(self, key: str, start: int) -> Iterator[bytes]:
        yield self.get(key, start, 3)
        raise StorageError("the connection broke")


def test_a_storage_that_flickers_looks_slow_and_nothing_else() -> None:
    objects = Flickering()
    objects.put(KEY, b"0123456789")
    reader = RetryingReader(objects)
    for _ in range(3):
        assert b"".join(reader.stream(KEY, 2, 7)) == b"2345678"
    assert objects.connections == 6, "three reads, each interrupted once"


def test_what_is_not_there_is_not_waited_for() -> None:
    with pytest.raises(ObjectNotFound):
        b"".join(RetryingReader(MemoryObjectStore()).stream(KEY, 0, 1))
