"""How the browser of the tests is started."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, BrowserType

_CHROMIUMS = Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")
"""The first is the same engine without the windows that nobody sees, which cost more than most pages."""
_FLAGS = (
    "--no-sandbox --disable-gpu --autoplay-policy=no-user-gesture-required --disable-background-networking "
    "--disable-component-update --disable-sync --disable-quic --no-first-run"
)
_NAMES = "--host-resolver-rules=MAP *.test 127.0.0.1"
"""Every host under ``.test`` is this machine."""


def launch(kind: BrowserType, *more: str) -> Browser:
    """Starts Chromium, one of the system's if there is one, with ``more`` arguments."""
    path = next((path for path in _CHROMIUMS if path.exists()), None)
    return kind.launch(executable_path=path, args=[*_FLAGS.split(), _NAMES, *more])
