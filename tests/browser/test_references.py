"""A lesson of another platform plays in this platform's page, from there; with that platform frozen, or with nothing
shared any more, the page says so by name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from linked_sites import Pair, Site, linked_pair, until
from player_site import ffmpeg
from playwright.sync_api import Page, expect
from watching import TIME, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.faults, pytest.mark.long]

AWAY = {"en": "cannot be reached at the moment", "zh": "该平台目前无法访问"}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with linked_pair(tmp_path_factory.mktemp) as made:
        yield made


def test_a_reference_plays_from_its_origin(page: Page, pair: Pair, tmp_path: Path) -> None:
    path = f"/v1/platform-links/{pair.link_id}"
    for site in (pair.province, pair.city):
        until(lambda site=site: pair.link(site)["state"] == "linked", "both to be linked")
    pair.province.ask(
        "PATCH", path, {"shares": [{"organization_id": pair.link(pair.province)["organization_id"]}]}
    )
    pair.city.ask("PUT", f"{path}/subscription", {"visibility": "public", "mode": "reference"})
    film = tmp_path / "film.mp4"
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=20", "-f", "lavfi", "-i", "sine=330:d=20",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", film,
    )  # fmt: skip
    origin = pair.province.stack.upload(film, "太极拳")
    pair.province.stack.wait(origin, "ready")

    def here() -> Any:
        found = pair.copies().get(origin)
        return found if found is not None and found["state"] == "current" else None

    told = until(here, "the reference to be here")
    assert told["mode"] == "reference" and told["bytes_total"] < 200_000

    # An update there is seen here soon after the poll.
    began = time.monotonic()
    pair.province.ask("PATCH", f"/v1/assets/{origin}", {"title": "太极拳（修订）"})
    asset = until(
        lambda: (
            found
            if (found := pair.city.ask("GET", f"/v1/assets/{told['asset_id']}"))["title"] != "太极拳"
            else None
        ),
        "the new title to be seen",
    )
    print(f"an update was seen after {time.monotonic() - began:.1f} s, with a poll each second")
    assert time.monotonic() - began < 60

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    address = asset["playback_ids"][0]["embed_url"]
    page.goto(address)
    page.locator("#start").click()
    wait_for(page, f"{TIME} > 3")
    expect(page.locator("h1.title")).to_have_text("太极拳（修订）")
    media = [url for url in asked if ".m3u8" in url or ".mp4" in url]
    assert media and all(url.startswith(pair.province.stack.url + "/") for url in media)
    posters = [url for url in asked if "poster" in url]
    assert posters and all(url.startswith(pair.city.stack.url + "/") for url in posters)
    page.goto("about:blank")

    # What was played is told there, as the link's, and not here. (A crawler's, for this browser says that it is one.)
    def played(site: Site, asset_id: str) -> list[Any]:
        day = site.ask("GET", "/v1/views/partners")["last"]
        told = site.ask("GET", f"/v1/views/explain?asset={asset_id}&day={day}")["plays"]
        return [(each["partner_id"], each["playing_seconds"] > 2) for each in told]

    until(lambda: played(pair.province, origin), "the play to be told there")
    assert played(pair.province, origin) == [(f"platform:{pair.link_id}", True)]
    assert played(pair.city, asset["id"]) == []

    for language, words in AWAY.items():
        with pair.province.frozen():
            page.goto(f"{address}?lang={language}")
            began = time.monotonic()
            expect(page.locator("#panel-text")).to_contain_text(words)
            took = time.monotonic() - began
            print(f"given up after {took:.1f} s")
            assert took < 8
            expect(page.locator("#panel-code")).to_contain_text("origin_away")
            name = pair.link(pair.city)["name"]
            expect(page.locator("#panel-text")).to_contain_text(name)
        page.locator("#retry").click()
        page.locator("#start").click()
        wait_for(page, f"{TIME} > 0.3")

    pair.province.ask("PATCH", path, {"shares": []})
    page.goto("about:blank")
    refused = page.goto(f"{address}?lang=en")
    assert refused is not None
    until(lambda: pair.copies()[origin]["state"] == "gone", "the lesson to be withdrawn")
    until(
        lambda: pair.city.stack.request("GET", urlsplit(address).path).status == 404,
        "the page to say that it is gone",
    )
