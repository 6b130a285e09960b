"""Captions and chapters are written beside the player, saved while one writes, published and seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from accessible import findings
from player_site import ffmpeg
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sharing import made_once
from studio_page import enter
from support import RunningStack
from watching import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.integration]

FOREIGN = (
    "WEBVTT - Kurs 7\r\nX-Maker: elsewhere\r\n\r\nSTYLE\r\n::cue(.loud) { color: red }\r\n\r\nNOTE by 老师\r\n\r\n"
    "intro\r\n00:01.000 --> 00:03.000 align:start line:0\r\n<v 老师><c.loud>春眠</c>不觉晓\r\n\r\n"
    "00:04.000 --> 00:06.000 position:10%\r\nmany words stand here\r\n\r\nNOTE between\r\n\r\n"
    "00:07.000 --> 00:08.000\r\nlast one"
)


@pytest.fixture(scope="session")
def lesson(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A video in which somebody speaks four times."""
    return made_once(stack, "spoken", lambda: _make(stack, tmp_path_factory.mktemp("spoken") / "spoken.mp4"))


def _make(stack: RunningStack, path: Path) -> dict[str, Any]:
    speech = "0.4*sin(2*PI*300*t)*lt(mod(t\\,6)\\,3)"
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=24", "-f", "lavfi", "-i", f"aevalsrc={speech}:d=24",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", path,
    )  # fmt: skip
    return stack.wait(stack.upload(path, "Spoken"), "ready")


CUES = """() => {
  const track = [...document.querySelector('video').textTracks].find(({mode}) => mode === 'showing');
  return [...track?.cues ?? []].map((cue) => [cue.startTime, cue.text]);
}"""


def address(lesson: dict[str, Any], kind: str = "captions", language: str = "en") -> str:
    return f"/v1/assets/{lesson['id']}/tracks/{kind}/{language}"


@pytest.fixture
def clean(stack: RunningStack, lesson: dict[str, Any]) -> Iterator[None]:
    """Neither tracks nor drafts."""
    yield
    for kind in ("tracks", "drafts"):
        for each in stack.request("GET", f"/v1/assets/{lesson['id']}/{kind}").json()[kind]:
            stack.request("DELETE", f"/v1/assets/{lesson['id']}/{kind}/{each['kind']}/{each['language']}")


def put(stack: RunningStack, lesson: dict[str, Any], text: str, kind: str = "captions") -> None:
    assert stack.request("PUT", address(lesson, kind), body=text.encode()).status == 200


def open_editor(page: Page, stack: RunningStack, lesson: dict[str, Any], kind: str = "captions") -> None:
    enter(page, stack, f"/studio/lessons/{lesson['id']}/captions/{kind}/en")
    page.locator(".desk").wait_for()


def source(stack: RunningStack, lesson: dict[str, Any], kind: str = "captions") -> str:
    return str(stack.request("GET", f"{address(lesson, kind)}/source").json()["text"])


def publish(page: Page) -> None:
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".standing-words")).to_have_text("Published")


def text_field(page: Page) -> Any:
    return page.locator("textarea.cue-text")


@pytest.mark.usefixtures("clean")
def test_a_foreign_file_is_edited_by_keys_and_keeps_its_bytes(
    page: Page, stack: RunningStack, lesson: dict[str, Any]
) -> None:
    put(stack, lesson, FOREIGN)
    open_editor(page, stack, lesson)
    expect(page.locator(".cue")).to_have_count(3)
    page.locator(".cue").nth(1).click()
    field = text_field(page)
    expect(field).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type(" & more")
    expect(page.locator(".standing-words")).to_have_text(re.compile("Draft saved"))
    assert source(stack, lesson) == FOREIGN, "a draft is not played"

    for _ in range(len("stand here & more")):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Alt+Enter")
    expect(page.locator(".cue")).to_have_count(4)
    expect(field).to_be_focused()
    expect(field).to_have_value("stand here & more")
    page.keyboard.press("Alt+ArrowUp")
    expect(field).to_have_value("many words")
    page.keyboard.press("Alt+m")
    expect(field).to_have_value("many words\nstand here & more")
    page.keyboard.press("Control+z")
    expect(page.locator(".cue")).to_have_count(4)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(field).to_have_value("many words stand here")
    page.keyboard.press("Control+Shift+z")
    expect(field).to_have_value("many words stand here & more")
    publish(page)
    assert source(stack, lesson) == FOREIGN.replace("stand here", "stand here &amp; more")
    drafts = stack.request("GET", f"/v1/assets/{lesson['id']}/drafts").json()["drafts"]
    assert drafts == []


@pytest.mark.usefixtures("clean")
def test_what_is_moved_and_published_is_shown_at_its_new_time(
    page: Page, stack: RunningStack, lesson: dict[str, Any]
) -> None:
    put(stack, lesson, "WEBVTT\n\n00:01.000 --> 00:03.000\nfirst\n\n00:04.000 --> 00:06.000\nsecond\n")
    open_editor(page, stack, lesson)
    page.locator(".cue").nth(1).click()
    page.keyboard.press("Alt+g")
    page.get_by_label("By how many seconds").fill("9,5")
    page.get_by_label("From this one on").check()
    page.get_by_role("button", name="Shift", exact=True).click()
    expect(page.get_by_label("Start", exact=True)).to_have_value("0:13.500")
    page.keyboard.press("Alt+r")
    page.get_by_label("Find", exact=True).fill("SECOND")
    page.get_by_label("Replace with").fill("zweite")
    page.get_by_role("button", name="Replace all").click()
    expect(text_field(page)).to_have_value("zweite")
    publish(page)

    page.goto(f"{lesson['playback_ids'][0]['embed_url']}?captions=en")
    page.locator("#start").click()
    wait_for(page, f'JSON.stringify(({CUES})()) === \'[[1,"first"],[13.5,"zweite"]]\'')


@pytest.mark.usefixtures("clean")
def test_times_come_from_the_player_and_a_cue_is_played_with_what_is_around_it(
    page: Page, stack: RunningStack, lesson: dict[str, Any]
) -> None:
    put(stack, lesson, "WEBVTT\n\n00:03.000 --> 00:04.000\nhere\n")
    open_editor(page, stack, lesson)
    player = page.frame_locator("iframe.desk-player")
    player.locator("video").wait_for(state="attached")
    page.locator(".cue").first.click()
    expect(page.locator(".desk-time")).to_have_text("0:03.0")
    expect(page.locator(".desk-line")).to_have_text("here")
    page.keyboard.press("Alt+l")
    expect(page.locator(".desk-time")).to_have_text("0:04.0")
    page.keyboard.press("Alt+l")
    page.keyboard.press("Alt+o")
    expect(page.get_by_label("End", exact=True)).to_have_value(re.compile(r"0:05\.0"))
    page.keyboard.press("Alt+j")
    page.keyboard.press("Alt+i")
    expect(page.get_by_label("Start", exact=True)).to_have_value(re.compile(r"0:04\.0"))
    page.keyboard.press("Alt+p")
    expect(page.locator(".desk-transport [aria-label=Pause]")).to_be_visible()
    expect(page.locator(".desk-transport [aria-label=Play]")).to_be_visible()
    stopped = float(page.locator(".desk-time").inner_text().removeprefix("0:"))
    assert 5.4 <= stopped <= 6.2

    page.get_by_role("slider", name="Position").focus()
    page.keyboard.press("Home")
    expect(page.locator(".desk-time")).to_have_text("0:00.0")
    page.locator(".wave-picture").click(position={"x": 2, "y": 40})
    expect(page.locator(".desk-time")).to_have_text(re.compile("0:00"))


@pytest.mark.usefixtures("clean")
def test_of_two_who_edit_each_is_asked_and_nothing_is_lost(
    page: Page, browser: Browser, stack: RunningStack, lesson: dict[str, Any]
) -> None:
    put(stack, lesson, "WEBVTT\n\n00:01.000 --> 00:02.000\nours\n")
    other_context: BrowserContext = browser.new_context(locale="en-US")
    other = other_context.new_page()
    for each in (page, other):
        open_editor(each, stack, lesson)
    text_field(page).fill("mine")
    expect(page.locator(".standing-words")).to_have_text(re.compile("Draft saved"))
    text_field(other).fill("theirs")
    expect(other.get_by_role("alert")).to_contain_text("saved other captions meanwhile")
    other.get_by_role("button", name="Mine").click()
    expect(other.locator(".standing-words")).to_have_text(re.compile("Draft saved"))
    text_field(page).fill("mine again")
    page.get_by_role("button", name="Theirs").click()
    expect(text_field(page)).to_have_value("theirs")
    page.keyboard.press("Control+z")
    publish(other)
    assert "theirs" in source(stack, lesson)
    other_context.close()


@pytest.mark.usefixtures("clean")
def test_a_text_without_times_goes_where_somebody_speaks_and_two_thousand_cues_are_quick(
    page: Page, stack: RunningStack, lesson: dict[str, Any]
) -> None:
    open_editor(page, stack, lesson)
    expect(page.locator(".wave-tools .hint")).to_have_text(re.compile("Click to go there"))
    page.get_by_role("button", name="Paste a text without times").first.click()
    page.get_by_label("Text, a line for each caption").fill("one\ntwo\n\nthree\nfour\n")
    page.get_by_role("button", name="Spread").click()
    expect(page.locator(".cue")).to_have_count(4)
    whens = [float(text.removeprefix("0:")) for text in page.locator(".cue-when").all_inner_texts()]
    assert whens == pytest.approx([0, 6, 12, 18], abs=0.2)

    # An edge of the caption in hand follows the pointer that takes hold of it.
    box = page.locator(".wave-picture").bounding_box()
    assert box is not None
    second, ends = box["width"] / 15, page.get_by_label("End", exact=True)
    begun = float(str(ends.input_value()).removeprefix("0:"))
    page.mouse.move(box["x"] + begun * second, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 5 * second, box["y"] + 40, steps=4)
    page.mouse.up()
    page.mouse.move(box["x"] + 9 * second, box["y"] + 40)
    expect(ends).to_have_value(re.compile(r"0:0?(4\.9|5\.0)"))

    expect(page.locator(".standing-words")).to_have_text(re.compile("Draft saved"))
    page.keyboard.press("Alt+/")
    expect(page.get_by_role("row", name="Alt+I Set the start to now")).to_be_visible()
    page.keyboard.press("Escape")
    many = "".join(
        f"{n // 60:02}:{n % 60:02}.000 --> {n // 60:02}:{n % 60:02}.900\nline {n}\n\n" for n in range(2000)
    )
    put(stack, lesson, f"WEBVTT\n\n{many}")
    stack.request("DELETE", f"/v1/assets/{lesson['id']}/drafts/captions/en")
    page.reload()
    page.locator(".cues-box").evaluate("box => box.scrollTo(0, box.scrollHeight)")
    expect(page.locator(".cue").last).to_contain_text("line 1999")
    assert page.locator(".cue").count() < 40
    page.locator(".cue").last.click()
    took = page.evaluate(
        """async () => {
          const field = document.querySelector("textarea.cue-text");
          const took = [];
          for (const letter of "abcdefghij") {
            const begun = performance.now();
            field.value += letter;
            field.dispatchEvent(new Event("input", {bubbles: true}));
            await new Promise(requestAnimationFrame);
            took.push(performance.now() - begun);
          }
          return took.sort((a, b) => a - b)[5];
        }"""
    )
    assert took < 250, f"{took} ms for a letter"


@pytest.mark.usefixtures("clean")
def test_chapters_are_titles_and_end_where_the_next_one_begins(
    page: Page, stack: RunningStack, lesson: dict[str, Any]
) -> None:
    open_editor(page, stack, lesson, "chapters")
    page.get_by_role("button", name="Add a chapter").click()
    page.keyboard.type("Begin")
    for _ in range(3):
        page.keyboard.press("Alt+l")
    expect(page.locator(".desk-time")).to_have_text("0:03.0")
    page.keyboard.press("Alt+n")
    page.keyboard.type("More")
    publish(page)
    assert re.findall(r"(\S+) --> (\S+)\n(.*)\n", source(stack, lesson, "chapters")) == [
        ("00:00:00.000", "00:00:03.000", "Begin"), ("00:00:03.000", "00:00:24.000", "More"),
    ]  # fmt: skip


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(
    ("width", "locale", "scheme", "size"),
    [(320, "zh-CN", "dark", 16), (1280, "en-US", "light", 16), (320, "zh-CN", "light", 32)],
)
def test_everybody_can_edit(
    browser: Browser,
    stack: RunningStack,
    lesson: dict[str, Any],
    width: int,
    locale: str,
    scheme: Literal["dark", "light"],
    size: int,
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, locale=locale, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    found: dict[str, list[tuple[str, str]]] = {}

    def look(state: str) -> None:
        page.evaluate("size => { document.documentElement.style.fontSize = `${size}px`; }", size)
        found[state] = findings(page)
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{state} is {overflow} px too wide"

    open_editor(page, stack, lesson)
    look("empty")
    put(stack, lesson, FOREIGN)
    page.reload()
    page.locator(".cue").first.wait_for()
    look("some")
    page.locator("textarea.cue-text").fill("x" * 100)
    page.locator(".cue-warnings li").first.wait_for()
    look("warned")
    for keys in ("Alt+/", "Alt+g", "Alt+r"):
        page.keyboard.press(keys)
        page.locator("dialog[open]").wait_for()
        look(keys)
        page.keyboard.press("Escape")
        page.locator("dialog[open]").wait_for(state="detached")
        page.evaluate("document.activeElement.blur()")
    page.locator(".desk .menu button").first.click()
    look("menu")
    context.close()
    assert {state: breaches for state, breaches in found.items() if breaches} == {}
