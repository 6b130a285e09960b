"""Captions and chapters of the real stack in a real browser: the right text at the right time, nothing else ever."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from player_site import ffmpeg
from playwright.sync_api import Page, expect
from support import RunningStack
from watching import TIME, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.integration]

CHINESE = "1\n00:00:01,000 --> 00:00:03,000\n山高月小\n\n2\n00:00:04,000 --> 00:00:06,000\n水落石出\n"
HOSTILE = (
    "WEBVTT\n\nSTYLE\n::cue { background: url(/evil) }\n\n"
    "00:01.000 --> 00:03.000\n<img src=x onerror=alert(1)><script>alert(2)</script>Small moon\n\n"
    "00:04.000 --> 00:06.000\n&lt;img src=x onerror=alert(3)&gt; High\n"
)
CHAPTERS = "WEBVTT\n\n00:00.000 --> 00:04.000\n第一章\n\n00:04.000 --> 00:08.000\n&lt;b&gt;第二章\n"

SHOWN = """() => {
  const track = [...document.querySelector('video').textTracks].find(({mode}) => mode === 'showing');
  return [...track?.activeCues ?? []].map((cue) => cue.getCueAsHTML().textContent).join('|');
}"""


@pytest.fixture(scope="module")
def lesson(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A lesson that was ready before anybody sent captions."""
    source = tmp_path_factory.mktemp("captions") / "film.mp4"
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=8", "-c:v", "libx264", "-preset", "ultrafast",
        "-pix_fmt", "yuv420p", source,
    )  # fmt: skip
    asset = stack.wait(stack.upload(source), "ready")
    label = quote('<i>English</i>"')
    for path, text in (
        ("captions/zh-Hans", CHINESE),
        (f"captions/en?label={label}", HOSTILE),
        ("chapters/zh", CHAPTERS),
    ):
        answer = stack.request("PUT", f"/v1/assets/{asset['id']}/tracks/{path}", body=text.encode())
        assert answer.status == 200, answer.data
    found: dict[str, Any] = json.loads(stack.request("GET", f"/v1/assets/{asset['id']}").data)
    return found


def _open(page: Page, lesson: dict[str, Any], language: str) -> None:
    """The player, begun and paused."""
    page.goto(f"{lesson['playback_ids'][0]['embed_url']}?lang={language}")
    page.locator("#start").click()
    wait_for(page, f"{TIME} > 0.1")
    page.keyboard.press("k")
    wait_for(page, "document.querySelector('video').paused")


def _seek(page: Page, seconds: float) -> None:
    page.evaluate(f"document.querySelector('video').currentTime = {seconds}")
    wait_for(page, f"Math.abs({TIME} - {seconds}) < 0.1")


def _shows(page: Page, text: str) -> None:
    wait_for(page, f"({SHOWN})() === {json.dumps(text)}")


def test_the_right_text_at_the_right_time(page: Page, lesson: dict[str, Any]) -> None:
    _open(page, lesson, "zh")
    expect(page.locator("#captions")).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator("#captions")).to_have_attribute("aria-pressed", "true")
    for seconds, text in (
        (0.5, ""),
        (1.0, "山高月小"),
        (2.9, "山高月小"),
        (3.5, ""),
        (5, "水落石出"),
        (7, ""),
    ):
        _seek(page, seconds)
        _shows(page, text)


def test_markup_in_cues_and_labels_is_text(page: Page, lesson: dict[str, Any]) -> None:
    """The page fixture fails on any dialog or script error."""
    _open(page, lesson, "en")
    page.locator("#settings").click()
    page.locator("#menu [data-section=captions]").click()
    expect(page.get_by_role("menuitemradio")).to_have_text(["Off", '<i>English</i>"', "简体中文"])
    page.get_by_role("menuitemradio", name="<i>English").click()
    _seek(page, 2)
    _shows(page, "Small moon")
    _seek(page, 5)
    _shows(page, "<img src=x onerror=alert(3)> High")
    page.wait_for_timeout(300)


def test_chapters_are_marks_titles_and_a_menu(page: Page, lesson: dict[str, Any]) -> None:
    _open(page, lesson, "en")
    expect(page.locator("#marks i")).to_have_count(1)
    bar = page.locator("#seek").bounding_box()
    mark = page.locator("#marks i").bounding_box()
    assert bar and mark
    middle = mark["x"] + mark["width"] / 2 - bar["x"]
    assert abs(middle - bar["width"] / 2) < 3, "the second chapter begins half-way"
    page.mouse.move(bar["x"] + bar["width"] * 0.75, bar["y"] + 10)
    expect(page.locator("#preview-chapter")).to_have_text("<b>第二章")

    page.locator("#settings").click()
    expect(page.locator("#menu [data-section=chapters]")).to_contain_text("第一章")
    page.locator("#menu [data-section=chapters]").click()
    page.get_by_role("menuitemradio", name="第二章").click()
    wait_for(page, f"Math.abs({TIME} - 4) < 0.1")
