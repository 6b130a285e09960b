"""Packages of npm that tests need: of a pinned version and integrity, fetched once, never committed."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tarfile
from pathlib import Path

CACHE = Path(sys.prefix) / "npm"


def npm_package(name: str, version: str, integrity: str) -> Path:
    """The unpacked files of a package. ``integrity`` is as in a package-lock.json (sha512-…, Subresource Integrity)."""
    folder = CACHE / f"{name.replace('/', '-')}-{version}"
    if not (folder / "package" / "package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", f"{name}@{version}", "--silent", "--pack-destination", str(folder)]
        packed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, cwd=folder)
        archive = folder / packed.stdout.strip()
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        assert f"sha512-{digest}" == integrity, f"{name} {version} is not what it was: sha512-{digest}"
        with tarfile.open(archive) as files:
            files.extractall(folder, filter="data")
    return folder / "package"
