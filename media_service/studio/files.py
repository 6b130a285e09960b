"""The files of Studio's page by name: its modules and sheets, and what it takes of the player's package."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import player_embed
from player_embed.bundle import imports_of, stylesheet, without_doc_comments

STATIC: Final = Path(__file__).parent / "static"

ENTRY: Final = "main.js"

SHEET: Final = "studio.css"
"""All sheets as one: the tokens, those of the shell, and those of pages."""

_VENDORED: Final = ("ui.js", "tus.js")
_SHARED: Final = ("pure/languages.js", "pure/sha256.js", "pure/storyboard.js", "pure/times.js")
"""Modules of the player that Studio stands on, under the same names."""

_HASH_LENGTH: Final = 16


@cache
def files() -> Mapping[str, bytes]:
    """Every public file by its name, which is its path below the address of the release."""
    found = {f"vendor/{name}": player_embed.vendored(name).read_bytes() for name in _VENDORED}
    found |= {name: _script(player_embed.STATIC / name) for name in _SHARED}
    for path in sorted(STATIC.rglob("*.js")):
        found[path.relative_to(STATIC).as_posix()] = _script(path)
    sheets = [
        player_embed.LOOK,
        *sorted((STATIC / "styles").glob("*.css")),
        *sorted(STATIC.glob("pages/*/*.css")),
    ]
    found[SHEET] = stylesheet(path.read_text(encoding="utf-8") for path in sheets).encode()
    return MappingProxyType(found)


def _script(path: Path) -> bytes:
    return without_doc_comments(path.read_text(encoding="utf-8")).encode()


@cache
def icons() -> str:
    """The drawings, as markup that stands in the page: one that is fetched would show a moment after its words."""
    return player_embed.vendored("icons.svg").read_text(encoding="utf-8")


@cache
def release() -> str:
    """One hash for all files: it changes with any byte of any of them."""
    digest = hashlib.sha256()
    for name, content in files().items():
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\0".encode())
    return digest.hexdigest()[:_HASH_LENGTH]


@cache
def first_modules() -> tuple[str, ...]:
    """The modules that the page loads before it shows anything, so that a browser can ask for all at once."""
    found: dict[str, None] = {}
    waiting = [ENTRY]
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = None
            waiting += imports_of(files()[name].decode(), name)
    return tuple(found)
