"""The list of lessons in Studio: found, narrowed, chosen, changed together, taken back, deleted and restored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, Literal

import pytest
from accessible import findings, too_wide
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy.orm import Session
from studio_page import enter
from support import RunningStack

from storage.catalogue import assets, database, organizations
from storage.catalogue.facts import PlannedSound, VersionFacts
from storage.catalogue.models import Asset, Person, Track, Version

pytestmark = [pytest.mark.browser, pytest.mark.integration]

MANY: Final = 60
OF_LI: Final = 3
TITLES: Final = ("太极拳入门", "社区教育概论", "Yoga for beginners", "Healthy cooking 健康饮食")


@pytest.fixture
def shelf(stack: RunningStack) -> Iterator[str]:
    """A new organization with many lessons and its administrator's key."""
    engine = database.connect(stack.environment["DATABASE_URL"])
    with Session(engine) as session, session.begin():
        made = organizations.create_organization(session, "老年大学").id
        key = organizations.create_api_key(session, made, "admin", "王老师")[1]
        teacher = Person(organization_id=made, subject="li", name="李老师", role="author")
        session.add(teacher)
        session.flush()
        for number in range(MANY):
            _lesson(session, made, number, teacher.id if number < OF_LI else None)
    yield key
    engine.dispose()


def _lesson(session: Session, organization_id: str, number: int, owner_id: str | None) -> None:
    title = f"{TITLES[number % 4]} {number}"
    row = assets.create_asset(session, organization_id, title, "a.mp4", "public", owner_id=owner_id)
    asset, version = session.get_one(Asset, row.asset_id), session.get_one(Version, row.id)
    asset.language = ("zh", "en", None)[number % 3]
    asset.subject = ("健康", None)[number % 2]
    asset.tags = ["老年", "入门"][: number % 3]
    version.kind = ("video", "audio", "animation")[number % 5 % 3]
    version.state = "failed" if number % 20 == 3 else "ready"
    version.failure_code = "source_damaged" if version.state == "failed" else None
    version.facts = VersionFacts(
        duration=60.0 * number + 5,
        width=1280,
        height=720,
        source_width=1280,
        source_height=720,
        frame_rate=25.0,
        loop=False,
        longest_segment=4.0,
        picture_chunks=1,
        sounds=(PlannedSound("audio", chunks=1),),
        decisions=(),
    )
    if number % 4 == 0:
        session.add(Track(version_id=row.id, kind="captions", language="zh", label="", object_key="x"))


def lessons(page: Page) -> Locator:
    return page.locator("tr.lesson")


def pick(page: Page, at: int, *modifiers: Any) -> None:
    lessons(page).nth(at).locator("input").click(modifiers=modifiers)


def asked(stack: RunningStack, key: str, query: str) -> list[dict[str, Any]]:
    answer = stack.request("GET", f"/v1/assets?limit=200&{query}", key=key)
    return list(json.loads(answer.data)["assets"])


def test_a_lesson_is_found_and_the_address_keeps_how(page: Page, stack: RunningStack, shelf: str) -> None:
    enter(page, stack, "/studio/lessons", key=shelf)
    expect(page.locator(".lessons-count")).to_have_text(f"{MANY} lessons")
    expect(lessons(page)).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(lessons(page)).to_have_count(MANY)

    page.get_by_role("searchbox").fill("极拳")
    expect(lessons(page)).to_have_count(MANY // 4)
    page.get_by_label("Captions", exact=True).select_option("yes")
    page.get_by_label("Language", exact=True).select_option("zh")
    expect(page.locator(".lessons-count")).to_have_text("5 found")
    page.get_by_label("Order").select_option("title")
    # Titles are compared by their characters: 0, 12, 24, 36, 48.
    expect(lessons(page).first).to_contain_text("太极拳入门 0")
    page.reload()
    expect(page.locator(".lessons-count")).to_have_text("5 found")
    expect(page.get_by_role("searchbox")).to_have_value("极拳")
    expect(page.get_by_label("Language", exact=True)).to_have_value("zh")

    page.locator(".set-filter", has_text="With captions").click()
    expect(lessons(page)).to_have_count(5)
    page.get_by_role("searchbox").fill("no such lesson")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.locator(".state").get_by_role("button", name="Clear all").click()
    expect(lessons(page)).to_have_count(50)
    assert page.url.endswith("/studio/lessons?sort=title")

    page.get_by_label("Owner", exact=True).select_option("Somebody else …")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Part of the name").fill("老师")
    dialog.get_by_role("button", name="李老师").click()
    expect(page.locator(".lessons-count")).to_have_text(f"{OF_LI} found")
    page.reload()
    page.locator(".set-filter", has_text="李老师").click()
    expect(lessons(page)).to_have_count(50)

    page.locator(".word", has_text="入门").first.click()
    expect(page.locator(".set-filter")).to_have_text("入门")
    page.get_by_role("link", name="Lessons").click()
    expect(page.locator(".set-filter")).to_have_count(0)
    assert page.url.endswith("/studio/lessons")


def test_many_are_changed_at_once_and_taken_back_from_another_page(
    page: Page, stack: RunningStack, shelf: str
) -> None:
    enter(page, stack, "/studio/lessons", key=shelf)
    pick(page, 2)
    pick(page, 11, "Shift")
    expect(page.locator(".together > p")).to_have_text("10 chosen")
    page.get_by_role("button", name="Edit").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Language").select_option("yue")
    dialog.get_by_label("Subject").fill("养生")
    dialog.get_by_label("Add tags").fill("新学期，公开课")
    dialog.get_by_label("Remove tags").fill("老年")
    dialog.get_by_role("button", name="Change 10 lessons").click()
    expect(page.locator(".toast p")).to_have_text("10 lessons changed")
    expect(page.locator(".together")).to_have_count(0)
    expect(lessons(page).nth(2).locator(".word-subject")).to_have_text("养生")
    changed = asked(stack, shelf, "language=yue")
    assert len(changed) == 10
    assert all(
        {"新学期", "公开课"} <= set(asset["tags"]) and "老年" not in asset["tags"] for asset in changed
    )

    page.get_by_role("link", name="Upload", exact=True).click()
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast p")).to_have_text("Undone: 10 lessons are as before")
    assert asked(stack, shelf, "language=yue") == []


def test_each_lesson_tells_what_became_of_it(page: Page, stack: RunningStack, shelf: str) -> None:
    enter(page, stack, "/studio/lessons", key=shelf)
    expect(lessons(page)).to_have_count(50)
    gone = asked(stack, shelf, "")[0]
    pick(page, 0)
    pick(page, 1)
    stack.request("DELETE", f"/v1/assets/{gone['id']}", key=shelf)
    page.get_by_role("button", name="Edit").click()
    page.locator("dialog[open]").get_by_label("Subject").fill("音乐")
    page.locator("dialog[open]").get_by_role("button", name="Change 2 lessons").click()
    expect(page.locator("dialog[open] p").first).to_have_text("1 done, 1 refused")
    expect(page.locator(".outcomes li").first).to_contain_text(gone["title"])


def test_what_is_deleted_comes_back_from_the_trash(page: Page, stack: RunningStack, shelf: str) -> None:
    enter(page, stack, "/studio/lessons", key=shelf)
    pick(page, 0)
    pick(page, 3, "Shift")
    page.get_by_role("button", name="Move to trash").click()
    expect(page.locator(".toast p")).to_have_text("4 lessons moved to the trash")
    expect(page.locator(".lessons-count")).to_have_text(f"{MANY - 4} lessons")
    page.get_by_role("link", name="Trash").click()
    rows = page.locator(".trash-row")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("Deleted for good in 30 days")
    rows.first.get_by_role("button").click()
    expect(rows).to_have_count(3)
    rows.first.locator("input").click()
    page.get_by_role("button", name="Delete for good").click()
    page.locator("dialog[open]").get_by_role("button", name="Delete for good").click()
    expect(rows).to_have_count(2)
    page.locator(".trash-all input").click()
    page.locator(".together").get_by_role("button", name="Restore").click()
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()
    assert len(asked(stack, shelf, "")) == MANY - 1


def test_lessons_are_put_into_a_new_collection(page: Page, stack: RunningStack, shelf: str) -> None:
    enter(page, stack, "/studio/lessons", key=shelf)
    pick(page, 1)
    pick(page, 4, "Shift")
    page.get_by_role("button", name="Add to a course").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Name of the new course").fill("春季课程")
    dialog.get_by_role("button", name="Add").click()
    expect(page.locator(".toast p")).to_have_text("4 lessons added to the course")
    found = json.loads(stack.request("GET", "/v1/collections", key=shelf).data)["collections"]
    assert [(each["title"], each["count"]) for each in found] == [("春季课程", 4)]


def test_it_is_used_by_keys(page: Page, stack: RunningStack, shelf: str) -> None:
    enter(page, stack, "/studio/lessons", key=shelf)
    expect(lessons(page)).to_have_count(50)
    page.get_by_role("checkbox", name=re.compile("Choose all")).focus()
    page.keyboard.press("Space")
    expect(page.locator(".together > p")).to_have_text("50 chosen")
    page.keyboard.press("Escape")
    expect(page.locator(".together")).to_have_count(0)
    page.get_by_role("searchbox").focus()
    page.keyboard.type("yoga")
    expect(lessons(page)).to_have_count(MANY // 4)
    expect(page.get_by_role("searchbox")).to_be_focused()


@pytest.mark.parametrize(("width", "locale", "scheme"), [(320, "zh-CN", "dark"), (1280, "en-US", "light")])
def test_everybody_can_use_it(
    browser: Browser,
    stack: RunningStack,
    shelf: str,
    width: int,
    locale: str,
    scheme: Literal["dark", "light"],
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, locale=locale, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    found: dict[str, list[tuple[str, str]]] = {}

    def look(state: str) -> None:
        found[state] = findings(page)
        assert too_wide(page) == (0, 0), state

    enter(page, stack, "/studio/lessons", key=shelf)
    page.goto(f"{stack.url}/studio/lessons?tag=老年")
    expect(page.locator(".set-filter")).to_have_count(1)
    lessons(page).first.wait_for()
    look("narrowed")
    pick(page, 0)
    pick(page, 2)
    look("chosen")
    page.locator(".together .button").first.click()
    page.locator("dialog[open]").wait_for()
    look("edited")
    page.keyboard.press("Escape")
    page.locator(".together .button-danger").click()
    page.locator(".toast").wait_for()
    look("told")
    page.locator(".lessons-head a").click()
    page.locator(".trash-row input").first.click()
    look("trash")
    context.close()
    assert {state: breaches for state, breaches in found.items() if breaches} == {}
