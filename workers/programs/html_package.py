"""An HTML5 package, a ZIP with an ``index.html``: read within bounds, in the sandbox."""

from __future__ import annotations

import mimetypes
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import quote, unquote

from workers.programs.devtools import Answer

INDEX: Final = "index.html"
HOME: Final = "/_/"
"""Where the archive lies: not at the root, so that paths from there are told from those beside the page."""

MOST_MEMBERS: Final = 2000
MOST_BYTES: Final = 256 * 1024 * 1024
"""Of everything that is asked for, unpacked, and each time that it is asked for."""

MOST_FILE_BYTES: Final = 48 * 1024 * 1024

_TYPES: Final = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".wasm": "application/wasm",
}
"""What browsers insist on, whatever the machine calls it."""

_ENCRYPTED: Final = 0x1
_SOUNDS: Final = frozenset({".mp3", ".ogg", ".oga", ".wav", ".m4a", ".aac", ".opus"})
_ERRORS: Final = (
    zipfile.BadZipFile,
    NotImplementedError,
    EOFError,
    zlib.error,
    RuntimeError,
    OSError,
    ValueError,
)


class BadPackage(Exception):
    """The code says why (``configs.failures``)."""


class Package:
    """The files of a package by their names; no name leads anywhere but into the archive."""

    def __init__(self, source: Path) -> None:
        """Raises ``BadPackage``."""
        try:
            self._archive = zipfile.ZipFile(source)
        except _ERRORS as error:
            raise BadPackage("html_package_invalid") from error
        names = self._archive.namelist()
        if len(names) > MOST_MEMBERS:
            raise BadPackage("html_package_too_large")
        exact = {name.replace("\\", "/"): name for name in names}
        # Who made it on Windows need not have minded the case.
        self._members = {name.lower(): member for name, member in exact.items()} | exact
        pages = [name for name in self._members if name == INDEX or name.endswith(f"/{INDEX}")]
        if not pages:
            raise BadPackage("html_package_invalid")
        page = min(pages, key=lambda name: name.count("/"))
        if self._archive.getinfo(self._members[page]).flag_bits & _ENCRYPTED:
            raise BadPackage("html_package_invalid")
        self._folder = page.removesuffix(INDEX)
        self._left = MOST_BYTES
        self.page = HOME + quote(self._members[page].replace("\\", "/"))
        self.has_sound = any(PurePosixPath(name).suffix.lower() in _SOUNDS for name in names)

    def answer(self, path: str) -> Answer | None:
        """Return what is asked for. Raises ``BadPackage`` where it is too much."""
        name = self._member(unquote(path.partition("?")[0].partition("#")[0]))
        if name is None:
            return None
        try:
            with self._archive.open(name) as member:
                data = member.read(min(MOST_FILE_BYTES, self._left) + 1)
        except _ERRORS:
            return None
        if len(data) > min(MOST_FILE_BYTES, self._left):
            raise BadPackage("html_package_too_large")
        self._left -= len(data)
        kind = mimetypes.guess_type(name)[0]
        return Answer(
            _TYPES.get(PurePosixPath(name).suffix.lower(), kind or "application/octet-stream"), data
        )

    def _member(self, path: str) -> str | None:
        """Return the file that a page means by a path; by one from the root, as many tools write it, one beside the
        page."""
        if path.startswith(HOME):
            wanted = [path.removeprefix(HOME)]
        else:
            wanted = [self._folder + path.removeprefix("/"), path.removeprefix("/")]
        names = (each for name in wanted for each in (name, name.lower()))
        return next((self._members[name] for name in names if name in self._members), None)
