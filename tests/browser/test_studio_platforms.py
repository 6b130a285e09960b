"""Linked platforms in Studio: two people paste a code each, compare a fingerprint, and say what is exchanged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from accessible import Looks
from linked_sites import until
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session
from studio_page import enter
from support import RunningStack

from storage.catalogue import database, organizations
from storage.catalogue.models import FollowedCourse, FollowedLesson
from storage.exchange.codes import LinkCode, read_code, write_code
from storage.exchange.keys import fingerprint, new_key
from storage.ids import new_id

pytestmark = [pytest.mark.browser, pytest.mark.integration]

WIDTHS = (320, 1280)
PLATFORMS = "nav .menu-list a[href='/studio/platforms']"
KEY = new_key("not a secret: only for tests, 32+", "0mx3n6end1oimsyvcqdy47ut").public


@pytest.fixture
def key(stack: RunningStack) -> Iterator[str]:
    """Of an administrator of an organization of their own."""
    engine = database.connect(stack.environment["DATABASE_URL"])
    with Session(engine) as session, session.begin():
        made = organizations.create_organization(session, "社区学院").id
        yield_key = organizations.create_api_key(session, made, "admin", "张老师")[1]
    yield yield_key
    engine.dispose()


@pytest.mark.parametrize("locale", ["zh-CN", pytest.param("en-US", marks=pytest.mark.long)])
def test_two_people_link_their_platforms(
    browser: Browser, stack: RunningStack, key: str, locale: str
) -> None:
    context = browser.new_context(locale=locale, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    page = context.new_page()
    look = Looks(page, *WIDTHS)
    enter(page, stack, "/studio/platforms", key=key)
    page.locator(".state h2").wait_for()
    look("no platforms")

    # What is wrong is said where it was pasted.
    paste = page.locator("[data-part=paste]")
    paste.locator("textarea").fill("hello")
    paste.locator("[type=submit]").click()
    expect(paste.locator("[role=alert]")).to_contain_text("link_code_invalid")
    look("no code")

    page.locator("[data-part=begin] .button").click()
    offer = page.locator("[data-part=code] input").input_value()
    code = read_code(offer)
    assert (code.step, code.url) == ("offer", stack.url)
    expect(page.locator("[data-part=fingerprint]")).to_have_count(0)
    look("a code to be sent")

    # Their answer.
    page.locator("a[href='/studio/platforms']").last.click()
    answer = LinkCode("answer", code.link_id, "https://province.example", "省平台", KEY)
    paste.locator("textarea").fill(write_code(answer))
    paste.locator("[type=submit]").click()
    expect(page.locator("main h1")).to_have_text("省平台")
    expect(page.locator("[data-part=code]")).to_have_count(0)
    wanted = fingerprint(code.link_id, code.public_key, KEY)
    expect(page.locator(".fingerprint")).to_have_text(wanted)

    page.locator("[data-part=shares] .actions .button").last.click()
    expect(page.locator("[data-part=shares] .row")).to_have_count(1)
    _share_by_name(page, stack, key)
    look("shared by name")
    page.locator("[data-part=following] [type=submit]").click()
    expect(page.locator("[data-part=following] [role=status]")).to_be_visible()
    look("linked")
    _choose_and_adopt(page, stack, key, code.link_id, look)
    page.locator("[data-part=contact] .actions .button").click()
    expect(page.locator(".head .mark")).to_have_attribute("data-mood", "still")
    told = json.loads(stack.request("GET", f"/v1/platform-links/{code.link_id}", key=key).data)
    assert (told["state"], len(told["shares"])) == ("paused", 2)

    page.locator("[data-part=ending] .button").click()
    look("to be ended")
    page.locator("dialog[open] form .actions .button").first.click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("[data-part=ending]")).to_have_count(0)
    page.locator("a[href='/studio/platforms']").last.click()
    expect(page.locator(".rows .row")).to_have_count(1)
    look("a list")
    assert look.breaches == {}
    context.close()


def _share_by_name(page: Page, stack: RunningStack, key: str) -> None:
    """A course is found by its title, and shared."""
    made = stack.request("POST", "/v1/collections", key=key, json={"title": "太极拳入门", "asset_ids": []})
    assert made.status == 201, made.data
    shares = page.locator("[data-part=shares]")
    shares.locator(".button:has(use[href='#icon-search'])").click()
    dialog = page.locator("dialog[open]")
    dialog.locator("select").select_option("collection_id")
    dialog.locator("[type=search]").fill("太极拳")
    dialog.locator(".share-found [type=checkbox]").check()
    dialog.locator("[type=submit]").click()
    expect(shares.locator(".row", has_text="太极拳入门")).to_have_count(1)


def _choose_and_adopt(page: Page, stack: RunningStack, key: str, link_id: str, look: Looks) -> None:
    """What came is listed by name; a part is chosen; a copy is adopted, after what that means was said."""
    engine = database.connect(stack.environment["DATABASE_URL"])
    with Session(engine) as session, session.begin():
        session.add(FollowedCourse(link_id=link_id, origin_id=new_id(), title="书法", lesson_ids=["a", "b"]))
        copied = FollowedLesson(
            link_id=link_id, origin_id=new_id(), state="current", mode="mirror", copied_version_id=new_id()
        )
        copied.told = {"title": "剪纸"}
        waiting = FollowedLesson(link_id=link_id, origin_id=new_id(), failure="link_full")
        waiting.told = {"title": "国画"}
        session.add_all([copied, waiting])
    engine.dispose()
    page.reload()
    arrived = page.locator("[data-part=arrived]")
    expect(arrived.locator(".row", has_text="国画")).to_contain_text("link_full")
    page.locator("[data-part=following] .actions .button").first.click()
    form = page.locator("[data-part=following] form")
    form.locator("[type=radio]").nth(1).check()
    form.locator("[type=radio]").nth(3).check()
    look("to be changed")
    form.locator("[type=submit]").click()
    expect(form).to_have_count(0)
    arrived.locator(".row", has_text="书法").locator("[type=checkbox]").check()

    def told() -> Any:
        answer = stack.request("GET", f"/v1/platform-links/{link_id}/subscription", key=key)
        return json.loads(answer.data)

    expect(arrived.locator(".row", has_text="书法").locator("[type=checkbox]")).to_be_checked()
    until(lambda: told()["only"], "the course to be chosen")
    assert told()["mode"] == "reference" and list(filter(None, told()["only"][0].values()))
    look("a part")
    arrived.locator(".row", has_text="剪纸").locator(".actions .button").last.click()
    expect(page.locator("dialog[open]")).to_contain_text("剪纸")
    look("to be adopted")
    page.locator("dialog[open] [type=submit]").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(arrived.locator(".row", has_text="剪纸").locator(".mark")).to_have_attribute("data-mood", "good")
    lessons = json.loads(stack.request("GET", f"/v1/platform-links/{link_id}/lessons", key=key).data)
    assert {each["title"]: each["state"] for each in lessons["lessons"]} == {
        "剪纸": "adopted",
        "国画": "waiting",
    }
