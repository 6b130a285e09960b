"""An administrator decides in Studio how the library looks, and looks at it before anybody else does."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from accessible import Looks
from PIL import Image
from playwright.sync_api import Browser, expect
from studio_page import enter
from support import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.integration]


def told(stack: RunningStack, method: str, path: str, key: str | None = None, **body: Any) -> Any:
    answer = stack.request(method, path, json=body or None, **({"key": key} if key else {}))
    assert answer.status < 300, answer.data
    return json.loads(answer.data)


def test_a_library_is_named_coloured_looked_at_and_shown(browser: Browser, stack: RunningStack) -> None:
    town = told(stack, "POST", "/v1/organizations", name="河间市")
    key = told(stack, "POST", "/v1/api-keys", role="admin", organization_id=town["id"])["key"]
    page = browser.new_context(
        locale="zh-CN", viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    ).new_page()
    look = Looks(page, 320, 1280)
    enter(page, stack, "/studio", key=key)
    page.get_by_role("button", name="更多").click()
    page.get_by_role("link", name="课程库").click()
    shown = page.locator("[data-part=shown]")
    expect(shown).to_contain_text("仅管理员可见")
    expect(page.locator(".sample-top").first).to_have_text("河间市")

    page.get_by_label("名称", exact=True).fill("河间市民学堂")
    page.get_by_label("短网址").fill(town["id"][:18] + "A")
    expect(page.get_by_text("请使用 2 至 19 个小写字母")).to_be_visible()
    slug = f"h{town['id'][-12:]}"
    page.get_by_label("短网址").fill(slug)
    accent = page.get_by_label("链接和按钮", exact=True)
    save = page.get_by_role("button", name="保存")
    accent.fill("#ffcc00")
    expect(page.locator("[data-part=colours]")).to_contain_text(
        re.compile("对比度 1\\.[0-9] : 1，至少需要 4.5 : 1")
    )
    expect(save).to_be_disabled()
    look("a colour that cannot be read")
    page.get_by_role("button", name="改用 #").click()
    expect(page.locator("[data-part=colours]")).to_contain_text("对比度 4.")
    page.get_by_label("欢迎语（中文）").fill("市民的课堂")
    save.click()
    expect(page.get_by_text("已保存")).to_be_visible()
    expect(save).to_be_disabled()

    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "#2d6a4f").save(picture, "PNG")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="选择图片").click()
    chooser.value.set_files({"name": "l.png", "mimeType": "image/png", "buffer": picture.getvalue()})
    expect(page.get_by_role("img", name="标识")).to_be_visible()

    with page.context.expect_page() as opened:
        shown.get_by_role("link", name="预览").click()
    expect(opened.value.locator("h1")).to_have_text("河间市民学堂")
    expect(opened.value.get_by_text("预览：课程库尚未公开")).to_be_visible()
    opened.value.close()
    assert stack.request("GET", f"/library/{slug}", key=None).status == 404

    shown.get_by_role("button", name="公开展示").click()
    expect(shown).to_contain_text("所有人可见")
    look("a library that is shown")
    answer = stack.request("GET", f"/library/{slug}", key=None)
    assert (answer.status, "预览" in answer.data.decode()) == (200, False)
    assert look.breaches == {}
    page.context.close()
