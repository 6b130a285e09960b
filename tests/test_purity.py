"""What decides is pure: it loads neither the catalogue's driver nor Flask, however far its imports reach."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

PURE = (
    "configs/",
    "storage/learning/",
    "storage/lti/",
    "storage/tracks/",
    "workers/plan/",
    "media_service/cataloguing/",
    "media_service/sheets/",
    "media_service/lti/id_tokens.py",
    "media_service/lti/cartridge.py",
    "media_service/lti/content_items.py",
    "media_service/lti/registration.py",
    "media_service/offline/layout.py",
    "media_service/playback/access/origins.py",
    "media_service/playback/access/public_keys.py",
    "media_service/playback/access/token_limits.py",
    "media_service/playback/access/tokens.py",
    "media_service/playback/manifests/clips.py",
    "media_service/playback/manifests/dash.py",
    "media_service/playback/manifests/delivery.py",
    "media_service/playback/manifests/hls.py",
    "media_service/playback/manifests/presentation.py",
    "media_service/playback/manifests/storyboard.py",
    "media_service/playback/pictures/image_options.py",
    "media_service/playback/serving/content_disposition.py",
    "media_service/playback/serving/links.py",
    "storage/byte_ranges.py",
    "media_service/uploads/protocol.py",
)
"""Modules, or packages where the name ends with a slash; besides them all that say so in their first sentences."""

PROGRAM = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    if loaded := {"sqlalchemy", "flask"} & sys.modules.keys():
        sys.exit(f"{name} loads {loaded}")
"""


def pure_modules() -> list[Path]:
    paths = [
        path
        for package in ("configs", "storage", "workers", "media_service")
        for path in (ROOT / package).rglob("*.py")
    ]
    return sorted(path for path in paths if _is_listed(path) or _says_so(path))


def _is_listed(path: Path) -> bool:
    place = path.relative_to(ROOT).as_posix()
    return any(place.startswith(entry) if entry.endswith("/") else place == entry for entry in PURE)


def _says_so(path: Path) -> bool:
    described = ast.get_docstring(ast.parse(path.read_text())) or ""
    return "Pure." in described or "Pure:" in described


def test_every_entry_is_there() -> None:
    assert [entry for entry in PURE if not (ROOT / entry).exists()] == []


def test_pure_modules_load_neither_sqlalchemy_nor_flask() -> None:
    names = [
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        for path in pure_modules()
    ]
    assert len(names) > 80
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
