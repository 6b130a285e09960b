"""The player page plays segments that another origin serves, and lets itself fetch from no third one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from delivery_site import site, storage_for_browsers, web
from playwright.sync_api import Page
from support import RunningStack
from watching import TIME, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.integration]

FETCHED_FROM = """() => [...new Set(performance.getEntriesByType('resource')
  .filter((entry) => /[.]mp4/.test(entry.name)).map((entry) => new URL(entry.name).origin))]"""


def _plays(page: Page, pages: str, lesson: dict[str, Any], segments: str) -> None:
    answer = page.goto(f"{pages}/embed/{lesson['playback_ids'][0]['id']}")
    assert answer is not None
    assert f"connect-src 'self' {segments};" in answer.headers["content-security-policy"], (
        "and no third origin"
    )
    page.locator("#start").click()
    wait_for(page, f"{TIME} > 2")
    assert page.evaluate("document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames") > 25
    assert page.evaluate(FETCHED_FROM) == [segments]


def test_from_an_edge(
    page: Page, stack: RunningStack, lessons: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    with site(stack, tmp_path / "edge", pages_at="localhost") as running:
        pages = running.edge.url.replace("127.0.0.1", "localhost")
        _plays(page, pages, lessons["film"], running.edge.url)


def test_from_the_object_storage(
    page: Page, stack: RunningStack, lessons: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    with (
        storage_for_browsers(stack, tmp_path / "storage") as storage,
        web(stack, DELIVERY="presigned", S3_PUBLIC_URL=storage) as (port, _),
    ):
        _plays(page, f"http://127.0.0.1:{port}", lessons["film"], storage)
