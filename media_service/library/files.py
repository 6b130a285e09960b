"""The files of the library's pages by name: one sheet, and the modules that add what needs a script."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import player_embed
from player_embed.bundle import stylesheet, without_doc_comments

STATIC: Final = Path(__file__).parent / "static"

SHEET: Final = "library.css"

_HASH_LENGTH: Final = 16


@cache
def files() -> Mapping[str, bytes]:
    """Every public file by its name."""
    sheets = (player_embed.LOOK, STATIC / SHEET)
    style = stylesheet(path.read_text(encoding="utf-8") for path in sheets)
    scripts = {
        path.relative_to(STATIC).as_posix(): without_doc_comments(path.read_text(encoding="utf-8")).encode()
        for path in sorted(STATIC.rglob("*.js"))
    }
    return MappingProxyType({SHEET: style.encode(), **scripts})


@cache
def release() -> str:
    """One hash for all files: it changes with any byte of any of them."""
    digest = hashlib.sha256()
    for name, content in files().items():
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\0".encode())
    return digest.hexdigest()[:_HASH_LENGTH]


def address(name: str) -> str:
    """Where a file is; the address changes with any byte of any file."""
    return f"/library/static/{release()}/{name}"
