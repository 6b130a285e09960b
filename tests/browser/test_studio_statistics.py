"""How lessons are watched, how the installation does; lessons described, reviewed and shared: in Studio."""

from __future__ import annotations

import csv
import json
import re
import time
from typing import Any

import pytest
from accessible import Looks
from player_site import ffmpeg
from playwright.sync_api import Browser, expect
from studio_page import enter
from support import PATIENCE, RunningStack

from configs.jobs import LANES
from storage.ids import new_id

pytestmark = [pytest.mark.browser, pytest.mark.integration]


def told(stack: RunningStack, method: str, path: str, key: str | None = None, **body: Any) -> Any:
    answer = stack.request(method, path, json=body or None, **({"key": key} if key else {}))
    assert answer.status < 300, answer.data
    return json.loads(answer.data)


@pytest.fixture(scope="module")
def school(stack: RunningStack) -> dict[str, str]:
    """A school of its own, with reviews and a category."""
    made = told(stack, "POST", "/v1/organizations", name="第一小学")
    key = told(stack, "POST", "/v1/api-keys", role="admin", organization_id=made["id"])["key"]
    told(stack, "PATCH", f"/v1/organizations/{made['id']}", review=True)
    told(stack, "POST", "/v1/categories", key, code="taichi", name_zh="太极", name_en="Tai chi")
    return {"id": made["id"], "key": key}


@pytest.fixture(scope="module")
def watched(
    stack: RunningStack, school: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """A lesson that three have watched: one to the end, two half of it."""
    path = tmp_path_factory.mktemp("watched") / "l.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x90:r=10:d=4", "-c:v", "libx264", "-preset", "ultrafast", path)
    answer = stack.request(
        "POST",
        "/v1/assets?filename=l.mp4&title=Tai%20chi&visibility=public",
        body=path.read_bytes(),
        key=school["key"],
    )
    asset = stack.wait(json.loads(answer.data)["id"], "ready")
    told(stack, "POST", f"/v1/assets/{asset['id']}/reviews", school["key"], action="publish")
    told(stack, "PATCH", f"/v1/assets/{asset['id']}", school["key"], old_views=70)
    for end in (4_000, 2_000, 2_000):
        name = new_id()
        beat = {
            "sequence": 0,
            "at": end + 500,
            "played": [[0, end]],
            "quality": {"startup_ms": 400, "bytes": 1000},
        }
        body = {"play": name, "tab": name, "sent": end + 500, "beats": [beat]}
        sent = stack.request("POST", f"/v/{asset['playback_ids'][0]['id']}/beats", json=body, key=None)
        assert sent.status == 204, sent.data
    return dict(asset)


def test_how_lessons_are_watched_on_a_phone_in_chinese(
    browser: Browser, stack: RunningStack, school: dict[str, str], watched: dict[str, Any]
) -> None:
    page = browser.new_context(
        locale="zh-CN",
        viewport={"width": 320, "height": 720},
        reduced_motion="reduce",
        timezone_id="Asia/Shanghai",  # as the service has it, whose days they are
    ).new_page()
    look = Looks(page, 320, 1280)
    while told(stack, "GET", f"/v1/views?asset={watched['id']}", school["key"])["total"]["views"] < 3:
        page.wait_for_timeout(300)
    enter(page, stack, "/studio/statistics", key=school["key"])
    totals = page.locator("[data-part=totals]")
    expect(totals).to_contain_text("本平台 3 + 原平台 70")
    expect(totals.locator(".tiles > div").first).to_contain_text("3")
    curve = totals.get_by_role("slider")
    curve.press("End")
    expect(curve).to_have_attribute("aria-valuetext", re.compile("：3$"))
    curve.press("ArrowLeft")
    expect(totals.locator(".chart-said")).to_contain_text("：0")
    look("statistics")
    totals.get_by_role("button", name="表格").click()
    expect(totals.locator("tbody tr")).to_have_count(28)
    with page.expect_download() as saved:
        totals.get_by_role("button", name="CSV").click()
    rows = list(csv.reader(saved.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert (rows[0], rows[-1][1], len(rows)) == (["日期", "观看次数"], "3", 29)
    look("its table")
    lessons = page.locator("[data-part=lessons]")
    lessons.get_by_role("link", name="Tai chi").click()
    retention = page.locator("[data-part=watching]").get_by_role("slider").first
    retention.press("Home")
    expect(retention).to_have_attribute("aria-valuetext", "0:00：100%")
    retention.press("End")
    expect(retention).to_have_attribute("aria-valuetext", "0:03：33%")
    page.get_by_text("哪些播放计入").click()
    explained = page.locator(".explained")
    expect(explained).to_contain_text("计入 3 次，未计入 0 次")
    expect(explained.locator("tbody tr")).to_have_count(3)
    expect(explained.locator("tbody .mark").first).to_have_text("已计入")
    look("a lesson")
    assert look.breaches == {}
    page.context.close()


def test_old_views_alone_are_told_as_such_and_one_day_is_a_dot(
    browser: Browser, stack: RunningStack, school: dict[str, str], watched: dict[str, Any]
) -> None:
    page = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900}).new_page()
    old = stack.request("POST", "/v1/assets?filename=o.mp4&title=Old", body=b"x", key=school["key"])
    lesson = json.loads(old.data)["id"]
    told(stack, "PATCH", f"/v1/assets/{lesson}", school["key"], old_views=4000)
    enter(page, stack, f"/studio/lessons/{lesson}", key=school["key"])
    watching = page.locator("[data-part=watching]")
    expect(watching).to_contain_text("4,000")
    expect(watching).to_contain_text("Nobody has watched it here yet.")
    page.goto(f"{stack.url}/studio/statistics")
    quality = page.locator("[data-part=quality]")
    expect(quality.locator(".chart-alone")).to_have_count(1)
    dot, surface = (quality.locator(each).bounding_box() for each in (".chart-alone", ".chart-surface"))
    assert dot is not None
    assert surface is not None
    assert dot["width"] == dot["height"], "it is round, however wide the chart is"
    assert abs(dot["x"] + dot["width"] / 2 - surface["x"] - surface["width"]) < 1
    page.context.close()


def test_a_lesson_is_described_handed_in_given_back_and_published(
    browser: Browser, stack: RunningStack, school: dict[str, str], watched: dict[str, Any]
) -> None:
    page = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900}).new_page()
    look = Looks(page)
    told(stack, "POST", f"/v1/assets/{watched['id']}/reviews", school["key"], action="withdraw")
    enter(page, stack, f"/studio/lessons/{watched['id']}", key=school["key"])
    about = page.locator("[data-part=about]")
    about.get_by_role("button", name="Choose categories").click()
    page.get_by_role("checkbox", name="Tai chi").check()
    look("categories")
    page.get_by_role("button", name="Done").click()
    about.get_by_label("Level").select_option("senior")
    about.get_by_role("button", name="Add somebody").click()
    about.get_by_label("Name 1").fill("李老师")
    about.get_by_label("Licence").select_option("custom")
    about.get_by_label("Terms", exact=True).fill("Ask us.")
    opening = page.locator("[data-part=opening]")
    opening.get_by_label("Who finds and plays it").select_option("shared")
    opening.get_by_label("Find an organization").fill("第一小学")
    opening.get_by_role("button", name="第一小学").first.click()
    expect(page.locator(".saved")).to_have_text("Saved")
    look("described")
    deadline = time.monotonic() + PATIENCE  # it says so of what was typed before, too
    saved = told(stack, "GET", f"/v1/assets/{watched['id']}", school["key"])
    while not saved["shared_organization_ids"] and time.monotonic() < deadline:
        page.wait_for_timeout(100)
        saved = told(stack, "GET", f"/v1/assets/{watched['id']}", school["key"])
    assert (saved["level"], saved["visibility"], len(saved["category_ids"])) == ("senior", "shared", 1)
    assert saved["contributors"] == [{"role": "presenter", "name": "李老师", "organization": None}]
    assert saved["licence"] == {"code": "custom", "text": "Ask us.", "url": None}
    assert len(saved["shared_organization_ids"]) == 1

    page.locator("[data-part=review]").get_by_role("button", name="Hand in").click()
    page.get_by_role("dialog").get_by_role("button", name="Hand in").click()
    expect(page.locator("[data-part=review] .mark")).to_have_text("Handed in")
    page.goto(f"{stack.url}/studio/reviews")
    row = page.locator(".row", has_text="Tai chi")
    row.get_by_role("button", name="Give back").click()
    page.get_by_label("What is to be changed").fill("The sound is too low.")
    look("given back")
    page.get_by_role("dialog").get_by_role("button", name="Give back").click()
    expect(row).to_have_count(0)
    row = page.get_by_label("Which lessons")
    row.select_option("returned")
    page.locator(".row", has_text="Tai chi").get_by_role("link", name="Tai chi").first.click()
    expect(page.locator("[data-part=review]")).to_contain_text("The sound is too low.")
    page.locator("[data-part=review]").get_by_role("button", name="Publish").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(page.locator("[data-part=review] .mark")).to_have_text("Published")
    assert told(stack, "GET", f"/v1/assets/{watched['id']}", school["key"])["review_state"] == "published"

    enter(page, stack, "/studio/operations")
    expect(page.locator("[data-part=queue] tbody tr")).to_have_count(len(LANES))
    look("operation")
    page.goto(f"{stack.url}/studio/shared")
    expect(page.locator("main h1")).to_have_text("Shared with us")
    look("shared")
    assert look.breaches == {}
    page.context.close()
