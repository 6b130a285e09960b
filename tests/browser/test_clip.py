"""A token for a part of a lesson plays that part in Chromium, which asks for ranges of a file in its own way."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page
from support import RunningStack
from watching import TIME, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.integration]


def test_a_clip_plays_to_its_end(page: Page, stack: RunningStack, lessons: dict[str, dict[str, Any]]) -> None:
    body: dict[str, Any] = {"policy": "signed"}
    signed = stack.request("POST", f"/v1/assets/{lessons['film']['id']}/playback-ids", json=body).json()["id"]
    body = {"playback_id": signed, "start": 10, "end": 14.5}
    token = stack.request("POST", "/v1/playback-tokens", json=body).json()["token"]
    page.goto(f"{stack.url}/embed/{signed}?token={token}")
    page.locator("#start").click()
    wait_for(page, f"{TIME} > 2.5")
    # Whole segments of 4 s: 8 to 16 s of the film.
    assert page.evaluate("document.querySelector('video').duration") == pytest.approx(8, abs=0.2)
    page.evaluate("document.querySelector('video').currentTime = 6.5")
    wait_for(page, "document.querySelector('video').ended")
