"""Packages of npm that tests need: fetched once, by pinned hashes, and kept in the environment."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from player_embed.vendor.update import MANIFEST, fetch

_PINNED: dict[str, dict[str, str]] = {
    **{each["name"]: each for each in json.loads(MANIFEST.read_text(encoding="utf-8"))["builders"]},
    **json.loads(Path(__file__).with_name("npm.json").read_text(encoding="utf-8")),
}
_KEPT = Path(sys.prefix) / "npm"


def npm_file(package: str, name: str) -> Path:
    """A file of a package: ``npm.json`` names it with version and integrity (SHA-512), or it builds the player."""
    pinned = _PINNED[package]
    kept = _KEPT / f"{package}@{pinned['version']}"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_KEPT) as work:
            scratch = Path(work, "scratch")
            scratch.mkdir()
            folder = fetch({**pinned, "name": package}, Path(work, "node_modules"), scratch)
            try:
                folder.rename(kept)
            except OSError:  # another test process was faster
                if not kept.exists():
                    raise
    return kept / name
