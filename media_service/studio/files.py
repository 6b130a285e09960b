"""The files of Studio's page by name: its modules and sheets, and what it takes of the player's package."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import player_embed
from media_service.page_files import PageFiles, joined, script, scripts_in
from player_embed.bundle import imports_of

STATIC: Final = Path(__file__).parent / "static"

ENTRY: Final = "main.js"

SHEET: Final = "studio.css"
"""All sheets as one: the tokens, those of the shell, and those of pages."""

_VENDORED: Final = ("ui.js", "tus.js")
_SHARED: Final = ("pure/languages.js", "pure/sha256.js", "pure/storyboard.js", "pure/times.js")
"""Modules of the player that Studio stands on, under the same names."""


def _read() -> Mapping[str, bytes]:
    vendored = {f"vendor/{name}": player_embed.vendored(name).read_bytes() for name in _VENDORED}
    shared = {name: script(player_embed.STATIC / name) for name in _SHARED}
    sheets = (*sorted((STATIC / "styles").glob("*.css")), *sorted(STATIC.glob("pages/*/*.css")))
    return {**vendored, **shared, **scripts_in(STATIC), SHEET: joined(*sheets)}


FILES: Final = PageFiles("/studio/static", _read)


@cache
def icons() -> str:
    """The drawings, as markup that stands in the page: one that is fetched would show a moment after its words."""
    return player_embed.vendored("icons.svg").read_text(encoding="utf-8")


@cache
def first_modules() -> tuple[str, ...]:
    """The modules that the page loads before it shows anything, so that a browser can ask for all at once."""
    found: dict[str, None] = {}
    waiting = [ENTRY]
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = None
            waiting += imports_of(FILES.by_name[name].decode(), name)
    return tuple(found)
