"""Players of others for the tests, from npm: fetched once, by pinned hashes, and kept in the environment."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from player_embed.vendor.update import fetch

_PINNED = Path(__file__).with_name("players.json")
_KEPT = Path(sys.prefix) / "players"


def scripts() -> dict[str, Path]:
    """The browser script of each player by its package's name."""
    pinned: list[dict[str, Any]] = json.loads(_PINNED.read_text(encoding="utf-8"))
    return {package["name"]: _script(package) for package in pinned}


def _script(package: dict[str, Any]) -> Path:
    kept = _KEPT / f"{package['name']}@{package['version']}.js"
    if not kept.exists():
        with tempfile.TemporaryDirectory() as work:
            scratch = Path(work, "scratch")
            scratch.mkdir()
            folder = fetch(package, Path(work, "node_modules"), scratch)
            _KEPT.mkdir(exist_ok=True)
            shutil.copy(folder / package["script"], kept.with_suffix(".part"))
            kept.with_suffix(".part").rename(kept)  # two test processes may fetch at once
    return kept


if __name__ == "__main__":
    scripts()
