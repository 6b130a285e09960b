"""The embed page in a real browser, over real HLS media and from two origins, under the policy the service sends."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from accessible import findings
from chromium import launch
from PIL import Image
from player_site import DURATION, SEGMENT, PlayerSite, make_media
from playwright.sync_api import Browser, BrowserContext, Page, expect
from watching import HEIGHT, LOOP_GAPS, PAUSED, SHIFTS, TIME, wait_for

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    make_media(folder / "film")
    make_media(folder / "loop", duration=2, sound=False)
    _add_second_sound(folder / "film")
    return folder


def _add_second_sound(film: Path) -> None:
    """A master playlist of the same film that offers its sound twice, in two languages."""
    lines = (film / "master.m3u8").read_text().splitlines()
    (sound,) = (line for line in lines if line.startswith("#EXT-X-MEDIA"))
    both = [
        re.sub(r'NAME="[^"]*"', f'NAME="{name}",LANGUAGE="{language}"', sound)
        .replace("DEFAULT=YES", f"DEFAULT={default}")
        .replace("sound.m3u8", f"{language}.m3u8")
        for name, language, default in (("中文", "zh", "YES"), ("English", "en", "NO"))
    ]
    for language in ("zh", "en"):
        (film / f"{language}.m3u8").write_text((film / "sound.m3u8").read_text())
    at = lines.index(sound)
    (film / "both.m3u8").write_text("\n".join([*lines[:at], *both, *lines[at + 1 :], ""]))


@pytest.fixture
def site(media: Path) -> Iterator[PlayerSite]:
    site = PlayerSite(media)
    yield site
    site.close()


def play(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("#start").click()
    wait_for(page, f"{TIME} > 0.3")


def open_settings(page: Page) -> None:
    """Its button hides after some seconds in which nothing is moved, and a busy machine takes as long for a click."""
    page.mouse.move(400, 200)
    page.mouse.move(420, 200)
    page.locator("#settings").click()


def choose_quality(page: Page, name: str) -> None:
    open_settings(page)
    page.locator("#menu [data-section=quality]").click()
    page.get_by_role("menuitemradio", name=name).click()


def test_picture_and_sound_advance_sharp_from_the_start(page: Page, site: PlayerSite) -> None:
    """From media on another origin, in a large player."""
    play(page, site.add("film", origin=site.partner))
    wait_for(page, f"{TIME} > 1.5")

    figures: dict[str, Any] = page.evaluate(
        """() => {
          const video = document.querySelector('video');
          return {frames: video.getVideoPlaybackQuality().totalVideoFrames, sound: video.webkitAudioDecodedByteCount};
        }"""
    )
    assert figures["frames"] > 25
    assert figures["sound"] > 4000
    assert page.evaluate(HEIGHT) == 540
    assert not [path for path in site.requests if "180" in path or "360" in path]


def test_plays_in_a_frame_of_another_origin(page: Page, site: PlayerSite) -> None:
    site.add("film", options={"autoplay": True, "muted": True})
    page.goto(f"{site.partner}/host/film")
    frame = page.frames[1]
    wait_for(frame, f"{TIME} > 1")

    assert frame.url.startswith(site.service)
    assert frame.evaluate("document.fullscreenEnabled && document.pictureInPictureEnabled")
    frame.locator("#fullscreen").click()
    wait_for(frame, "document.fullscreenElement?.id === 'player'")


def test_quality_goes_down_and_up_by_the_menu(page: Page, site: PlayerSite) -> None:
    play(page, site.add("film"))
    # The clicks may take long, and at the film's end nothing more would be loaded.
    page.evaluate("document.querySelector('video').playbackRate = 0.5")
    choose_quality(page, "180p")
    wait_for(page, f"{HEIGHT} === 180")
    expect(page.locator("#badge")).to_have_text("180p")
    page.evaluate("document.querySelector('video').currentTime = 0")
    choose_quality(page, "540p")
    wait_for(page, f"{HEIGHT} === 540")

    open_settings(page)
    expect(page.locator("#menu [data-section=quality]")).to_contain_text("540p")
    page.locator("#menu [data-section=quality]").click()
    expect(page.get_by_role("menuitemradio", name="540p")).to_have_attribute("aria-checked", "true")
    expect(page.get_by_role("menuitemradio")).to_have_count(4)


@pytest.mark.parametrize("ends", [True, False])
def test_quality_changes_in_the_last_segment_too(page: Page, site: PlayerSite, ends: bool) -> None:
    play(page, site.add("film"))
    if not ends:
        page.evaluate("document.querySelector('video').pause()")
    page.evaluate(f"document.querySelector('video').currentTime = {DURATION} - 0.3")
    wait_for(
        page, "document.querySelector('video').ended" if ends else "!document.querySelector('video').seeking"
    )
    choose_quality(page, "180p")
    if ends:
        page.locator("#play").click()
    wait_for(page, f"{HEIGHT} === 180")
    expect(page.locator("#badge")).to_have_text("180p")


def test_keyboard(page: Page, site: PlayerSite) -> None:
    play(page, site.add("film", tracks=site.tracks()))
    video = "document.querySelector('video')"
    keys = [
        (" ", PAUSED),
        ("5", f"Math.abs({TIME} - {DURATION / 2}) < 0.1"),
        ("ArrowLeft", f"Math.abs({TIME} - 1) < 0.1"),
        ("l", f"Math.abs({TIME} - 11) < 0.1"),
        ("j", f"Math.abs({TIME} - 1) < 0.1"),
        ("ArrowRight", f"Math.abs({TIME} - 6) < 0.1"),
        ("Home", f"{TIME} < 0.1"),
        ("m", f"{video}.muted"),
        ("m", f"!{video}.muted"),
        ("ArrowDown", f"{video}.volume === 0.95"),
        ("ArrowUp", f"{video}.volume === 1"),
        (">", f"{video}.playbackRate === 1.25"),
        ("<", f"{video}.playbackRate === 1"),
        ("c", f"[...{video}.textTracks].some(t => t.kind === 'captions' && t.mode === 'showing')"),
        ("c", f"[...{video}.textTracks].every(t => t.mode !== 'showing')"),
        ("f", "document.fullscreenElement !== null"),
        ("f", "document.fullscreenElement === null"),
        ("k", f"!{PAUSED}"),
    ]
    for key, outcome in keys:
        page.keyboard.press(key)
        wait_for(page, outcome)


def test_sliders_by_keyboard_and_what_is_read_of_them(page: Page, site: PlayerSite) -> None:
    play(page, site.add("film"))
    page.locator("#seek-input").focus()
    said = page.locator("#seek-input").get_attribute("aria-valuetext")
    assert said and said.endswith("of 12 s")
    wait_for(page, f"{TIME} > 2.2")
    assert page.locator("#seek-input").get_attribute("aria-valuetext") == said, "not each second"
    page.keyboard.press("End")
    expect(page.locator("#seek-input")).to_have_attribute("aria-valuetext", "12 s of 12 s")
    page.keyboard.press("Home")
    expect(page.locator("#seek-input")).to_have_attribute("aria-valuetext", "0 s of 12 s")

    page.locator("#volume").focus()
    page.keyboard.press("Home")
    expect(page.locator("#volume")).to_have_attribute("aria-valuetext", "Volume 0%")
    page.keyboard.press("End")
    expect(page.locator("#volume")).to_have_attribute("aria-valuetext", "Volume 100%")
    assert page.evaluate(TIME) < 8, "they belong to the slider that has the focus"


def test_controls_stay_under_a_finger_that_rests(page: Page, site: PlayerSite) -> None:
    play(page, site.add("film"))
    left, top, right, bottom = box(page, "#seek")
    page.mouse.move(left + (right - left) * 0.4, (top + bottom) / 2)
    page.mouse.down()
    wait_for(page, f"{TIME} > 4.7")
    reached = page.evaluate(TIME)
    wait_for(page, f"{TIME} > {reached + 3.2}")
    assert not page.evaluate("'idle' in document.getElementById('player').dataset")
    page.mouse.up()
    wait_for(page, "'idle' in document.getElementById('player').dataset")


@pytest.mark.parametrize(("query", "heard"), [("", "English"), ("?lang=zh", "中文")])
def test_the_sound_is_in_the_readers_language(page: Page, site: PlayerSite, query: str, heard: str) -> None:
    address = site.add("film", manifest_url=f"{site.service}/media/film/both.m3u8")
    play(page, address + query)
    open_settings(page)
    audio = page.locator("#menu [data-section=audio]")
    expect(audio).to_contain_text(heard)
    other = {"English": "zh.m3u8", "中文": "en.m3u8"}[heard]
    assert not [path for path in site.requests if path.endswith(other)], "nor is the other one loaded"
    if query:
        return
    audio.click()
    page.get_by_role("menuitemradio", name="中文").click()
    page.goto(site.add("next", manifest_url=f"{site.service}/media/film/both.m3u8"))
    page.locator("#start").click()
    wait_for(page, f"{TIME} > 0.3")
    open_settings(page)
    expect(page.locator("#menu [data-section=audio]")).to_contain_text("中文")


def test_menu_and_help_by_keyboard_alone(page: Page, site: PlayerSite) -> None:
    play(page, site.add("film"))
    page.locator("#settings").focus()
    for key in ("Enter", "ArrowDown", "Enter", "ArrowDown", "Enter"):
        page.keyboard.press(key)

    wait_for(page, "document.querySelector('video').playbackRate === 1.25")
    expect(page.locator("#menu")).to_be_hidden()
    expect(page.locator("#settings")).to_be_focused()

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    expect(page.get_by_text("Back / forward 10 seconds")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_storyboard_preview_follows_the_pointer(page: Page, site: PlayerSite) -> None:
    play(page, site.add("film", tracks=site.tracks()))
    box = page.locator("#seek").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 10)

    expect(page.locator("#preview-image")).to_be_visible()
    expect(page.locator("#preview-time")).to_have_text("0:09")
    expect(page.locator("#preview-chapter")).to_have_text("第二章 设色")
    style = page.locator("#preview-image").evaluate(
        "e => e.style.backgroundImage + e.style.backgroundPosition"
    )
    assert "sprite.jpg" in style
    assert "-640px" in style


def test_captions_button_only_with_tracks(page: Page, site: PlayerSite) -> None:
    page.goto(site.add("without"))
    expect(page.locator("#captions")).to_be_hidden()
    page.goto(site.add("with", tracks=site.tracks()) + "?lang=zh")
    page.keyboard.press("c")

    showing = "[...document.querySelector('video').textTracks].find(t => t.mode === 'showing')?.label"
    assert page.evaluate(showing) == "中文"


def test_speaks_chinese_and_english(browser: Browser, page: Page, site: PlayerSite) -> None:
    address = site.add("film")
    page.goto(address)
    expect(page.get_by_role("button", name="Play", exact=True).first).to_be_visible()
    page.goto(f"{address}?lang=zh")
    expect(page.get_by_role("button", name="播放", exact=True).first).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"

    with browser.new_context(locale="zh-CN") as chinese:
        other = chinese.new_page()
        other.goto(address)
        expect(other.get_by_role("button", name="播放", exact=True).first).to_be_visible()


def test_animation_loops_at_the_top_rung_without_a_gap(page: Page, site: PlayerSite) -> None:
    page.goto(
        site.add("loop", folder="loop", kind="animation", loop=True, duration=2, options={"controls": False})
    )
    wait_for(page, f"{TIME} > 0.2")
    assert page.evaluate(HEIGHT) == 540

    gaps = page.evaluate(LOOP_GAPS)
    assert min(gaps) < 250, gaps
    assert page.evaluate(HEIGHT) == 540
    assert not any("180" in request or "360" in request for request in site.requests)
    expect(page.locator("#controls")).to_be_hidden()


def test_less_motion_waits_for_the_reader(browser: Browser, site: PlayerSite) -> None:
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(site.add("loop", folder="loop", kind="animation", loop=True, duration=2))
        expect(page.locator("#start")).to_be_visible()
        assert page.evaluate(PAUSED)
        page.locator("#start").click()
        wait_for(page, f"{TIME} > 0.2")


@pytest.mark.parametrize(
    ("status", "title", "code"),
    [
        (401, "Playback link expired", "token_expired · 401"),
        (404, "Video not found", "not_found · 404"),
        (425, "Not ready yet", "not_ready · 425"),
    ],
)
def test_refusals_are_explained(page: Page, site: PlayerSite, status: int, title: str, code: str) -> None:
    site.statuses["film/master.m3u8"] = status
    page.goto(site.add("film"))

    expect(page.locator("#panel-title")).to_have_text(title)
    expect(page.locator("#panel-code")).to_have_text(f"Code {code}")


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [(403, "origin_not_allowed", False), (401, "token_invalid", False), (429, "too_many_plays", True)],
)
def test_the_service_explains_its_own_refusals(
    page: Page, site: PlayerSite, status: int, code: str, retry: bool
) -> None:
    message = {"en": "Said by <the> service.", "zh": "服务端的说明。"}
    for name in ("film/master.m3u8", "film/180.m3u8", "film/360.m3u8", "film/540.m3u8"):
        site.statuses = {name: status}
        site.problems = {name: {"code": code, "message": message}}
        page.goto(site.add("film"))
        if name != "film/master.m3u8" and page.locator("#panel-code").text_content() == "":
            continue  # another rung was begun with
        expect(page.locator("#panel-title")).to_have_text("This video cannot be played")
        expect(page.locator("#panel-text")).to_have_text(message["en"])
        expect(page.locator("#panel-code")).to_have_text(f"Code {code} · {status}")
        expect(page.locator("#retry")).to_be_visible(visible=retry)


def test_network_error_can_be_retried(page: Page, site: PlayerSite) -> None:
    site.statuses["film/master.m3u8"] = 500
    page.goto(site.add("film"))
    expect(page.locator("#panel-title")).to_have_text("Connection lost")
    site.statuses.clear()
    page.locator("#retry").click()

    wait_for(page, f"{TIME} > 0.5")


def test_processing_turns_into_playing(page: Page, site: PlayerSite) -> None:
    progress = {"percent": 0, "stage": "inspect", "eta_seconds": None, "queue_position": 3}
    address = site.add("film", state="queued", progress=progress, options={"autoplay": True, "muted": True})
    page.goto(address)
    expect(page.locator("#panel-title")).to_have_text("Waiting in the queue")
    expect(page.locator("#figures")).to_have_text("3 ahead in the queue")

    site.pages["film"] |= {"state": "processing", "progress": progress | {"percent": 42, "eta_seconds": 75}}
    expect(page.locator("#figures")).to_have_text("42% · About 1 min 15 s left")
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "42")

    site.pages["film"] |= {"state": "ready"}
    wait_for(page, f"{TIME} > 0.5")
    expect(page.locator("#panel")).to_be_hidden()


def test_failure_shows_its_message_in_the_readers_language(page: Page, site: PlayerSite) -> None:
    message = {"zh": "文件不是视频。", "en": "This file is not a video."}
    address = site.add("film", state="failed", failure={"code": "not_media", "message": message})
    page.goto(address)
    expect(page.locator("#panel-text")).to_have_text(message["en"])
    expect(page.locator("#panel-code")).to_have_text("Code not_media")
    page.goto(f"{address}?lang=zh")
    expect(page.locator("#panel-text")).to_have_text(message["zh"])


def test_growing_version_starts_at_the_beginning_with_its_final_length(page: Page, site: PlayerSite) -> None:
    site.published = 3
    play(page, site.add("film", state="playable"))
    assert page.evaluate(TIME) < 3, "not at the growing end"
    expect(page.locator("#total")).to_have_text("0:12")

    page.keyboard.press("9")
    wait_for(page, f"Math.abs({TIME} - 5.5) < 0.6")
    site.published = 6
    wait_for(page, f"{TIME} > 7")
    site.published = None
    site.pages["film"]["state"] = "ready"
    page.locator("#upgrade").click()
    wait_for(page, f"{TIME} > 8 && !{PAUSED}")


def test_an_animation_takes_its_best_quality_by_itself(page: Page, site: PlayerSite) -> None:
    site.published = 1
    page.goto(site.add("loop", folder="loop", kind="animation", loop=True, duration=2, state="playable"))
    wait_for(page, f"{TIME} > 0.3")
    site.published = None
    site.pages["loop"]["state"] = "ready"
    wait_for(page, f"{HEIGHT} === 540 && !{PAUSED}")
    expect(page.locator("#upgrade")).to_be_hidden()


def test_a_playlist_that_never_ends_still_ends_with_the_film(page: Page, site: PlayerSite) -> None:
    site.published = DURATION // SEGMENT
    play(page, site.add("film", state="playable", options={"start": DURATION - 2}))
    wait_for(page, "document.querySelector('video').ended")
    expect(page.get_by_role("button", name="Play again").first).to_be_visible()
    page.locator("#play").click()
    wait_for(page, f"{TIME} > 0.3 && {TIME} < 3 && !{PAUSED}")


def test_browser_without_media_source_plays_natively(page: Page, site: PlayerSite) -> None:
    page.add_init_script(
        "delete window.MediaSource; delete window.ManagedMediaSource; delete window.WebKitMediaSource"
    )
    play(page, site.add("film", options={"start": 4}))
    wait_for(page, f"{TIME} > 4.5 && document.querySelector('video').currentSrc.endsWith('master.m3u8')")


def test_start_option_and_autoplay(page: Page, site: PlayerSite) -> None:
    page.goto(site.add("film", options={"start": 5, "autoplay": True}))
    wait_for(page, f"{TIME} > 5.2")
    assert page.evaluate(TIME) < 8


def test_titles_are_text(page: Page, site: PlayerSite) -> None:
    title = "".join(
        ("</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "\u2028${{7*7}}]]>")
    )
    failure = {"code": title, "message": {"zh": title, "en": title}}
    play(page, site.add("film", title=title, tracks=[site.tracks()[0] | {"label": title}]))
    page.keyboard.press("c")
    assert page.locator("h1.title").text_content() == title
    page.goto(site.add("failed", title=title, state="failed", failure=failure))
    assert page.locator("#panel-text").text_content() == title


def test_phone_keeps_what_matters(browser: Browser, site: PlayerSite) -> None:
    with browser.new_context(
        viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True
    ) as context:
        page = context.new_page()
        page.goto(site.add("film", tracks=site.tracks()))
        page.locator("#start").tap()
        wait_for(page, f"{TIME} > 0.3")
        for name in ("play", "settings", "fullscreen", "captions"):
            expect(page.locator(f"#{name}")).to_be_visible()
        expect(page.locator("#picture")).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator("#seek-input").focus()
        wait_for(page, "document.querySelector('.track').clientHeight === 6")
        (_, top, _, bottom), (_, knob_top, _, knob_bottom) = box(page, ".track"), box(page, ".knob")
        assert abs(top + bottom - knob_top - knob_bottom) < 0.2, "the bar grows in its place"
        page.locator("#touch").tap(position={"x": 195, "y": 300})
        wait_for(page, "'idle' in document.getElementById('player').dataset")
        assert not page.evaluate(PAUSED), "a tap hides the controls and does not pause"
        page.locator("#touch").tap(position={"x": 195, "y": 300})
        page.locator("#captions").tap()
        assert {
            box(page, f"#{name}")[2] - box(page, f"#{name}")[0] >= 40 for name in ("mute", "captions")
        } == {True}
        wait_for(page, "'idle' in document.getElementById('player').dataset")
        page.locator("#touch").tap(position={"x": 195, "y": 300})
        page.locator("#play").tap()
        assert page.evaluate(PAUSED), "after a button too, the first tap on the picture brings the controls"


def box(page: Page, selector: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of an element."""
    found = page.locator(selector).bounding_box()
    assert found is not None
    return found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]


def test_nothing_is_cut_off_in_the_frame_of_a_phone(browser: Browser, site: PlayerSite) -> None:
    address = course_of(site, "first", "second")
    width, height = 374, 210
    with browser.new_context(
        viewport={"width": width, "height": height}, has_touch=True, is_mobile=True
    ) as context:
        page = context.new_page()
        page.goto(address)
        page.locator("#start").tap()
        wait_for(page, f"{TIME} > 0.3 && document.getElementById('badge').textContent !== ''")
        assert box(page, "#badge")[2] <= box(page, "#fullscreen")[0], "the badge stays on its own button"
        page.locator("#settings").tap()
        page.locator("#menu button").first.wait_for()
        # In one step: the menu is drawn anew when the player learns something.
        for top, bottom in page.locator("#menu button").evaluate_all(
            """rows => rows.map(row => {
                row.scrollIntoView({block: "nearest"});
                const {top, bottom} = row.getBoundingClientRect();
                return [top, bottom];
            })"""
        ):
            assert top >= 0 and bottom <= height
        page.keyboard.press("Escape")
        page.evaluate("document.querySelector('video').currentTime = 11.5")
        expect(page.locator("#end")).to_be_visible()
        left, top, right, bottom = box(page, "#end")
        assert left >= 0 and top >= 0 and right <= width and bottom <= box(page, ".bar")[1]
        page.locator("#play").tap(trial=True)
        expect(page.locator("#start")).to_be_hidden()
        page.locator("video").evaluate("video => { video.currentTime = 1; video.pause(); }")
        expect(page.locator("#end")).to_be_hidden()
        for width, height in ((320, 180), (740, 360)):
            page.set_viewport_size({"width": width, "height": height})
            page.locator("#end").evaluate("card => (card.hidden = false)")
            assert box(page, "#next")[3] < box(page, "#end")[3] <= box(page, ".bar")[1], "all of its button"
            expect(page.locator("#start")).to_be_hidden()


def test_sheets_on_a_phone_are_left_as_they_are_entered(browser: Browser, site: PlayerSite) -> None:
    with browser.new_context(
        viewport={"width": 360, "height": 203}, has_touch=True, is_mobile=True
    ) as context:
        page = context.new_page()
        page.goto(course_of(site, "first", "second"))
        page.locator("#start").tap()
        wait_for(page, f"{TIME} > 0.3")
        page.locator("#list").tap()
        expect(page.locator("#drawer [aria-current]")).to_be_focused()
        page.locator("#drawer .close").tap()
        expect(page.locator("#drawer")).to_be_hidden()
        expect(page.locator("#list")).to_be_focused()
        page.set_viewport_size({"width": 360, "height": 640})
        page.locator("#list").tap()
        page.touchscreen.tap(180, 60)
        expect(page.locator("#drawer")).to_be_hidden()

        page.evaluate("document.querySelector('video').currentTime = 11.9")
        wait_for(page, "!document.getElementById('end').hidden")
        page.locator("#settings").tap()
        page.locator("#menu [data-section=speed] .menu-value").evaluate(
            "value => (value.textContent = '皴：披麻皴、斧劈皴与雨点皴的比较与练习'.repeat(2))"
        )
        assert {
            label.evaluate("label => label.getClientRects()[0].height < 30")
            for label in page.locator("#menu .menu-label").all()
        } == {True}, "a long value leaves the name in one line"
        page.locator("#menu [data-section=speed]").tap(trial=True)  # the card that leads on lies behind it
        page.evaluate("document.querySelector('video').currentTime = 5")
        expect(page.locator("#end")).to_be_hidden()
        page.locator("#menu [data-section=transcript]").tap()
        page.get_by_role("menuitemradio", name="On").tap()
        expect(page.locator("#transcript").get_by_text("High mountains, a small moon")).to_be_visible()
        page.locator("#transcript .close").tap()
        expect(page.locator("#transcript")).to_be_hidden()
        expect(page.locator("#settings")).to_be_focused()

        page.keyboard.press("?")
        assert page.locator("#help").evaluate("sheet => sheet.scrollTop") == 0
        page.set_viewport_size({"width": 360, "height": 203})
        page.locator("#help-close").tap()
        expect(page.locator("#help")).to_be_hidden()
        page.keyboard.press("?")
        assert page.locator("#help").evaluate("sheet => sheet.scrollTop") == 0, "it begins at its beginning"
        expect(page.get_by_text("Play / pause")).to_be_in_viewport()


OVERLAPS = """() => {
  const parts = [...document.querySelectorAll('.bar button, .bar #volume, #seek, .time, .top .title, #start')]
    .filter((part) => part.checkVisibility({opacityProperty: true, visibilityProperty: true}))
    .map((part) => ({name: part.id || part.className, box: part.getBoundingClientRect()}))
    .filter(({box}) => box.width > 0);
  const wrong = parts.filter(({box}) => box.left < -0.5 || box.top < -0.5 || box.right > innerWidth + 0.5
    || box.bottom > innerHeight + 0.5).map(({name}) => `${name} is cut off`);
  parts.forEach(({name, box}, index) => parts.slice(index + 1).forEach((other) => {
    const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
    const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
    if (across > 1 && down > 1) wrong.push(`${name} lies over ${other.name}`);
  }));
  if (!parts.some(({name}) => name === 'play' || name === 'start')) wrong.push('nothing plays it');
  return wrong;
}"""

SIZES = [
    (74, 130), (130, 74), (130, 130), (200, 60), (200, 112), (320, 60), (320, 120), (480, 100),
    (320, 180), (320, 568), (640, 160), (640, 360), (1600, 900),
]  # fmt: skip


@pytest.mark.parametrize("letters", [16, 32])
def test_every_size_has_its_layout(browser: Browser, site: PlayerSite, letters: int) -> None:
    """``letters`` is the size that a reader has set in the browser, in pixels; 16 is the usual one."""
    film = course_of(site, "first", "second")
    sound = site.add(
        "sound", kind="audio", poster_url=None, width=None, height=None, tracks=site.tracks(),
        manifest_url=f"{site.service}/media/film/sound.m3u8",
    )  # fmt: skip
    own = launch(browser.browser_type, f"--blink-settings=defaultFontSize={letters}")
    for address in (film, sound):
        page = own.new_page(reduced_motion="reduce")
        page.goto(address)
        wait_for(page, "document.querySelector('video').readyState >= 3")
        for playing in (False, True):
            if playing:
                page.keyboard.press("k")
                wait_for(page, f"{TIME} > 0.3")
                page.keyboard.press("k")
            for width, height in SIZES:
                if letters > 16 and min(width, height) < 160:
                    continue
                page.set_viewport_size({"width": width, "height": height})
                assert page.evaluate(OVERLAPS) == [], (address, playing, width, height)
        page.set_viewport_size({"width": 320, "height": 180})
        for name in ("play", "mute", "settings"):
            expect(page.locator(f"#{name}")).to_be_visible()
        if letters > 16:
            assert page.locator(".time").evaluate("time => parseFloat(getComputedStyle(time).fontSize)") > 24
        page.close()
    own.close()


def test_high_contrast_shows_icons_and_what_is_played(browser: Browser, site: PlayerSite) -> None:
    with browser.new_context(viewport={"width": 854, "height": 480}, forced_colors="active") as context:
        page = context.new_page()
        play(page, site.add("film", title="山水画" * 40))
        assert box(page, ".title")[2] <= 854, "a long title ends in dots"
        page.keyboard.press("k")
        page.keyboard.press("5")
        wait_for(page, f"Math.abs({TIME} - 6) < 0.1")
        icon = _pixels(page, "#play")
        assert _contrast(icon.getpixel((2, 2)), icon.getpixel((icon.width // 2, icon.height // 2))) >= 3
        track = _pixels(page, ".track")
        middle = track.height // 2
        played, rest = (track.getpixel((int(track.width * share), middle)) for share in (0.25, 0.75))
        assert _contrast(played, rest) >= 3


def _pixels(page: Page, selector: str) -> Image.Image:
    return Image.open(io.BytesIO(page.locator(selector).screenshot())).convert("RGB")


def _contrast(one: Any, other: Any) -> float:
    """The ratio of WCAG 2.2 between two colours."""
    linear = [
        [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in (value / 255 for value in color)
        ]
        for color in (one, other)
    ]
    light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in linear)
    return (light[1] + 0.05) / (light[0] + 0.05)


def _with_slides(site: PlayerSite, **changes: Any) -> str:
    url = f"{site.service}/media/film/slides.vtt"
    slides = {"kind": "slides", "language": "zh-CN", "label": "中文", "url": url}
    return site.add("film", tracks=[*site.tracks(), slides], **changes)


def test_the_list_of_slides_stands_beside_the_picture_on_request(page: Page, site: PlayerSite) -> None:
    play(page, _with_slides(site, options={"slides": True, "lang": "zh"}))
    panel = page.get_by_role("region", name="幻灯片")
    expect(panel.get_by_role("button")).to_have_text(["", "0:00水墨的工具", "0:06<b>设色"])
    expect(panel.locator("[aria-current]")).to_have_text("0:00水墨的工具")
    page.mouse.click(300, 200)  # it stays
    expect(panel).to_be_visible()
    assert _apart(page), "at the side of the picture"
    page.set_viewport_size({"width": 390, "height": 780})
    assert _apart(page), "under the picture"
    page.set_viewport_size({"width": 1280, "height": 720})
    assert findings(page) == []
    last = panel.get_by_role("button", name="设色")
    last.focus()
    page.keyboard.press("Enter")
    wait_for(page, f"{TIME} >= 6")
    expect(panel.locator("[aria-current]")).to_have_text("0:06<b>设色")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def _apart(page: Page) -> bool:
    """Whether the list covers nothing of the picture, and both are seen."""
    picture, panel = page.locator("video").bounding_box(), page.locator("#slides").bounding_box()
    assert picture and panel and min(picture["width"], panel["width"]) >= 240
    return picture["x"] + picture["width"] <= panel["x"] or picture["y"] + picture["height"] <= panel["y"]


def test_the_list_of_slides_is_in_the_menu_where_there_are_some(page: Page, site: PlayerSite) -> None:
    play(page, _with_slides(site))
    expect(page.locator("#slides")).to_be_hidden()
    open_settings(page)
    page.locator("#menu [data-section=slides]").click()
    page.get_by_role("menuitemradio", name="On").click()
    expect(page.get_by_role("region", name="Slides").get_by_role("button", name="水墨的工具")).to_be_visible()
    play(page, site.add("other", tracks=site.tracks(), options={"slides": True}))
    expect(page.locator("#slides")).to_be_hidden()
    open_settings(page)
    expect(page.locator("#menu [data-section=slides]")).to_have_count(0)


def test_transcript_chapter_and_the_systems_own_controls(page: Page, site: PlayerSite) -> None:
    play(page, site.add("film", tracks=site.tracks()))
    page.keyboard.press("t")
    row = page.get_by_role("button", name="High mountains, a small moon")
    expect(row).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#transcript")).to_be_hidden()
    page.evaluate("document.querySelector('video').currentTime = 7")
    expect(page.locator("#chapter")).to_have_text("第二章 设色")
    page.locator("#chapter").click()
    page.get_by_role("menuitemradio", name="第一章 水墨").click()
    wait_for(page, f"{TIME} < 3")
    expect(page.locator("#chapter")).to_be_focused()
    page.keyboard.press("t")
    page.evaluate("document.querySelector('video').currentTime = 11")
    row.click()
    wait_for(page, f"{TIME} < 3")
    assert page.evaluate("[navigator.mediaSession.metadata.title, navigator.mediaSession.metadata.artwork.length]") == [
        "中国山水画入门：第三讲 皴法与设色", 1,
    ]  # fmt: skip


def test_error_page_says_what_to_do(page: Page, site: PlayerSite) -> None:
    page.goto(f"{site.service}/error/zh")
    expect(page.get_by_role("heading")).to_have_text("播放链接已过期")
    expect(page.get_by_text("请刷新所在的课程页面后再试。")).to_be_visible()
    expect(page.get_by_text("token_expired")).to_be_visible()


def test_a_page_nobody_plays_loads_little_and_reads_in_the_titles_direction(
    page: Page, site: PlayerSite
) -> None:
    page.goto(site.add("film", title="مقدمة في الرسم الصيني 山水画"))
    assert page.locator("h1.title").evaluate("title => getComputedStyle(title).direction") == "rtl"
    wait_for(page, "document.querySelector('video').readyState >= 3")
    page.wait_for_timeout(500)

    buffered = page.evaluate("document.querySelector('video').buffered.end(0)")
    assert buffered < DURATION, "the rest is loaded once somebody plays"


def test_ready_to_play_with_six_requests_and_nothing_shifts(page: Page, site: PlayerSite) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.add_init_script(SHIFTS)
    page.goto(site.add("film", tracks=site.tracks()))
    page.locator("#start").wait_for()
    wait_for(page, "document.querySelector('video').readyState >= 3")
    media = re.compile(r"\d+\.m3u8|sound\.m3u8|.*\.(m4s|mp4|vtt)")
    own = [name for name in asked if not media.fullmatch(name)]
    assert sorted(own) == ["film", "master.m3u8", "player.css", "player.js", "poster.jpg"], "each once"
    page.locator("#start").click()
    wait_for(page, f"{TIME} > 1")
    page.keyboard.press("c")
    page.keyboard.press("?")
    page.wait_for_timeout(300)
    assert page.evaluate("window.shifts") == []


def test_goes_on_where_the_viewer_left(context: BrowserContext, page: Page, site: PlayerSite) -> None:
    address = site.add("film", tracks=site.tracks())
    play(page, address)
    page.keyboard.press("5")
    wait_for(page, f"{TIME} > 6.2")
    page.keyboard.press("k")
    page.goto("about:blank")

    again = context.new_page()
    again.goto(address)
    expect(again.locator("#restart")).to_contain_text("Resumed at 0:06")
    wait_for(again, f"{TIME} >= 6")
    again.locator("#restart").click()
    wait_for(again, f"{TIME} < 1")

    site.pages["film"]["options"]["resume"] = False
    again.goto(address)
    expect(again.locator("#restart")).to_be_hidden()
    assert again.evaluate("localStorage.length") == 0, "a page that says so also forgets"


def test_forbidden_storage_harms_nothing(page: Page, site: PlayerSite) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
    )
    play(page, site.add("film"))
    page.keyboard.press("k")
    wait_for(page, PAUSED)


def test_data_saver_caps_the_rung(page: Page, site: PlayerSite) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'connection', {value: {saveData: true}})")
    play(page, site.add("film"))
    assert page.evaluate(HEIGHT) <= 360
    page.set_viewport_size({"width": 1500, "height": 900})
    page.wait_for_timeout(500)  # hls.js looks at the new size
    page.evaluate("document.querySelector('video').currentTime = 8")
    wait_for(page, f"{TIME} > 8.5")
    assert page.evaluate(HEIGHT) <= 360, "larger, and still saving"
    open_settings(page)
    expect(page.locator("#menu [data-section=saver]")).to_contain_text("On")
    page.locator("#menu [data-section=saver]").click()
    page.get_by_role("menuitemradio", name="Off").click()
    open_settings(page)
    expect(page.locator("#menu [data-section=saver]")).to_contain_text("Off")


def course_of(site: PlayerSite, *names: str, **changes: Any) -> str:
    """Adds the lessons of a course; the address of the first one's page."""
    lessons = [
        {
            "playback_id": name,
            "title": f"第{name}课",
            "duration": DURATION,
            "signed": False,
            "status_url": f"{site.service}/status/{name}",
        }
        for name in names
    ]
    for index, name in enumerate(names):
        course = {"id": "course", "title": "山水画", "index": index, "lessons": lessons}
        site.add(name, title=f"第{name}课", course=course, tracks=site.tracks(), **changes)
    return f"{site.service}/embed/{names[0]}"


def test_a_course_has_a_list_and_goes_on_by_itself(page: Page, site: PlayerSite) -> None:
    play(page, course_of(site, "first", "second", "third"))
    page.locator("#list").click()
    expect(page.locator("#drawer a")).to_have_count(3)
    expect(page.locator("#drawer [aria-current]")).to_contain_text("第first课")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()

    page.evaluate("document.querySelector('video').currentTime = 11.5")
    expect(page.locator("#next-title")).to_have_text("第second课")
    page.locator("#stay").click()
    expect(page.locator("#end")).to_be_hidden()
    page.evaluate("document.title = document.getElementById('player').dataset.seen = 'the same page'")
    for key in ("c", ">", "m", "f"):
        page.keyboard.press(key)
    wait_for(page, "document.fullscreenElement !== null")
    history = page.evaluate("history.length")
    page.evaluate(
        "document.querySelector('video').currentTime = 11.5; document.querySelector('video').play()"
    )
    expect(page.locator("#end")).to_be_visible()
    expect(page.locator("h1.title")).to_have_text("第second课")
    wait_for(page, f"{TIME} > 0.3 && {TIME} < 8 && !{PAUSED}")
    kept = page.evaluate(
        """() => {
          const video = document.querySelector('video');
          return {
            page: document.getElementById('player').dataset.seen,
            fullscreen: document.fullscreenElement !== null,
            speed: video.playbackRate,
            muted: video.muted,
            captions: [...video.textTracks].find(track => track.mode === 'showing')?.label,
            history: history.length,
            title: document.title,
          };
        }"""
    )
    assert kept == {
        "page": "the same page",
        "fullscreen": True,
        "speed": 1.25,
        "muted": True,
        "captions": "English",
        "history": history,
        "title": "第second课",
    }
    assert page.url.endswith("?lesson=second&autoplay=1"), "who loads the page again is in this lesson"
    expect(page.locator("#drawer [aria-current]")).to_contain_text("第second课", use_inner_text=False)
    wait_for(page, "navigator.mediaSession.metadata.title === '第second课'")

    page.mouse.move(300, 200)
    page.mouse.move(310, 200)
    page.locator("#list").click()
    page.get_by_role("link", name="第third课").click()
    expect(page.locator("h1.title")).to_have_text("第third课")
    expect(page.locator("#drawer")).to_be_hidden()
    wait_for(page, f"{TIME} < 8 && !{PAUSED}")
    page.evaluate("document.querySelector('video').currentTime = 11.5")
    wait_for(page, "document.querySelector('video').ended")
    expect(page.locator("#end")).to_be_hidden()


def test_captions_stand_at_the_picture_and_leave_with_their_lesson(
    browser: Browser, site: PlayerSite
) -> None:
    address = course_of(site, "first", "second")
    site.pages["second"] |= {"kind": "animation", "tracks": [], "storyboard_url": None}
    site.pages["second"]["manifest_url"] = f"{site.service}/media/loop/master.m3u8"
    with browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    ) as context:
        page = context.new_page()
        play(page, address)
        for key in ("c", ">", ">"):
            page.keyboard.press(key)

        def words() -> bool:
            """Whether something is written in the 50 pixels below the picture."""
            shot = page.screenshot(clip={"x": 20, "y": 473, "width": 320, "height": 50})
            return max(high for _, high in Image.open(io.BytesIO(shot)).convert("RGB").getextrema()) > 200

        wait_for(page, "'idle' in document.getElementById('player').dataset")
        page.wait_for_timeout(300)  # the captions come down with the controls
        assert words()
        page.keyboard.press("Escape")
        page.locator("#list").tap()
        page.get_by_role("link", name="第second课").tap()
        wait_for(page, f"{TIME} > 0.3 && document.getElementById('player').dataset.chrome === 'minimal'")
        assert not words(), "no captions of the lesson before"
        assert page.evaluate("document.querySelector('video').playbackRate") == 1, (
            "an animation has its own speed"
        )
        page.locator("#list").tap()
        page.get_by_role("link", name="第first课").tap()
        wait_for(page, f"{TIME} > 0.3 && document.getElementById('player').dataset.chrome === 'full'")
        assert page.evaluate("document.querySelector('video').playbackRate") == 1.5


def test_a_lesson_out_of_reach_leaves_the_way_to_the_others(page: Page, site: PlayerSite) -> None:
    address = course_of(site, "first", "second", "third")
    third = site.pages["first"]["course"]["lessons"][2]
    third["status_url"] = f"{site.service}/none"
    page.route("**/status/second", lambda route: route.abort())
    play(page, address)
    history = page.evaluate("history.length")
    page.keyboard.press("k")
    page.locator("#list").click()
    page.get_by_role("link", name="第second课").click()
    expect(page.locator("#panel-title")).to_have_text("Connection lost")
    page.locator("#panel-lessons").click()
    expect(page.locator("#drawer [aria-current]")).to_contain_text("第second课")
    page.get_by_role("link", name="第third课").click()
    page.wait_for_url("**/embed/first?lesson=third&autoplay=1")
    wait_for(page, f"{TIME} > 0.3 && !{PAUSED}")
    assert page.evaluate("history.length") == history, (
        "what is refused has a page of its own, in the place of this one"
    )


def test_the_next_lesson_begins_as_the_viewer_likes_it(
    context: BrowserContext, page: Page, site: PlayerSite
) -> None:
    address = site.add("film", tracks=site.tracks())
    play(page, address)
    for key in ("ArrowDown", "ArrowDown", "m", ">", ">", "c"):
        page.keyboard.press(key)
    open_settings(page)
    page.locator("#menu [data-section=captionSize]").click()
    page.get_by_role("menuitemradio", name="150%").click()
    open_settings(page)
    page.locator("#menu [data-section=captionColors]").click()
    page.get_by_role("menuitemradio", name="Yellow on black").click()
    page.evaluate("document.querySelector('video').volume = 0.1")  # as the page around might
    begins = """() => {
      const video = document.querySelector('video');
      return [video.volume, video.muted, video.playbackRate,
        [...video.textTracks].find(track => track.mode === 'showing')?.label ?? null,
        document.getElementById('player').style.getPropertyValue('--caption-scale')];
    }"""
    seen = page.evaluate(begins)
    assert seen[1:] == [True, 1.5, "English", "1.5"]

    other = context.new_page()
    other.goto(site.add("other", tracks=site.tracks()))
    wait_for(other, "document.querySelector('video').readyState >= 1")
    assert other.evaluate(begins) == [0.9, *seen[1:]]
    other.locator("#start").click()
    wait_for(other, f"{TIME} > 0.3")
    shot = Image.open(io.BytesIO(other.locator("video").screenshot())).convert("RGB")
    letters = [color for _, color in shot.getcolors(1 << 24) or [] if color == (255, 225, 77)]
    assert letters, "yellow ones on the picture"

    other.goto(site.add("asks", tracks=site.tracks(), options={"captions": "zh", "speed": 0.75}))
    wait_for(other, "document.querySelector('video').readyState >= 1")
    assert other.evaluate(begins)[2:4] == [1.5, "English"], "what the viewer chose prevails"

    changes = {"preferences": False, "captions": "zh", "speed": 0.75, "end": 3}
    other.goto(site.add("plain", tracks=site.tracks(), options=changes))
    wait_for(other, "document.querySelector('video').readyState >= 1")
    assert other.evaluate(begins) == [1, False, 0.75, "中文", "1"], "a page may switch it off"
    other.keyboard.press("m")
    other.locator("#start").click()
    wait_for(other, f"{PAUSED} && {TIME} >= 3 && {TIME} < 4")
    other.keyboard.press("k")
    wait_for(other, f"{TIME} > 4")
    other.goto(address)
    assert other.evaluate(begins)[2] == 1.5


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_axe_finds_nothing(
    browser: Browser, site: PlayerSite, language: str, scheme: Literal["light", "dark"]
) -> None:
    with browser.new_context(viewport={"width": 854, "height": 480}, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(f"{course_of(site, 'first', 'second')}?lang={language}")
        wait_for(page, "document.querySelector('video').readyState >= 3")
        assert findings(page) == [], "before it plays"
        page.locator("#start").click()
        wait_for(page, f"{TIME} > 0.3")
        for key in ("c", "k"):
            page.keyboard.press(key)
        expect(page.locator("#chapter")).to_be_visible()
        assert findings(page) == [], "paused, with captions"
        for opener, shown in (
            ("#settings", "#menu"),
            ("#chapter", "#menu"),
            ("#list", "#drawer"),
            ("#read", "#cues li"),
        ):
            page.locator(opener).click()
            expect(page.locator(shown).first).to_be_visible()
            assert findings(page) == [], opener
            page.keyboard.press("Escape")
            page.keyboard.press("Escape")
        page.keyboard.press("?")
        assert findings(page) == [], "help"
        page.keyboard.press("Escape")
        page.evaluate(
            "document.querySelector('video').currentTime = 11.9; document.querySelector('video').play()"
        )
        expect(page.locator("#end")).to_be_visible()
        assert findings(page) == [], "the way to the next lesson"

        site.add("made", state="processing", progress={"percent": 42, "eta_seconds": 75})
        page.goto(f"{site.service}/embed/made?lang={language}")
        expect(page.locator("#progress")).to_be_visible()
        assert findings(page) == [], "processing"
        site.statuses["film/master.m3u8"] = 500
        page.goto(f"{site.add('broken')}?lang={language}")
        expect(page.locator("#retry")).to_be_visible()
        assert findings(page) == [], "an error"
        page.goto(f"{site.service}/error/{language}")
        assert findings(page) == [], "a refusal"
