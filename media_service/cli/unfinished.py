"""Which uploads of this user were interrupted, so that ``put`` of the same file goes on where it was."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Final

_KEPT: Final = 100
"""More are hardly waiting; the service itself removes what nobody continues."""


class Unfinished:
    """A small file in the user's state folder. It is only a help to memory: what cannot be read or written is
    forgotten.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "uploads.json"

    def find(self, url: str, path: Path) -> str | None:
        """The address of the interrupted upload of this very file to this service."""
        return self._read().get(_name(url, path))

    def keep(self, url: str, path: Path, address: str) -> None:
        """Remember an upload that begins."""
        self._write({**self._read(), _name(url, path): address})

    def drop(self, url: str, path: Path) -> None:
        """Forget an upload that ended."""
        found = self._read()
        if found.pop(_name(url, path), None):
            self._write(found)

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self._file.read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, uploads: dict[str, str]) -> None:
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            written = self._file.with_suffix(f".{os.getpid()}")
            written.write_text(json.dumps(dict(list(uploads.items())[-_KEPT:])))
            written.rename(self._file)


def _name(url: str, path: Path) -> str:
    status = path.stat()
    return f"{url} {path.resolve()} {status.st_size} {status.st_mtime_ns}"
