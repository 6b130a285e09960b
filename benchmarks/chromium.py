"""The browser that pages are measured in."""

from __future__ import annotations

import shutil
from typing import Final

from playwright.sync_api import Browser, Playwright

_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-quic",
)


def launch(playwright: Playwright) -> Browser:
    """The system's Chromium, the one without windows if there is one, as in the tests."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    return playwright.chromium.launch(executable_path=path, args=_FLAGS)
