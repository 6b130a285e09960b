"""What tools leave behind, in the one folder that they can write to. The only door to it.

A tool that a hostile file has captured chooses the names, kinds, links and sizes of what it leaves. So nothing in that
folder is followed, waited for or believed: what is opened is looked at after it was opened, and has to be a plain file
without a second name, of no more bytes than what is expected there can have.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from workers.verify import OutputRejected

LARGEST: Final = 256 * 1024**2
"""Bytes of an output that is read at once."""

LARGEST_FILE: Final = 1024**3
"""Bytes of an output that is read piece by piece: a minute of the best rung has a tenth of it."""

T = TypeVar("T")

_FOLDER: Final = "tools"
_LOOK: Final = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True)
class Outputs:
    """A folder that tools write to, looked into when none of them is at work."""

    folder: Path

    @classmethod
    def below(cls, work_folder: Path) -> Outputs:
        """Return the tools' part of a step's work folder. Only this process writes to the rest, so no tool can have put
        anything in the way of the files that it makes there."""
        folder = work_folder / _FOLDER
        folder.mkdir(exist_ok=True)
        return cls(folder)

    @contextmanager
    def open(self, name: str, largest: int = LARGEST_FILE) -> Iterator[BinaryIO]:
        """An output, to be read. Raises ``OutputRejected`` if there is none, or none to be trusted."""
        try:
            descriptor = self._within(name, lambda folder: os.open(name, _READ, dir_fd=folder))
        except OSError as error:
            raise OutputRejected([f"{name} was not left as a file: {error.strerror}"]) from error
        try:
            _check(name, os.fstat(descriptor), largest)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                yield file
        finally:
            os.close(descriptor)

    def read(self, name: str, largest: int = LARGEST) -> bytes:
        """All of an output. Raises ``OutputRejected`` as ``open`` does."""
        with self.open(name, largest) as file:
            return file.read()

    def find(self, name: str, largest: int = LARGEST) -> bytes | None:
        """All of an output that a tool may not have written. Raises ``OutputRejected`` for what is no plain file."""
        try:
            self._within(name, lambda folder: os.stat(name, dir_fd=folder, follow_symlinks=False))
        except FileNotFoundError:
            return None
        return self.read(name, largest)

    def remove(self, name: str) -> None:
        """Remove an output, if there is one, before a tool is to write it again."""
        with suppress(FileNotFoundError):
            self._within(name, lambda folder: os.unlink(name, dir_fd=folder))

    def _within(self, name: str, action: Callable[[int], T]) -> T:
        if "/" in name or name in ("", ".", ".."):
            raise ValueError(f"{name!r} names no file of the folder itself")
        folder = os.open(self.folder, _LOOK)
        try:
            return action(folder)
        finally:
            os.close(folder)


def _check(name: str, found: os.stat_result, largest: int) -> None:
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        raise OutputRejected([f"{name} is no plain file of its own: {stat.filemode(found.st_mode)}"])
    if found.st_size > largest:
        raise OutputRejected([f"{name} has {found.st_size} bytes, at most {largest}"])
