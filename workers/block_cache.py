"""Blocks of stored objects on the worker's disk: what the steps of an asset read again and again comes from the object
storage once for each machine.

The workers of a machine share one folder. A block is a file of its own with a checksum, written whole or not at all, so
that nobody needs a lock; what is not sound is not there. Keys are never written twice, so nothing grows stale.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import shutil
import time
import zlib
from collections.abc import Generator, Iterator
from contextlib import suppress
from itertools import takewhile
from math import ceil
from pathlib import Path
from typing import Final

from storage.object_slices import Reader
from storage.objects import ObjectInfo
from workers.retries import Reads

log = logging.getLogger(__name__)

BLOCK: Final = 1024 * 1024
"""Bytes. Smaller ones are more requests, of larger ones a tool that seeks uses less."""

IDLE_SECONDS: Final = 600
"""After which a block that nobody has read is removed: a source that was deleted stays no longer on a worker's disk."""

TIDIED_AFTER: Final = 32
"""Blocks that one process writes until it looks whether there are too many."""

_CHECKSUM: Final = 4

ROOM_FOR_STEPS: Final = 384 * 1024 * 1024
"""Bytes of the disk that are left to what steps write."""


class BlockCache:
    """Blocks in ``folder``, of some ``most`` bytes at most; with none of them nothing is kept. A disk that is full or
    broken only makes reading slower."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self._written = 0
        if most:
            with suppress(OSError):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def keeps(self) -> bool:
        """Whether anything is kept."""
        return self._most > 0

    def get(self, key: str, number: int) -> bytes | None:
        """Return block ``number`` of an object if it is here and sound."""
        path = self._path(key, number)
        try:
            kept = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        data = kept[:-_CHECKSUM]
        return data if kept[-_CHECKSUM:] == _checksum(data) else None

    def has(self, key: str, number: int) -> bool:
        """Return whether a block is here, sound or not."""
        return self._path(key, number).exists()

    def put(self, key: str, number: int, data: bytes) -> None:
        """Keep a block, if that is possible."""
        unfinished = self._folder / f"new-{secrets.token_hex(8)}"
        try:
            if shutil.disk_usage(self._folder).free < ROOM_FOR_STEPS:
                return
            unfinished.write_bytes(data + _checksum(data))
            unfinished.replace(self._path(key, number))
        except OSError as error:
            log.warning("a block is not kept: %s", error)
            with suppress(OSError):
                unfinished.unlink()
        self._written += 1
        if self._written % TIDIED_AFTER == 0:
            self.tidy()

    def tidy(self) -> None:
        """Remove what nobody has read for ``IDLE_SECONDS``, and then what was read longest ago until the rest is few
        enough."""
        found = []
        with suppress(OSError):
            for entry in os.scandir(self._folder):
                with suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    found.append((status.st_mtime, status.st_size, Path(entry.path)))
        held, oldest = 0, time.time() - IDLE_SECONDS
        for read_at, size, path in sorted(found, reverse=True):
            held += size
            if read_at < oldest or held > self._most:
                with suppress(OSError):
                    path.unlink()

    def _path(self, key: str, number: int) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()}-{number}"


def _checksum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(_CHECKSUM, "big")


class CachedReader:
    """Reads objects by blocks and keeps them where it knows their size, since somebody asked for it or read them whole;
    of others it reads what is kept. ``reads`` counts what came from the disk."""

    def __init__(self, reader: Reader, cache: BlockCache, reads: Reads) -> None:
        self._reader = reader
        self._cache = cache
        self._reads = reads
        self._sizes: dict[str, int] = {}

    def stat(self, key: str) -> ObjectInfo:
        """As ``ObjectStore.stat``."""
        info = self._reader.stat(key)
        self._sizes[key] = info.size
        return info

    def whole(self, key: str, size: int) -> Iterator[bytes]:
        """Bytes of a whole object of so many."""
        self._sizes[key] = size
        return self.stream(key, 0, size)

    def stream(self, key: str, start: int, length: int) -> Iterator[bytes]:
        """As ``ObjectStore.stream``."""
        if not self._cache.keeps:
            return self._reader.stream(key, start, length)
        size = self._sizes.get(key)
        if size is None:
            return self._kept(key, start, start + length)
        return self._by_blocks(key, start, min(start + length, size), size)

    def _kept(self, key: str, start: int, end: int) -> Generator[bytes, None, None]:
        while start < end:
            kept = self._cache.get(key, start // BLOCK)
            if kept is None:
                yield from self._reader.stream(key, start, end - start)
                return
            part = self._part(kept, start // BLOCK, start, end)
            if not part:
                return
            yield part
            start += len(part)

    def _part(self, kept: bytes, number: int, start: int, end: int) -> bytes:
        part = kept[max(0, start - number * BLOCK) : end - number * BLOCK]
        self._reads.count(kept=len(part))
        return part

    def _by_blocks(self, key: str, start: int, end: int, size: int) -> Generator[bytes, None, None]:
        number, behind = start // BLOCK, ceil(end / BLOCK) if start < end else 0
        while number < behind:
            kept = self._cache.get(key, number)
            if kept is not None:
                yield self._part(kept, number, start, end)
                number += 1
            else:
                missing = takewhile(lambda n: not self._cache.has(key, n), range(number + 1, behind))
                stop = number + 1 + sum(1 for _ in missing)
                yield from self._fetch(key, range(number, stop), start, end, size)
                number = stop

    def _fetch(
        self, key: str, numbers: range, start: int, end: int, size: int
    ) -> Generator[bytes, None, None]:
        """Read some blocks and keep them; yields of their bytes those from ``start`` to ``end``."""
        position, behind = numbers.start * BLOCK, min(numbers.stop * BLOCK, size)
        block, number = bytearray(), numbers.start
        for piece in self._reader.stream(key, position, behind - position):
            if wanted := piece[max(0, start - position) : max(0, end - position)]:
                yield wanted
            position += len(piece)
            block += piece
            while len(block) >= BLOCK or (block and position == size):
                self._cache.put(key, number, bytes(block[:BLOCK]))
                del block[:BLOCK]
                number += 1
