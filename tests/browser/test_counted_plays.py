"""Views of the real player on the real stack: what is done before the screen is what is counted, seconds later."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from player_site import ffmpeg
from playwright.sync_api import Browser, BrowserContext, Page
from support import RunningStack
from watching import TIME, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.integration]

MOVES_WITHIN = 5.0


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """As somebody's browser: one that calls itself headless is on the list of crawlers, and counts nothing."""
    named = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-US", user_agent=named)
    yield context
    context.close()


@pytest.fixture(scope="module")
def nine(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A clip of nine seconds with sound (PeerTube#6430)."""
    file = tmp_path_factory.mktemp("nine") / "nine.mp4"
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=160x90:r=10:d=9", "-f", "lavfi", "-i", "sine=330:d=9",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", file,
    )  # fmt: skip
    return stack.wait(stack.upload(Path(file)), "ready")


def told_by(page: Page) -> list[dict[str, Any]]:
    """What the page has told so far; it grows."""
    told: list[dict[str, Any]] = []

    def hear(request: Any) -> None:
        if request.method == "POST" and request.url.partition("?")[0].endswith("/beats"):
            told.append(json.loads(request.post_data))

    page.on("request", hear)
    return told


def until(page: Page, is_so: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)
    return found


def address(asset: dict[str, Any]) -> str:
    return str(asset["playback_ids"][0]["id"])


def plays(stack: RunningStack, asset: dict[str, Any]) -> dict[str, dict[str, Any]]:
    today = stack.client.get("/v1/views")["last"]
    found = stack.client.get(f"/v1/views/explain?asset={asset['id']}&day={today}&limit=1000")
    return {play["id"]: play for play in found["plays"]}


def number(stack: RunningStack, asset: dict[str, Any]) -> int:
    return int(stack.client.get(f"/v/{address(asset)}/views")["views"])


def test_half_of_a_short_clip_counts_and_the_number_moves_while_it_is_watched(
    page: Page, stack: RunningStack, nine: dict[str, Any]
) -> None:
    told = told_by(page)
    before = number(stack, nine)
    page.goto(f"{stack.url}/embed/{address(nine)}?autoplay=1&muted=1")
    wait_for(page, f"{TIME} > 0.5")
    assert told == []
    until(page, lambda: told)
    until(page, lambda: number(stack, nine) == before + 1, MOVES_WITHIN * 2)
    first = told[0]["beats"][0]
    assert 4_500 <= first["played"][-1][1] < 8_000
    assert first["quality"]["startup_ms"] > 0
    play = until(page, lambda: plays(stack, nine).get(told[0]["play"]))
    assert (play["outcome"], play["source"], play["rule"]) == ("counted", "player", 1)
    until(page, lambda: any(beat["ended"] for each in told for beat in each["beats"]))
    watched = until(page, lambda: plays(stack, nine)[told[0]["play"]]["watched_seconds"] > 8)
    assert watched
    # The same tab within the hour: seen again, and not counted again.
    page.reload()
    until(page, lambda: told[-1]["play"] != told[0]["play"])
    again = until(page, lambda: plays(stack, nine).get(told[-1]["play"]))
    assert again["outcome"] == "repeated"
    assert number(stack, nine) == before + 1
    shown = stack.client.get(f"/v1/assets/{nine['id']}")["views"]
    assert shown["total"] == shown["counted"] + shown["imported"] == before + 1


def test_ten_seconds_of_a_longer_film_count_and_leaving_tells_the_rest(
    page: Page, stack: RunningStack, lessons: dict[str, dict[str, Any]]
) -> None:
    film, told = lessons["film"], told_by(page)
    page.goto(f"{stack.url}/embed/{address(film)}?autoplay=1&muted=1")
    wait_for(page, f"{TIME} > 5")
    assert told == []
    until(page, lambda: told)
    assert 10_000 <= told[0]["beats"][-1]["played"][-1][1] < 14_000
    wait_for(page, f"{TIME} > 14")
    page.goto("about:blank")
    play = until(page, lambda: plays(stack, film).get(told[0]["play"]))
    assert play["outcome"] == "counted"
    assert until(page, lambda: plays(stack, film)[told[0]["play"]]["watched_seconds"] > 13)


def test_a_silent_player_off_the_screen_counts_nothing(
    page: Page, stack: RunningStack, nine: dict[str, Any]
) -> None:
    told = told_by(page)
    before = number(stack, nine)
    # A page of a site: browsers let a page that is nowhere reach no server of this machine.
    site = (
        "<div style='height: 3000px'></div><iframe width=640 height=360 allow=autoplay "
        f"src='/embed/{address(nine)}?autoplay=1&muted=1'></iframe>"
    )
    page.route(f"{stack.url}/site", lambda route: route.fulfill(body=site, content_type="text/html"))
    page.goto(f"{stack.url}/site")
    until(page, lambda: any(beat["ended"] for each in told for beat in each["beats"]))
    assert not any(beat["in_view"] for each in told for beat in each["beats"] if beat["played"])
    play = until(
        page,
        lambda: (found := plays(stack, nine).get(told[0]["play"])) and found["playing_seconds"] > 8 and found,
    )
    assert (play["outcome"], play["attended_seconds"]) == ("muted_off_screen", 0)
    assert number(stack, nine) == before
