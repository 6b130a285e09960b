"""Uploading in Studio, on the real thing: dropped, interrupted, gone on with elsewhere, watched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from accessible import findings
from cut_network import Wire, wire
from player_site import ffmpeg
from playwright.sync_api import Browser, BrowserContext, Page, expect
from studio_page import enter, row, slow_down, some_file
from support import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.integration]

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lesson") / "Week 1" / "第一课.mp4"
    path.parent.mkdir()
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=3", "-c:v", "libx264", "-preset", "ultrafast", path
    )
    (path.parent / "notes.txt").write_text("no lesson")
    (path.parent / ".DS_Store").write_text("no file of anybody")
    return path


def assets(stack: RunningStack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.client.get("/v1/assets?limit=50")["assets"]
    return found


def sha256_of(stack: RunningStack, title: str) -> list[str | None]:
    """Of the sources that arrived under a title."""
    return [each["source"]["sha256"] for each in assets(stack) if each["title"] == title]


def test_a_folder_is_chosen_and_its_lesson_watched(page: Page, stack: RunningStack, lesson: Path) -> None:
    enter(page, stack)
    with page.expect_response("**/v1/live") as stream:
        page.set_input_files("#choose-folder", lesson.parent)
    assert stream.value.ok

    mine = row(page, "第一课.mp4")
    expect(mine).to_contain_text("Week 1")
    expect(page.locator(".toast")).to_contain_text("notes.txt")
    expect(page.locator(".uploads .row")).to_have_count(1)
    player = mine.frame_locator("iframe")
    expect(player.locator("#start, #play").first).to_be_visible()
    expect(mine).to_contain_text("Ready")
    (made,) = [each for each in assets(stack) if each["title"] == "第一课"]
    listed = stack.client.get("/v1/uploads?limit=50")["uploads"]
    assert [each["relative_path"] for each in listed if each["asset_id"] == made["id"]] == [
        "Week 1/第一课.mp4"
    ]


def test_an_address_is_enough(page: Page, stack: RunningStack) -> None:
    enter(page, stack)
    page.get_by_text("From an address").click()
    address = page.get_by_label("Address of the file")
    address.fill("http://127.0.0.1/private.mp4")
    page.get_by_role("button", name="Fetch", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("public addresses only")
    assert findings(page) == []
    address.fill("http://nowhere.invalid/第三课.mp4")
    page.get_by_role("button", name="Fetch", exact=True).click()
    expect(page).to_have_url(re.compile("/studio/lessons/[0-9a-z]+$"))
    (made,) = [each for each in assets(stack) if each["title"] == "第三课"]
    assert made["state"] == "uploading"
    # It is found again beside the uploads.
    page.get_by_role("link", name="Upload", exact=True).click()
    expect(page.locator(".preparing .row", has_text="第三课")).to_contain_text(
        "Being fetched from its address"
    )
    assert findings(page) == []
    assert stack.request("DELETE", f"/v1/assets/{made['id']}").status == 204


def test_a_lesson_is_followed_where_streams_are_blocked(
    page: Page, stack: RunningStack, lesson: Path
) -> None:
    page.route("**/v1/live", lambda route: route.abort())
    enter(page, stack)
    page.set_input_files(
        "#choose-files", {"name": "blocked.mp4", "mimeType": "", "buffer": lesson.read_bytes()}
    )
    expect(row(page, "blocked")).to_contain_text("Ready")


def test_a_dropped_file_is_taken_wherever_it_is_dropped(page: Page, stack: RunningStack) -> None:
    enter(page, stack)
    page.evaluate(
        """() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(["<svg/>"], "drawing.svg", { type: "image/svg+xml" }));
        const event = (name) => new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true });
        document.body.dispatchEvent(event("dragover"));
        document.body.dispatchEvent(event("drop"));
    }"""
    )

    mine = row(page, "drawing.svg")
    expect(mine).to_contain_text("Only videos, animations and sound recordings can be uploaded.")
    expect(mine).to_contain_text("Export slides as a video.")
    expect(mine).to_contain_text("file_type_refused")
    page.get_by_role("button", name="中文").click()
    expect(mine).to_contain_text("只能上传视频、动画或音频文件。")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.reload()
    expect(page.locator("main h1")).to_have_text("上传课程")


@pytest.fixture
def network(stack: RunningStack) -> Iterator[Wire]:
    """A network to the stack that can be cut."""
    where = urlsplit(stack.url)
    with wire(str(where.hostname), where.port or 80) as network:
        yield network


def test_a_lost_network_and_other_pages_stop_no_upload(
    page: Page, stack: RunningStack, network: Wire, tmp_path: Path
) -> None:
    digest = some_file(tmp_path / "lost.mp4", 6 * MEGABYTE)
    enter(page, stack, url=f"http://127.0.0.1:{network.port}")
    slow_down(page, 2 * MEGABYTE)
    page.set_input_files("#choose-files", tmp_path / "lost.mp4")
    mine = row(page, "lost.mp4")
    expect(mine).to_contain_text("MB/s")

    page.context.set_offline(True)
    network.break_off()
    expect(page.locator(".banner")).to_contain_text("No network")
    expect(mine).to_contain_text("Interrupted, goes on by itself")
    page.get_by_role("link", name="Lessons").click()
    page.context.set_offline(False)
    slow_down(page, -1)

    expect(page.locator("main h1")).to_be_focused()
    page.get_by_role("link", name="Upload", exact=True).click()
    expect(mine).to_contain_text(re.compile("Uploaded|Could not be prepared"))
    assert sha256_of(stack, "lost") == [digest]


def test_a_connection_that_died_without_a_word_is_given_up_when_the_laptop_wakes(
    page: Page, stack: RunningStack, network: Wire, tmp_path: Path
) -> None:
    digest = some_file(tmp_path / "asleep.mp4", 6 * MEGABYTE)
    page.clock.install()
    enter(page, stack, url=f"http://127.0.0.1:{network.port}")
    slow_down(page, 2 * MEGABYTE)
    page.set_input_files("#choose-files", tmp_path / "asleep.mp4")
    expect(row(page, "asleep.mp4")).to_contain_text("MB/s")

    network.cut()
    with page.expect_request(lambda asked: asked.method == "HEAD"):
        page.clock.fast_forward(60_000)
    network.break_off()
    slow_down(page, -1)

    expect(row(page, "asleep.mp4")).to_contain_text(re.compile("Uploaded|Could not be prepared"))
    assert sha256_of(stack, "asleep") == [digest]


def test_a_paused_upload_is_finished_in_another_browser_by_the_same_file_alone(
    browser: Browser, context: BrowserContext, page: Page, stack: RunningStack, tmp_path: Path
) -> None:
    digest = some_file(tmp_path / "here" / "moved.mp4", 6 * MEGABYTE, 1)
    other = some_file(tmp_path / "phone" / "moved.mp4", 6 * MEGABYTE, 2)
    enter(page, stack)
    slow_down(page, MEGABYTE // 4)
    page.set_input_files("#choose-files", tmp_path / "here" / "moved.mp4")
    expect(row(page, "moved.mp4")).to_contain_text("kB/s")
    # Another tab shows that it is on its way, and nothing that would end it, until it is paused.
    tab = context.new_page()
    tab.goto(f"{stack.url}/studio/uploads")
    sent = tab.locator(".unfinished .row", has_text="moved.mp4")
    expect(sent).to_contain_text("Being sent in another window or on another device")
    expect(sent.get_by_role("button")).to_have_count(0)
    page.get_by_role("button", name="Pause moved.mp4").click()
    expect(row(page, "moved.mp4")).to_contain_text("Paused")
    expect(sent.get_by_role("button", name="Discard moved.mp4")).to_be_visible()
    context.close()

    elsewhere = browser.new_context(locale="en-US")
    page = elsewhere.new_page()
    enter(page, stack)
    unfinished = page.locator(".unfinished .row", has_text="moved.mp4")
    here = unfinished.locator(".row-state")
    expect(here).to_have_text(re.compile(r"^[1-9]\d? % of 6 MB is here"))
    begun = int(here.inner_text().split(" % of")[0])
    page.set_input_files("#choose-files", tmp_path / "phone" / "moved.mp4")
    expect(page.locator(".uploads")).to_contain_text("its contents are different")
    expect(page.locator(".uploads")).to_contain_text("1 of 1 uploaded")
    expect(unfinished).to_have_count(1)

    starts: list[int] = []
    page.on(
        "request",
        lambda asked: asked.method == "PATCH" and starts.append(int(asked.headers["upload-offset"])),
    )
    page.set_input_files("#choose-files", tmp_path / "here" / "moved.mp4")
    expect(page.locator(".uploads")).to_contain_text("2 of 2 uploaded")
    expect(unfinished).to_have_count(0)
    elsewhere.close()
    assert begun > 0
    assert starts[0] >= begun * 6 * MEGABYTE // 100, starts
    assert sorted(sha256_of(stack, "moved"), key=str) == sorted([digest, other])


def test_what_arrives_from_elsewhere_shows_without_a_reload(page: Page, stack: RunningStack) -> None:
    """Another tab sends, or what was on its way when the page was left arrives after the list was asked for."""
    tus = {"Tus-Resumable": "1.0.0"}
    name = {"Upload-Length": "1000", "Upload-Metadata": "filename ZWxzZXdoZXJlLm1wNA=="}
    upload = stack.request("POST", "/v1/uploads", headers={**tus, **name}).headers["Location"]

    def send(offset: int, size: int) -> None:
        where = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        assert stack.request("PATCH", upload, body=bytes(size), headers={**tus, **where}).status == 204

    send(0, 500)
    enter(page, stack)
    unfinished = page.locator(".unfinished .row", has_text="elsewhere.mp4")
    expect(unfinished).to_contain_text("50 % of 1 kB is here")
    send(500, 250)
    expect(unfinished).to_contain_text("75 % of 1 kB is here")
    send(750, 250)
    expect(unfinished).to_have_count(0)


def test_one_click_goes_on_where_the_browser_kept_the_file(page: Page, stack: RunningStack) -> None:
    """The browser's own dialogs cannot be driven; a file of its private folder has the same kind of handle."""
    enter(page, stack)
    slow_down(page, MEGABYTE)
    page.evaluate(
        """async () => {
        const root = await navigator.storage.getDirectory();
        const handle = await root.getFileHandle("kept.mp4", { create: true });
        const writing = await handle.createWritable();
        await writing.write(new Uint8Array(3e6));
        await writing.close();
        const main = document.querySelector("script[type=module]").src;
        const { add } = await import(new URL("uploads/line.js", main).href);
        add([{ file: await handle.getFile(), path: "", handle }]);
    }"""
    )
    expect(row(page, "kept.mp4")).to_contain_text("kB/s")
    page.get_by_role("button", name="Pause kept.mp4").click()
    page.reload()

    page.get_by_role("button", name="Go on with kept.mp4").click()
    expect(row(page, "kept.mp4")).to_contain_text("Goes on where it stopped.")
    slow_down(page, -1)
    expect(page.locator(".uploads")).to_contain_text("1 of 1 uploaded")


def test_a_session_that_ends_in_the_middle_loses_nothing(
    page: Page, context: BrowserContext, stack: RunningStack, tmp_path: Path
) -> None:
    digest = some_file(tmp_path / "session.mp4", 4 * MEGABYTE, 3)
    enter(page, stack)
    slow_down(page, MEGABYTE)
    page.set_input_files("#choose-files", tmp_path / "session.mp4")
    expect(row(page, "session.mp4")).to_contain_text("kB/s")
    page.get_by_role("button", name="Pause session.mp4").click()
    context.clear_cookies()
    page.get_by_role("button", name="Go on with session.mp4").click()

    expect(page.get_by_role("dialog")).to_contain_text("Please sign in again")
    with context.expect_page() as opened:
        page.get_by_role("dialog").get_by_role("link", name="Sign in").click()
    opened.value.locator("summary").click()
    opened.value.locator("input[type=password]").fill(stack.api_key)
    opened.value.locator("main form button").click()
    expect(opened.value.locator("main h1")).to_have_text("You are signed in again")
    expect(page.get_by_role("dialog")).to_have_count(0)
    slow_down(page, -1)
    expect(page.locator(".uploads")).to_contain_text("1 of 1 uploaded")
    assert sha256_of(stack, "session") == [digest]


def test_three_hundred_files_in_folders_make_a_list_in_which_each_row_is_made_once(
    page: Page, stack: RunningStack, tmp_path: Path
) -> None:
    for number in range(300):
        some_file(tmp_path / "course" / f"week {number // 30}" / f"lesson {number}.mp4", 100, number)
    enter(page, stack)
    page.context.set_offline(True)
    page.evaluate(
        """() => {
        const row = ".uploads .row";
        const rowsIn = (node) => (node.matches(row) ? 1 : 0) + node.querySelectorAll(row).length;
        window.made = 0;
        new MutationObserver((changes) => {
            const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
            for (const node of added) if (node instanceof Element) window.made += rowsIn(node);
        }).observe(document.body, { childList: true, subtree: true });
    }"""
    )
    page.set_input_files("#choose-folder", tmp_path / "course")

    expect(page.locator(".uploads")).to_contain_text("0 of 300 uploaded")
    names = page.locator(".uploads .row-name").all_inner_texts()
    assert names[:3] == ["lesson 0.mp4", "lesson 1.mp4", "lesson 2.mp4"]
    expect(page.locator(".uploads .row-folder").first).to_have_text("course / week 0")
    busy = page.locator(".uploads .row:not([data-phase=waiting])")
    expect(busy).to_have_count(3)
    page.get_by_role("button", name="Remove lesson 0.mp4").click()
    expect(page.locator(".uploads")).to_contain_text("0 of 299 uploaded")
    assert page.evaluate("window.made") == page.locator(".uploads .row").count() + 1, "each row once"
    page.get_by_role("button", name="Pause all").click()
    expect(page.locator(".uploads .row[data-phase=paused]").first).to_be_visible()
