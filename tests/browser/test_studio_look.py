"""Studio is for everybody: axe-core finds nothing in any state, at any width, in both languages, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from accessible import Looks
from playwright.sync_api import Browser, Page, expect
from studio_page import enter, slow_down, some_file
from support import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.integration]


@pytest.mark.parametrize(
    ("width", "locale", "scheme"),
    [(320, "zh-CN", "dark"), pytest.param(1280, "en-US", "light", marks=pytest.mark.long)],
)
def test_every_state_can_be_used_by_everybody(
    browser: Browser,
    stack: RunningStack,
    tmp_path: Path,
    width: int,
    locale: str,
    scheme: Literal["dark", "light"],
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, locale=locale, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    look = Looks(page, large=True)
    _through_all(page, stack, tmp_path, look)
    context.close()
    assert look.breaches == {}


def _through_all(page: Page, stack: RunningStack, folder: Path, look: Callable[[str], None]) -> None:
    enter(page, stack)
    page.wait_for_selector(".drop-zone")
    look("nothing chosen")
    page.locator(".from-address summary").click()
    look("from an address")
    page.locator(".from-address summary").click()

    for name, size in (("a long name of a lesson that breaks.mp4", 500_000), ("paused.mp4", 500_000)):
        some_file(folder / name, size)
    (folder / "empty.mp4").write_bytes(b"")
    slow_down(page, 20_000)  # so slowly that all is looked at before they are sent
    page.set_input_files("#choose-files", sorted(folder.iterdir()))
    expect(page.locator(".uploads .row")).to_have_count(3)
    expect(page.locator(".uploads .row[data-phase=failed]")).to_have_count(1)
    # What is wrong with the file itself is not tried again.
    expect(page.locator(".uploads .row[data-phase=failed] button")).to_have_count(1)
    expect(page.locator(".uploads .row[data-phase=sending]")).to_have_count(2)
    page.locator(".uploads .row[data-phase=sending] button").nth(2).click()
    expect(page.locator(".uploads .row[data-phase=paused]")).to_have_count(1)
    look("sending, paused and failed")

    slow_down(page, -1)
    expect(page.locator(".uploads .row[data-phase=sent]")).to_have_count(1)
    look("sent")
    page.context.set_offline(True)
    expect(page.locator(".banner")).to_be_visible()
    look("without a network")
    page.context.set_offline(False)

    page.reload()
    page.locator(".unfinished .row").first.wait_for()
    look("unfinished")
    page.locator(".unfinished .row .button-quiet").first.click()
    page.locator("dialog[open]").wait_for()
    look("asked whether to discard")
    page.locator("dialog .button-danger").click()
    page.locator(".toast").wait_for()
    look("discarded")

    page.locator(".top nav > a").nth(1).click()
    page.locator(".lesson").first.wait_for()
    look("lessons")
    page.locator("nav .menu button").click()
    look("more pages")
    page.keyboard.press("Escape")
    page.locator("header > .menu > .button").click()
    look("menu")
    page.locator("header > .menu .menu-list a").click()
    page.locator(".mark").wait_for()
    look("devices")
    page.goto(f"{stack.url}/studio/nowhere")
    page.locator("main h1").wait_for()
    look("no such page")

    page.route("**/v1/assets?*", lambda route: route.fulfill(status=503, body=""))
    page.locator(".top nav > a").nth(1).click()
    page.locator(".state-bad").wait_for()
    look("failed")
    page.unroute("**/v1/assets?*")
    page.route(
        "**/v1/assets?*", lambda route: route.fulfill(json={"assets": [], "next": None, "total": None})
    )
    page.locator(".state-bad button").click()
    page.locator(".state h2").wait_for()
    look("no lessons")
    page.unroute("**/v1/assets?*")
    page.context.clear_cookies()
    page.locator(".top nav > a").nth(0).click()
    page.locator("dialog[open]").wait_for()
    look("signed out")


def test_all_is_done_by_keys(page: Page, stack: RunningStack) -> None:
    enter(page, stack)
    page.wait_for_selector(".drop-zone")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Choose files")

    page.get_by_role("button", name="Account").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Signed-in devices")
    page.keyboard.press("Escape")
    expect(page.locator(":focus")).to_have_attribute("aria-label", "Account")
    expect(page.locator(".menu-list:visible")).to_have_count(0)

    page.get_by_role("button", name="More").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Upload links")
    page.keyboard.press("Escape")
    expect(page.locator(":focus")).to_have_text("More")

    page.get_by_role("link", name="Lessons").focus()
    page.keyboard.press("Enter")
    expect(page.locator(":focus")).to_have_text("Lessons")
    expect(page).to_have_title("Lessons · Studio")
    page.go_back()
    expect(page.locator(":focus")).to_have_text("Upload lessons")
