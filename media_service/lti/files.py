"""The files of the pages in learning platforms by name."""

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
SHEET: Final = "lti.css"
_HASH_LENGTH: Final = 16


@cache
def files() -> Mapping[str, bytes]:
    """Every public file by its name."""
    style = stylesheet(path.read_text(encoding="utf-8") for path in (player_embed.LOOK, STATIC / SHEET))
    scripts = {
        path.name: without_doc_comments(path.read_text(encoding="utf-8")).encode()
        for path in sorted(STATIC.glob("*.js"))
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
    return f"/lti/static/{release()}/{name}"
