"""An author makes a course in Studio: lessons in their order, a picture, who may see it, and how it is studied."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from accessible import Looks
from PIL import Image
from player_site import ffmpeg
from playwright.sync_api import Browser, Page, expect
from studio_page import enter
from support import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.integration]

TITLES = ["八段锦一", "八段锦二", "八段锦三"]


def told(stack: RunningStack, method: str, path: str, key: str | None = None, **body: Any) -> Any:
    answer = stack.request(method, path, json=body or None, **({"key": key} if key else {}))
    assert answer.status < 300, answer.data
    return json.loads(answer.data) if answer.data else None


@pytest.fixture(scope="module")
def college(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A college with three lessons that nobody else sees, and a key of an administrator."""
    made = told(stack, "POST", "/v1/organizations", name="老年大学")
    key = told(stack, "POST", "/v1/api-keys", role="admin", organization_id=made["id"])["key"]
    path = tmp_path_factory.mktemp("college") / "l.mp4"
    for number, title in enumerate(TITLES):
        source = f"testsrc2=s=160x90:r=10:d={2 + number}"
        ffmpeg("-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast", "-y", path)
        asset = f"/v1/assets?filename=l.mp4&visibility=private&external_id={number}"
        answer = stack.request("POST", asset, body=path.read_bytes(), key=key)
        made[title] = json.loads(answer.data)["id"]
        told(stack, "PATCH", f"/v1/assets/{made[title]}", key, title=title)
    for title in TITLES:
        stack.wait(made[title], "ready")
    return {**made, "key": key}


def order(page: Page) -> list[str]:
    return page.locator(".course-lesson a").all_inner_texts()


def test_a_course_is_made_ordered_and_opened(
    browser: Browser, stack: RunningStack, college: dict[str, str]
) -> None:
    page = browser.new_context(
        locale="zh-CN", viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    ).new_page()
    look = Looks(page, 320, 1280)
    enter(page, stack, "/studio/courses", key=college["key"])
    look("no courses")
    page.get_by_role("button", name="新建系列").click()
    page.get_by_label("标题").fill("八段锦")
    page.get_by_role("button", name="创建").click()
    expect(page.locator("h1")).to_have_text("八段锦")
    course = f"/v1/collections/{page.url.rpartition('/')[2]}"

    page.get_by_role("button", name="添加课程").click()
    for title in TITLES:
        page.get_by_role("checkbox", name=title).check()
    look("lessons to add")
    page.get_by_role("button", name="添加 3 门课程").click()
    expect(page.locator(".course-lesson")).to_have_count(3)
    assert order(page) == TITLES

    # By a key, by a button, and by a drag: the focus stays with what is moved.
    handle = page.get_by_role("button", name="移动 八段锦一")
    handle.press("ArrowDown")
    assert order(page) == ["八段锦二", "八段锦一", "八段锦三"]
    expect(page.get_by_role("button", name="移动 八段锦一：第 2 个，共 3 个")).to_be_focused()
    up = page.get_by_role("button", name="上移：八段锦三")
    up.press("Enter")
    up.press("Enter")
    assert order(page) == ["八段锦三", "八段锦二", "八段锦一"]
    expect(page.get_by_role("button", name="下移：八段锦三")).to_be_focused()
    held, last = (
        page.get_by_role("button", name=f"移动 {title}").bounding_box() for title in ("八段锦三", "八段锦一")
    )
    assert held is not None
    assert last is not None
    page.mouse.move(held["x"] + 9, held["y"] + 20)
    page.mouse.down()
    page.mouse.move(held["x"] + 9, last["y"] + 25, steps=4)
    look_at = page.locator(".course-lesson[data-held]")
    expect(look_at).to_contain_text("八段锦三")
    page.mouse.up()
    assert order(page) == ["八段锦二", "八段锦一", "八段锦三"]
    wanted = [college[title] for title in order(page)]
    while [item["asset_id"] for item in told(stack, "GET", course, college["key"])["items"]] != wanted:
        page.wait_for_timeout(100)
    page.get_by_role("button", name="移出：八段锦一").click()
    expect(page.locator(".course-lesson")).to_have_count(2)
    page.get_by_role("button", name="撤销").click()
    expect(page.locator(".course-lesson")).to_have_count(3)

    page.get_by_label("学习方式").select_option("sequential")
    page.get_by_label("课程完成标准").fill("120")
    expect(page.get_by_text("请填写 1 至 100 之间的数字")).to_be_visible()
    page.get_by_label("课程完成标准").fill("80")
    page.locator("[data-part=study]").get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存").first).to_be_visible()
    studied = told(stack, "GET", f"{course}/study", college["key"])
    assert (studied["mode"], studied["threshold"], studied["speed_limit"]) == ("sequential", 0.8, 1.5)

    picture = io.BytesIO()
    Image.effect_noise((2600, 1400), 90).convert("RGB").save(picture, "JPEG", quality=95)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="上传图片").click()
    chooser.value.set_files({"name": "p.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()})
    shown = page.get_by_role("img", name="系列图片")
    expect(shown).to_have_attribute("width", "1280")
    page.wait_for_function("document.querySelector('.course-poster img').naturalWidth === 1280")

    page.get_by_label("谁可以查找和播放").select_option("private")
    expect(page.locator(".head .mark")).to_have_text("仅自己")
    look("a private course")
    public_id = told(stack, "GET", course, college["key"])["public_id"]
    page.get_by_role("button", name="显示预览").click()
    player = page.frame_locator("iframe.course-player")
    expect(player.locator("#lessons a")).to_have_count(3)
    player.locator("#lessons a").nth(1).evaluate("link => link.click()")
    expect(player.locator("#player")).to_have_attribute("data-view", "player")
    expect(player.locator("#lessons a").nth(1)).to_have_attribute("aria-current", "true")
    for path in ("", "?preview=1"):
        assert stack.request("GET", f"/embed/courses/{public_id}{path}", key=None).status == 404

    page.get_by_label("谁可以查找和播放").select_option("public")
    expect(page.locator(".head .mark")).to_have_text("所有人")
    page.get_by_role("link", name="全部系列").click()
    expect(page.locator(".course-row")).to_contain_text("3 门课程")
    look("the courses")
    page.get_by_role("link", name="八段锦").click()
    page.get_by_role("button", name="删除", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="删除", exact=True).click()
    expect(page.get_by_text("还没有系列课程")).to_be_visible()
    assert look.breaches == {}
    page.context.close()
