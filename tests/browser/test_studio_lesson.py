"""A lesson's page in Studio: details saved and disputed, a poster chosen, captions, a file replaced and taken back."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from accessible import findings, too_wide
from PIL import Image
from player_site import ffmpeg
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, expect
from sqlalchemy.orm import Session
from studio_page import enter
from support import RunningStack

from storage.catalogue import database
from storage.catalogue.models import Track
from storage.tracks.names import automatic_name

pytestmark = [pytest.mark.browser, pytest.mark.integration]

RED, BLUE = (200, 30, 30), (30, 30, 200)


def film(path: Path, first: tuple[int, int, int], second: tuple[int, int, int]) -> Path:
    """Four seconds of one colour, then of another."""
    colours = [f"color=0x{r:02x}{g:02x}{b:02x}:s=320x180:r=10:d=2" for r, g, b in (first, second)]
    ffmpeg(
        "-f", "lavfi", "-i", colours[0], "-f", "lavfi", "-i", colours[1],
        "-filter_complex", "concat,format=yuv420p", "-c:v", "libx264", "-preset", "ultrafast", path,
    )  # fmt: skip
    return path


TWIN = "The same film once more"


@pytest.fixture(scope="module")
def made(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = film(tmp_path_factory.mktemp("lesson") / "first.mp4", RED, BLUE)
    asset: dict[str, Any] = stack.wait(stack.upload(path), "ready")
    stack.upload(path, TWIN)
    return asset


def part(page: Page, name: str) -> Locator:
    return page.locator(f"[data-part={name}]")


def current(stack: RunningStack, made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = stack.client.get(f"/v1/assets/{made['id']}")
    return found


def looks_like(picture: bytes, colour: tuple[int, int, int]) -> bool:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    found = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(found, tuple)
    return max(abs(a - b) for a, b in zip(found, colour, strict=True)) < 30


def test_details_are_saved_while_one_types(page: Page, stack: RunningStack, made: dict[str, Any]) -> None:
    enter(page, stack, f"/studio/lessons/{made['id']}")
    page.get_by_label("Title", exact=True).fill("太极拳 第一课")
    page.get_by_label("Description").fill("For beginners.\nSlowly.")
    page.get_by_label("Language").select_option("zh")
    page.get_by_role("textbox", name="Tags").fill("健康，太极")
    page.get_by_role("textbox", name="Tags").press("Enter")

    expect(page.locator(".saved")).to_have_text("Saved")
    expect(page.locator("main h1")).to_have_text("太极拳 第一课")
    saved = current(stack, made)
    assert (saved["title"], saved["description"]) == ("太极拳 第一课", "For beginners.\nSlowly.")
    assert (saved["language"], saved["tags"]) == ("zh", ["健康", "太极"])
    page.get_by_role("textbox", name="Tags").press("Backspace")
    page.get_by_label("Title", exact=True).fill(" ")
    expect(part(page, "details")).to_contain_text("A lesson needs a title.")
    page.get_by_label("Title", exact=True).fill("Tai chi")
    expect(page.locator(".saved")).to_have_text("Saved")
    assert (current(stack, made)["title"], current(stack, made)["tags"]) == ("Tai chi", ["健康"])


def test_what_is_typed_without_a_network_is_kept_and_sent_later(
    page: Page, stack: RunningStack, made: dict[str, Any]
) -> None:
    enter(page, stack, f"/studio/lessons/{made['id']}")
    page.get_by_label("Subject").wait_for()
    page.context.set_offline(True)
    page.get_by_label("Subject").fill("Health")
    expect(part(page, "details")).to_contain_text("kept in this browser")
    expect(page.locator(".saved")).to_contain_text("Not saved yet")
    page.context.set_offline(False)
    expect(page.locator(".saved")).to_have_text("Saved")
    assert current(stack, made)["subject"] == "Health"


def test_two_who_edit_at_once_are_both_shown(
    browser: Browser, page: Page, stack: RunningStack, made: dict[str, Any]
) -> None:
    other = browser.new_context(locale="en-US").new_page()
    for each in (page, other):
        enter(each, stack, f"/studio/lessons/{made['id']}")
        each.get_by_label("Title", exact=True).wait_for()
    other.context.set_offline(True)
    other.get_by_label("Title", exact=True).fill("Theirs")
    other.get_by_label("Subject").fill("Sport")
    page.get_by_label("Title", exact=True).fill("Mine")
    expect(page.locator(".saved")).to_have_text("Saved")
    other.context.set_offline(False)

    clash = part(other, "details").get_by_role("alert")
    expect(clash).to_contain_text("Somebody else has changed this meanwhile.")
    expect(clash).to_contain_text("Mine")
    expect(clash).to_contain_text("Theirs")
    assert findings(other) == []
    assert current(stack, made)["title"] == "Mine"
    clash.get_by_role("button", name="Keep mine").click()
    expect(other.locator(".saved")).to_have_text("Saved")
    assert (current(stack, made)["title"], current(stack, made)["subject"]) == ("Theirs", "Sport")
    other.context.close()


def test_a_poster_is_chosen_by_moving_along_the_lesson(
    page: Page, stack: RunningStack, made: dict[str, Any], tmp_path: Path
) -> None:
    enter(page, stack, f"/studio/lessons/{made['id']}")
    poster = part(page, "poster")
    poster.get_by_role("button", name="Choose a moment").click()
    slider = page.get_by_role("dialog").get_by_role("slider")
    slider.press("End")
    slider.press("Shift+ArrowLeft")
    expect(page.get_by_role("dialog").locator("img[data-here]")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("button", name="Use this picture").click()
    expect(poster).to_contain_text("The moment 0:02")
    shown = page.request.get(
        str(poster.locator("img").get_attribute("src")).replace("/v/", f"{stack.url}/v/", 1)
    )
    assert looks_like(shown.body(), BLUE)
    status = stack.request("GET", f"/embed/{made['playback_ids'][0]['id']}/status", key=None)
    assert looks_like(stack.request("GET", json.loads(status.data)["poster_url"], key=None).data, BLUE)

    Image.new("RGB", (200, 300), (20, 160, 40)).save(tmp_path / "cover.png")
    poster.locator("input[type=file]").set_input_files(tmp_path / "cover.png")
    expect(poster).to_contain_text("A picture of your own")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    poster.locator("input[type=file]").set_input_files(tmp_path / "broken.png")
    expect(poster.get_by_role("alert")).to_contain_text("This picture cannot be read.")
    poster.get_by_role("button", name="The first one again").click()
    expect(poster).to_contain_text("Found by itself")


def test_captions_with_faults_are_told_line_by_line(
    page: Page, stack: RunningStack, made: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "wrong.srt").write_text("1\n00:00:02,000 --> 00:00:01,000\nHello\n")
    (tmp_path / "right.srt").write_text("1\n00:00:00,500 --> 00:00:01,000\nHello\n")
    enter(page, stack, f"/studio/lessons/{made['id']}")
    tracks = part(page, "tracks")
    tracks.get_by_role("button", name="Add captions or chapters").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Language").select_option("en")
    dialog.get_by_label("File").set_input_files(tmp_path / "wrong.srt")
    dialog.get_by_role("button", name="Upload").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Line 2: The cue ends before it begins.")
    dialog.get_by_label("File").set_input_files(tmp_path / "right.srt")
    dialog.get_by_role("button", name="Upload").click()

    expect(tracks.locator(".line")).to_contain_text("English")
    with page.expect_download() as saved:
        tracks.get_by_role("link", name="Download Captions: English").click()
    assert "Hello" in saved.value.path().read_text()
    tracks.get_by_role("button", name="Remove Captions: English").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(tracks.locator(".line")).to_have_count(0)
    assert current(stack, made)["tracks"] == []


def first_colour(player: FrameLocator) -> str:
    """The colour of the picture in the player, sampled in its own page."""
    return str(
        player.locator("video").evaluate(
            """async (video) => {
            video.currentTime = 0.5;
            await new Promise((done) => video.requestVideoFrameCallback(done));
            const canvas = document.createElement("canvas");
            const context = canvas.getContext("2d");
            context.drawImage(video, 0, 0, 1, 1);
            const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
            return red > green && red > blue ? "red" : green > blue ? "green" : "blue";
        }"""
        )
    )


def test_a_file_is_replaced_and_taken_back(
    page: Page, stack: RunningStack, made: dict[str, Any], tmp_path: Path
) -> None:
    film(tmp_path / "second.mp4", (20, 160, 40), RED)
    captions = f"/v1/assets/{made['id']}/tracks/captions/en"
    cue = b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"
    assert stack.request("PUT", captions, body=cue).status == 200
    enter(page, stack, f"/studio/lessons/{made['id']}")
    versions = part(page, "versions")
    player = page.frame_locator("iframe.player")
    # By key: what stands above may still be growing, and a pointer would miss.
    versions.get_by_role("button", name="Replace the file").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(tmp_path / "second.mp4")
    dialog.get_by_label("Note").fill("clearer picture")
    with page.expect_response("**/v1/live") as stream:
        dialog.get_by_role("button", name="Upload").click()
    assert stream.value.ok

    shown = versions.locator("[data-standing=current].line")
    expect(shown).to_contain_text("second.mp4")
    expect(shown).to_contain_text("clearer picture")
    frame = page.locator("iframe.player")
    expect(frame).to_have_attribute("data-version", current(stack, made)["version_id"])
    page.evaluate("window.scrollTo(0, 0)")
    player.locator("#start").click()
    assert first_colour(player) == "green"

    # Nothing is heard in either file, so nobody can tell whether the captions fit: people are asked, and viewers wait.
    tracks = part(page, "tracks")
    expect(tracks).to_contain_text("It belongs to the file before.")
    assert current(stack, made)["tracks"][0]["state"] == "to_check"
    tracks.get_by_role("link", name="Edit Captions: English").click()
    banner = page.locator(".standing .callout")
    expect(banner).to_contain_text("nobody could tell whether they still fit")
    assert findings(page) == []
    banner.get_by_role("button", name="They fit: show them").click()
    expect(banner).to_have_count(0)
    assert current(stack, made)["tracks"][0]["state"] == "shown"
    page.go_back()
    expect(tracks).to_contain_text("English")
    expect(tracks).not_to_contain_text("It belongs to the file before.")

    versions.get_by_role("button", name="Show it again: first.mp4").click()
    page.get_by_role("dialog").get_by_label("Note").fill("back again")
    page.get_by_role("dialog").get_by_role("button", name="Show it again").click()
    expect(shown).to_contain_text("first.mp4")
    expect(frame).to_have_attribute("data-version", made["version_id"])
    page.evaluate("window.scrollTo(0, 0)")
    player.locator("#start").click()
    assert first_colour(player) == "red"
    told = stack.client.get(f"/v1/assets/{made['id']}/versions")["switches"]
    assert [each["note"] for each in told] == ["back again", "clearer picture"]


def test_captions_that_a_machine_wrote_are_called_so_until_somebody_has_looked(
    page: Page, stack: RunningStack, made: dict[str, Any]
) -> None:
    captions = f"/v1/assets/{made['id']}/tracks/captions"
    engine = database.connect(stack.environment["DATABASE_URL"])
    for language in ("fr", "ja"):
        cue = b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"
        track_id = stack.request("PUT", f"{captions}/{language}", body=cue).json()["id"]
        with Session(engine) as session, session.begin():
            track = session.get_one(Track, track_id)
            track.automatic, track.label = True, automatic_name(language)
    engine.dispose()
    enter(page, stack, f"/studio/lessons/{made['id']}")
    tracks = part(page, "tracks")
    french = tracks.locator(".line", has_text="Français")
    expect(french).to_contain_text("Français (automatic)")
    expect(french.locator(".badge")).to_have_text("Automatic")
    assert findings(page) == []
    french.get_by_role("button", name="They are right: Captions: Français (automatic)").click()
    expect(french.locator(".badge")).to_have_count(0)
    expect(french).not_to_contain_text("automatic")

    tracks.get_by_role("link", name="Edit Captions: 日本語").click()
    banner = page.locator(".standing .callout")
    expect(banner).to_contain_text("A machine wrote these captions.")
    assert findings(page) == []
    banner.get_by_role("button", name="They are right").click()
    expect(banner).to_have_count(0)
    assert not any(track["automatic"] for track in current(stack, made)["tracks"])
    for language in ("fr", "ja"):
        assert stack.request("DELETE", f"{captions}/{language}").status == 204


@pytest.mark.parametrize(("width", "language"), [(320, "en-US"), (1280, "zh-CN")])
def test_the_page_fits_and_axe_finds_nothing(
    browser: Browser, stack: RunningStack, made: dict[str, Any], language: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        locale=language,
        color_scheme="dark" if width == 320 else "light",
    )
    page = context.new_page()
    enter(page, stack, f"/studio/lessons/{made['id']}")
    part(page, "versions").locator(".line").first.wait_for()
    page.locator(".ways summary").first.click()
    # That the very same file is another lesson, too, is a hint that leads there.
    expect(page.locator("[data-same-file]")).to_contain_text(
        "is there already" if language == "en-US" else "已有相同的文件"
    )
    expect(page.locator("[data-same-file] a")).to_have_text(TWIN)
    assert findings(page) == []
    assert too_wide(page) == (0, 0)
    # Wherever one writes, it is seen that it was saved, and nothing moves for that.
    subject = part(page, "details").locator("input").nth(1)
    subject.scroll_into_view_if_needed()
    stands = page.locator(".lesson-page").bounding_box()
    subject.fill(f"{language} {width}")
    expect(page.locator(".saved p .icon")).to_be_in_viewport()
    assert page.locator(".lesson-page").bounding_box() == stands
    page.goto(f"{stack.url}/studio/lessons/{'0' * 24}")
    expect(page.locator("main h1")).to_have_text(
        "This lesson does not exist" if language == "en-US" else "该课程不存在"
    )
    assert findings(page) == []
    context.close()


def test_a_lesson_that_is_deleted_comes_back_from_the_trash(
    page: Page, context: BrowserContext, stack: RunningStack, tmp_path: Path
) -> None:
    asset = stack.upload(film(tmp_path / "gone.mp4", RED, BLUE))
    stack.wait(asset, "ready")
    enter(page, stack, f"/studio/lessons/{asset}")
    page.get_by_role("button", name="Delete this lesson").click()
    expect(page.get_by_role("dialog")).to_contain_text("30 days")
    page.get_by_role("dialog").get_by_role("button", name="Delete this lesson").click()
    expect(page.locator("main h1")).to_have_text("Lessons")
    assert stack.request("GET", f"/v1/assets/{asset}").status == 404
    page.get_by_role("button", name="Restore").click()
    expect(page.locator("main h1")).to_have_text("gone")
    shown = stack.client.get(f"/v1/assets/{asset}")
    # A lesson that is played by a token alone shows its poster to those whose it is.
    ids = f"/v1/assets/{asset}/playback-ids"
    assert stack.request("POST", ids, json={"policy": "signed"}).status == 201
    assert stack.request("DELETE", f"{ids}/{shown['playback_ids'][0]['id']}").status == 204
    page.get_by_role("link", name="Lessons").first.click()
    poster = page.locator("tr.lesson", has_text="gone").first.locator("img")
    expect(poster).to_have_js_property("complete", True)
    assert poster.evaluate("(image) => image.naturalWidth") > 0
