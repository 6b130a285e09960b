"""Lessons of the real stack in a real browser, on the page of a site of another origin."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

import pytest
from accessible import findings
from partner_site import Partner, partner
from player_site import ffmpeg
from playwright.sync_api import Browser, Frame, Page, Route, expect
from support import RunningStack
from watching import DECODED, HEIGHT, LOOP_GAPS, PAUSED, TIME, wait_for

__all__ = ["partner"]

pytestmark = [pytest.mark.browser, pytest.mark.integration]


def _player(page: Page) -> Frame:
    """The player inside the partner's page."""
    page.frame_locator("iframe").locator("#player[data-view]").wait_for()
    return page.frames[1]


def _begin(page: Page) -> Frame:
    player = _player(page)
    player.locator("#start").click()
    wait_for(player, f"{TIME} > 0.3")
    return player


def _choose_quality(player: Frame, name: str) -> None:
    player.locator("#player").hover(position={"x": 200, "y": 100})
    player.locator("#player").hover(position={"x": 220, "y": 100})
    player.locator("#settings").click()
    player.locator("#menu [data-section=quality]").click()
    player.get_by_role("menuitemradio", name=name, exact=True).click()


def test_snippet_plays_picture_and_sound_on_a_foreign_page(
    page: Page, partner: Partner, stack: RunningStack, lessons: dict[str, dict[str, Any]]
) -> None:
    partner.show(page, lessons["film"]["playback_ids"][0]["snippet"])
    player = _begin(page)
    assert player.url.startswith(stack.url)
    assert not page.url.startswith(stack.url)
    before = player.evaluate(DECODED)
    wait_for(player, f"{TIME} > {before['time'] + 2}")
    after = player.evaluate(DECODED)
    assert after["frames"] - before["frames"] >= 25
    assert after["sound"] - before["sound"] > 4000


def test_a_damaged_segment_is_passed_by(
    page: Page, stack: RunningStack, lessons: dict[str, dict[str, Any]]
) -> None:
    """Of all rungs: that from 4 to 8 s, the first of its chunk."""

    def damage(route: Route) -> None:
        first, _, last = route.request.headers.get("range", "bytes=0-0").removeprefix("bytes=").partition("-")
        answer = route.fetch()
        body = answer.body()
        if int(first) < 1000 < int(last):
            body = body[:1000] + b"\xff" * (len(body) - 1000)
        route.fulfill(response=answer, body=body)

    page.route(re.compile(r"/\d+p/1\.mp4"), damage)
    page.goto(f"{stack.url}/embed/{lessons['film']['playback_ids'][0]['id']}?autoplay=1&muted=1&start=3")
    wait_for(page, f"{TIME} > 8.2 && !{PAUSED}")


def test_quality_goes_down_and_up(page: Page, partner: Partner, lessons: dict[str, dict[str, Any]]) -> None:
    partner.show(page, lessons["film"]["playback_ids"][0]["snippet"])
    player = _begin(page)
    _choose_quality(player, "240p")
    wait_for(player, f"{HEIGHT} === 240")
    _choose_quality(player, "480p")
    wait_for(player, f"{HEIGHT} === 480")
    reached = player.evaluate(TIME)
    wait_for(player, f"{TIME} > {reached + 1}")


def test_gif_loops(page: Page, partner: Partner, lessons: dict[str, dict[str, Any]]) -> None:
    partner.show(page, lessons["loop"]["playback_ids"][0]["snippet"])
    player = _player(page)
    for _ in range(2):
        wait_for(player, f"{TIME} > 1.2")
        wait_for(player, f"{TIME} < 1")
    assert player.evaluate(DECODED)["frames"] > 15
    gaps = player.evaluate(LOOP_GAPS)
    assert min(gaps) < 250, f"a picture lasts 100 ms: {gaps}"


def test_gif_that_plays_once_stops_at_its_last_picture(
    page: Page, partner: Partner, lessons: dict[str, dict[str, Any]]
) -> None:
    partner.show(page, lessons["once"]["playback_ids"][0]["snippet"])
    player = _player(page)
    wait_for(player, "document.querySelector('video').ended")
    page.wait_for_timeout(700)
    assert player.evaluate("document.querySelector('video').ended")
    assert player.evaluate(TIME) > 0.9
    assert player.evaluate(HEIGHT) == 480
    assert player.evaluate(DECODED)["frames"] <= 11


def test_signed_lesson_plays_with_its_token_only(
    page: Page, partner: Partner, stack: RunningStack, lessons: dict[str, dict[str, Any]]
) -> None:
    path = f"/v1/assets/{lessons['film']['id']}/playback-ids"
    signed = json.loads(stack.request("POST", path, json={"policy": "signed"}).data)
    answer = stack.request("POST", "/v1/playback-tokens", json={"playback_id": signed["id"]})
    partner.show(page, json.loads(answer.data)["snippet"])
    player = _begin(page)
    wait_for(player, f"{TIME} > 1")

    partner.show(page, signed["snippet"])
    refused = page.frame_locator("iframe")
    expect(refused.locator("body")).to_contain_text("token_missing")
    expect(refused.locator("video")).to_have_count(0)


def test_browsers_own_hls_plays(page: Page, partner: Partner, lessons: dict[str, dict[str, Any]]) -> None:
    manifest = lessons["film"]["playback_ids"][0]["manifest_url"]
    partner.show(page, f'<video src="{manifest}" crossorigin autoplay muted></video>')
    wait_for(page, f"{TIME} > 2")
    figures = page.evaluate(DECODED)
    assert figures["frames"] > 25
    assert figures["sound"] > 4000


def test_plays_from_the_start_before_it_is_ready(
    page: Page, partner: Partner, stack: RunningStack, tmp_path: Path
) -> None:
    """A source that takes long to encode: a minute of noise."""
    piece, source = tmp_path / "piece.mp4", tmp_path / "noise.mp4"
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30:d=5,noise=alls=20:allf=t", "-f", "lavfi", "-i", "sine=d=5",
        "-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-pix_fmt", "yuv420p", "-c:a", "aac", piece,
    )  # fmt: skip
    ffmpeg("-stream_loop", "9", "-i", piece, "-c", "copy", source)
    asset_id = stack.upload(source)
    playing = stack.wait(asset_id, "playable")["playback_ids"][0]
    partner.show(page, playing["snippet"])
    player = _begin(page)
    wait_for(player, f"{TIME} > 3")
    assert player.evaluate(TIME) < 30
    assert stack.client.get(f"/v1/assets/{asset_id}")["state"] == "playable"
    master = stack.request("GET", playing["manifest_url"], key=None).data.decode()
    first = next(line for line in master.splitlines() if line.endswith(".m3u8"))
    growing = stack.request(
        "GET", f"{playing['manifest_url'].rpartition('/')[0]}/{first}", key=None
    ).data.decode()
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in growing
    assert "#EXT-X-ENDLIST" not in growing
    assert stack.request("DELETE", f"/v1/assets/{asset_id}").status == 204


def test_saved_file_plays_by_its_bare_address(
    page: Page, partner: Partner, stack: RunningStack, lessons: dict[str, dict[str, Any]]
) -> None:
    files = stack.wait_for_extras(lessons["film"]["id"], 2)["downloads"]
    video = next(file for file in files if file["kind"] == "video")
    partner.show(page, f'<video src="{video["url"]}" autoplay muted playsinline></video>')
    wait_for(page, f"{TIME} > 1")
    before = page.evaluate(DECODED)
    assert before["frames"] > 0 and before["sound"] > 0
    element = "document.querySelector('video')"
    assert page.evaluate(f"[{element}.videoWidth, {element}.videoHeight]") == [854, 480]
    assert abs(page.evaluate(f"{element}.duration") - 24) < 0.05
    # A place that is not loaded yet is fetched by a range.
    page.evaluate(f"{element}.currentTime = 22")
    wait_for(page, f"{element}.ended")
    assert page.evaluate(f"{element}.error") is None


@pytest.mark.parametrize(
    ("language", "scheme", "width", "every"),
    [
        ("en", "light", 1280, 12),
        ("zh", "dark", 360, 12),
        pytest.param("en", "dark", 1280, 1, marks=pytest.mark.long),
    ],
)
def test_the_reference_is_for_everybody_and_every_width(
    browser: Browser,
    stack: RunningStack,
    language: str,
    scheme: Literal["light", "dark"],
    width: int,
    every: int,
) -> None:
    """axe looks into ``every`` so many-th part, which takes long enough, for all are written alike."""
    with browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, locale=language
    ) as context:
        page = context.new_page()
        page.goto(f"{stack.url}/v1/docs")
        assert page.locator("html").get_attribute("lang") == {"en": "en", "zh": "zh-CN"}[language]
        expect(page.get_by_role("heading", level=1)).to_be_in_viewport(ratio=1)
        opened = "every => document.querySelectorAll('details').forEach((part, n) => { part.open = n % every === 0; })"
        page.evaluate(opened, 1)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate(opened, every)
        assert findings(page) == []
