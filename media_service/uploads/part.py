"""A part of an upload while it arrives: in memory while there is room for all, else in a file without a name."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import IO, Final

MEMORY: Final = 256 * 1024 * 1024
"""Bytes of arriving parts that one process keeps in memory."""


class Room:
    """What is left of the memory for parts; what does not fit goes to files in ``folder``."""

    def __init__(self, folder: Path, size: int = MEMORY) -> None:
        self.folder = folder
        self._left = size
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Whether there was room for ``size`` more bytes, which is taken then."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True

    def give(self, size: int) -> None:
        """Give ``size`` bytes of room back."""
        with self._lock:
            self._left += size


class Part:
    """Bytes in the order they were written."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._memory: list[bytes] = []
        self._file: IO[bytes] | None = None
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add some more. Raises ``OSError`` if neither memory nor disk has room."""
        if self._file is None and self._room.take(len(data)):
            self._memory.append(data)
        else:
            self._to_file().write(data)
        self.size += len(data)

    def read(self) -> bytes:
        """All of them."""
        if self._file is None:
            return b"".join(self._memory)
        self._file.seek(0)
        return self._file.read()

    def close(self) -> None:
        """Free what it takes."""
        self._free_memory()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _to_file(self) -> IO[bytes]:
        if self._file is None:
            self._room.folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=self._room.folder)  # noqa: SIM115  (closed by ``close``)
            self._file.writelines(self._memory)
            self._free_memory()
        return self._file

    def _free_memory(self) -> None:
        self._room.give(sum(map(len, self._memory)))
        self._memory = []
