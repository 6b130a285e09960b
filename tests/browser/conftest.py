"""Fixtures for tests in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import launch
from player_site import ffmpeg
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sharing import made_once
from support import RunningStack

PATIENCE_MS = 60_000
"""What to wait for comes soon; a machine that does something else besides may take its time."""

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a file; each test has a context of its own. Not for longer: while Playwright is at
    work, this thread counts as one of an event loop, where much of the service refuses to wait.
    """
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must end without script errors and without violations of the policy."""
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: "Content Security" in message.text and problems.append(message.text))
    page.on("dialog", lambda dialog: (problems.append(f"dialog {dialog.message}"), dialog.dismiss()))
    yield page
    assert problems == []


@pytest.fixture(scope="session")
def lessons(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """For all browser tests, which only play them, ready: a video, one of more than a minute, pages that stand still,
    a GIF that loops and one that does not."""
    return made_once(stack, "lessons", lambda: _make_lessons(stack, tmp_path_factory.mktemp("lessons")))


def _make_lessons(stack: RunningStack, folder: Path) -> dict[str, dict[str, Any]]:
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=854x480:r=25:d=24", "-f", "lavfi", "-i", "sine=330:d=24",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", folder / "film.mp4",
    )  # fmt: skip
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=160x90:r=5:d=75", "-f", "lavfi", "-i", "sine=330:d=75",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", folder / "long.mp4",
    )  # fmt: skip
    pages = "color=white:s=256x144:r=25:d=41,drawbox=x=10+30*floor(t/9):y=20:w=40:h=90:c=0x2040a0:t=fill"
    ffmpeg(
        "-f", "lavfi", "-i", pages, "-f", "lavfi", "-i", "sine=330:d=41",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", folder / "pages.mp4",
    )  # fmt: skip
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x240:r=10:d=2", folder / "loop.gif")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=640x480:r=10:d=1", "-loop", "-1", folder / "once.gif")
    names = ("film.mp4", "long.mp4", "pages.mp4", "loop.gif", "once.gif")
    uploads = {name: stack.upload(folder / name) for name in names}
    return {Path(name).stem: stack.wait(asset_id, "ready") for name, asset_id in uploads.items()}
