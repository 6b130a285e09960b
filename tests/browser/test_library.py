"""The library, as a learner meets it: on a phone in Chinese, looking for a word and finding the second at which it is
said; and on a large screen in English.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from accessible import Looks
from player_site import ffmpeg
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support import RunningStack

from storage.ids import new_id

CUES = (
    (0, "大家好，欢迎来到社区学院。"),
    (5, "今天先看两个例子。"),
    (12, "什么是社区教育？"),
    (26, "谢谢大家。"),
)
PLAYS_AT = """() => {
  const player = document.querySelector("lesson-player");
  return player && !player.paused && player.readyState > 2 && player.currentTime;
}"""
"""Where the player is once it plays."""


@pytest.fixture(scope="module")
def library(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A library of an organization of its own: a lesson with captions in a course."""
    film = tmp_path_factory.mktemp("library") / "film.mp4"
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=30", "-f", "lavfi", "-i", "sine=330:d=30",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", film,
    )  # fmt: skip

    def ask(method: str, path: str, document: Any = None, **more: Any) -> Any:
        answer = stack.request(method, path, json=document, **more)
        assert answer.status < 300, (path, answer.data)
        return json.loads(answer.data) if answer.data else None

    city = ask("POST", "/v1/organizations", {"name": "石家庄市社区学院"})["id"]
    key = ask("POST", "/v1/api-keys", {"role": "admin", "organization_id": city})["key"]
    slug = f"l{city[-8:]}"
    ask("PATCH", f"/v1/organizations/{city}", {"library": True})
    looks = {"slug": slug, "accent": "#a4161a", "header": "#660708", "icp_number": "冀ICP备12345678号-1"}
    looks |= {"welcome": {"zh": "活到老，学到老。", "en": "Never too old to learn."}}
    ask("PATCH", f"/v1/organizations/{city}/library", looks)
    query = f"title={quote('社区学院 第一讲')}&filename=film.mp4"
    asset = ask("POST", f"/v1/assets?{query}", body=film.read_bytes(), key=key)["id"]
    category = ask(
        "POST", "/v1/categories", {"code": "A", "name_zh": "公民素养", "name_en": "Civics"}, key=key
    )
    about = {"description": "给第一次来上课的人。", "category_ids": [category["id"]], "tags": ["入门"]}
    ask("PATCH", f"/v1/assets/{asset}", about, key=key)
    course = ask("POST", "/v1/collections", {"title": "社区学院导学", "asset_ids": [asset]}, key=key)
    cues = "\n\n".join(f"00:{at:02}.000 --> 00:{at + 3:02}.500\n{text}" for at, text in CUES)
    stack.wait(asset, "ready")
    for kind, text in (("captions", cues), ("chapters", "00:00.000 --> 00:12.000\n例子")):
        ask("PUT", f"/v1/assets/{asset}/tracks/{kind}/zh", body=f"WEBVTT\n\n{text}\n".encode(), key=key)
    base = f"{stack.url}/library/{slug}"
    ends = time.monotonic() + 60
    while "t=12" not in stack.request("GET", f"{base}/search?q={quote('社区教育')}", key=None).data.decode():
        assert time.monotonic() < ends, "what is said was not found"
        time.sleep(0.2)
    yield {
        "base": base,
        "lesson": f"{base}/lessons/{asset}",
        "course": f"{base}/courses/{course['public_id']}",
        "subject": f"{base}/subjects/{category['id']}",
    }
    stack.forget(asset)


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: "Content Security" in message.text and problems.append(message.text))
    return page, problems


def test_a_learner_on_a_phone_finds_the_second_at_which_it_is_said(
    browser: Browser, library: dict[str, str]
) -> None:
    context = browser.new_context(
        locale="zh-CN", viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True
    )
    page, problems = watched(context)
    look = Looks(page)
    page.goto(library["base"])
    expect(page.get_by_role("heading", name="公民素养")).to_have_count(0)
    expect(page.get_by_role("link", name="公民素养 1")).to_be_visible()
    look("the first page")
    field = page.get_by_role("combobox", name="搜索课程名称和讲课内容")
    with page.expect_response("**/suggestions?*"):
        field.fill("社区")
    expect(page.locator("#suggestions option").first).to_have_attribute("value", "社区学院 第一讲")
    field.fill("社区教育")
    field.press("Enter")
    hit = page.get_by_role(
        "link", name="0:12 讲到 大家好，欢迎来到社区学院。 今天先看两个例子。 什么是社区教育？"
    )
    expect(hit).to_be_visible()
    look("search results")
    hit.tap()

    assert 12 <= page.wait_for_function(PLAYS_AT).json_value() < 26
    now = page.locator("#lines [aria-current=true]")
    expect(now).to_contain_text("什么是社区教育？")
    expect(page.locator("#lines mark")).to_have_text("社区教育")
    expect(page.locator("#player")).to_be_in_viewport()
    look("a lesson")

    page.locator("#lines a", has_text="今天先看").tap()
    expect(now).to_contain_text("今天先看")
    page.get_by_role("searchbox", name="在文字稿中查找").fill("謝謝")
    page.get_by_role("button", name="查找").tap()
    expect(page.locator("#found")).to_have_text("在 1 行中找到")
    expect(page.locator("#lines mark")).to_have_text("谢谢")
    assert page.evaluate("document.querySelector('lesson-player').currentTime") >= 5  # it was not loaded anew

    page.evaluate("document.querySelector('lesson-player').pause()")
    page.get_by_role("link", name="石家庄市社区学院").tap()
    begun = page.locator("#continue")
    expect(begun.get_by_role("link", name="社区学院 第一讲")).to_be_visible()
    expect(begun).to_contain_text("看到 0:0")
    look("the first page of somebody who comes back")
    page.goto(library["course"])
    onward = page.get_by_role("link", name="继续学习")
    expect(onward).to_have_attribute("href", re.compile(library["lesson"].rsplit("/", 1)[1]))
    page.go_back()
    begun.get_by_role("button", name="清空列表").tap()
    expect(begun).to_be_hidden()
    page.reload()
    expect(begun).to_be_hidden()

    page.get_by_role("link", name="大字版").tap()
    expect(page.locator("html")).to_have_attribute("data-print", "large")
    for name, address in (
        ("subject", library["subject"]),
        ("course", library["course"]),
        ("nothing found", f"{library['base']}/search?q={new_id()}"),
        ("narrowed", f"{library['base']}/search?captions=1"),
        ("no such page", f"{library['base']}/lessons/x"),
        ("a lesson", library["lesson"]),
    ):
        page.goto(f"{address}{'&' if '?' in address else '?'}print=large")
        look(f"{name}, in large print")
    assert look.breaches == {}
    assert problems == []
    assert context.cookies() == []
    context.close()


def test_a_lesson_on_a_large_screen(browser: Browser, library: dict[str, str]) -> None:
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
    page, problems = watched(context)
    look = Looks(page, 320, 1280)
    page.goto(library["course"])
    look("a course")
    page.get_by_role("link", name="Start the course").click()
    expect(page.get_by_text("Lesson 1 of 1 of")).to_be_visible()
    look("a lesson")
    page.get_by_role("link", name="Play").press("Enter")
    page.wait_for_function(PLAYS_AT)
    page.get_by_text("Share", exact=True).click()
    moment = page.get_by_label("Address of this moment", exact=True)
    expect(moment).to_have_value(re.compile(rf"{library['lesson']}\?t=[0-9]+$"))
    assert "/embed/" in page.get_by_label("For other websites", exact=True).input_value()
    look("a lesson that plays")
    page.get_by_role("link", name="中文", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    # Without the script all but the player is there, and a link to that.
    plain = browser.new_context(locale="en-US", java_script_enabled=False)
    bare = plain.new_page()
    bare.goto(f"{library['base']}/search?q={quote('社区教育')}")
    bare.get_by_role("link", name="Said at 0:12").click()
    expect(bare.locator("#lines mark")).to_have_text("社区教育")
    leads = bare.get_by_role("link", name="Play 0:12").get_attribute("href") or ""
    assert "/play?t=12&" in leads
    plain.close()
    assert look.breaches == {}
    assert problems == []
    context.close()
