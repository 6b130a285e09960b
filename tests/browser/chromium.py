"""How the browser of the tests is started."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, BrowserType

_CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = (
    "--no-sandbox --disable-gpu --autoplay-policy=no-user-gesture-required --disable-background-networking "
    "--disable-component-update --disable-sync --disable-quic --no-first-run"
)
_NAMES = "--host-resolver-rules=MAP *.test 127.0.0.1"
"""Every host under ``.test`` is this machine."""


def launch(kind: BrowserType, *more: str) -> Browser:
    """Starts Chromium, the one of the system if there is one, with ``more`` arguments."""
    path = _CHROMIUM if _CHROMIUM.exists() else None
    return kind.launch(executable_path=path, args=[*_FLAGS.split(), _NAMES, *more])
