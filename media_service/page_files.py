"""Files of our pages under addresses that change with any byte of any of them, so that browsers keep them for good."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final

from flask import Response

import player_embed
from media_service.immutable import immutable_file
from media_service.problems import ApiError
from player_embed.bundle import stylesheet, without_doc_comments

_HASH_LENGTH: Final = 16


class PageFiles:
    """What ``read`` finds, once, by names that are paths below ``root`` and the release."""

    def __init__(self, root: str, read: Callable[[], Mapping[str, bytes]]) -> None:
        self._root, self._read = root, read

    @cached_property
    def by_name(self) -> Mapping[str, bytes]:
        """Every public file."""
        return MappingProxyType(dict(self._read()))

    @cached_property
    def release(self) -> str:
        """One hash for all files."""
        digest = hashlib.sha256()
        for name, content in self.by_name.items():
            digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\0".encode())
        return digest.hexdigest()[:_HASH_LENGTH]

    def address(self, name: str) -> str:
        """Where a file is."""
        return f"{self._root}/{self.release}/{name}"

    def answer(self, release: str, name: str) -> Response:
        """A file of this release. Raises ``not_found``."""
        content = self.by_name.get(name)
        if content is None or release != self.release:
            raise ApiError("not_found")
        return immutable_file(content, mimetypes.guess_type(name)[0])


def script(path: Path) -> bytes:
    """A module as browsers get it."""
    return without_doc_comments(path.read_text(encoding="utf-8")).encode()


def scripts_in(folder: Path) -> dict[str, bytes]:
    """All modules of a folder and of those below it."""
    return {path.relative_to(folder).as_posix(): script(path) for path in sorted(folder.rglob("*.js"))}


def joined(*sheets: Path) -> bytes:
    """Sheets as one, after the tokens that all pages share."""
    paths = (player_embed.LOOK, *sheets)
    return stylesheet(path.read_text(encoding="utf-8") for path in paths).encode()
