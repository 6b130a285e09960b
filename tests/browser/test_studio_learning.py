"""Learning platforms and the record store in Studio: connected, looked at, paused and removed by an administrator."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accessible import Looks
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session
from studio_page import enter
from support import RunningStack

from storage.catalogue import database, organizations
from storage.catalogue.models import LtiPlatform, LtiScore, RecordStore
from storage.ids import new_id

pytestmark = [pytest.mark.browser, pytest.mark.integration]

WIDTHS = (320, 1280)
NAME = '<img src=x onerror="document.title=1"> Moodle 开放大学'


class Administrator:
    """Of an organization of their own."""

    def __init__(self, stack: RunningStack, session: Session) -> None:
        self.stack, self.session = stack, session
        with session.begin():
            self.organization = organizations.create_organization(session, "社区学院").id
            self.key = organizations.create_api_key(session, self.organization, "admin", "张老师")[1]

    def ask(self, path: str) -> Any:
        return json.loads(self.stack.request("GET", path, key=self.key).data)


@pytest.fixture
def administrator(stack: RunningStack) -> Iterator[Administrator]:
    engine = database.connect(stack.environment["DATABASE_URL"])
    with Session(engine) as session:
        yield Administrator(stack, session)
    engine.dispose()


@pytest.fixture(params=["zh-CN", "en-US"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale=request.param, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def shot(page: Page, name: str) -> None:
    """Pictures for people, where they are asked for."""
    folder = os.environ.get("STUDIO_SHOTS")
    if folder:
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            language = page.evaluate("document.documentElement.lang")
            page.screenshot(path=Path(folder) / f"{name}-{language}-{width}.png", full_page=True)


def test_an_administrator_connects_a_learning_platform(page: Page, administrator: Administrator) -> None:
    look = Looks(page, *WIDTHS)
    enter(page, administrator.stack, "/studio/learning", key=administrator.key)
    page.locator(".state h2").wait_for()
    look("nothing connected")
    shot(page, "learning-none")

    # By a link, with the keyboard.
    page.locator("[data-part=connect] .button").focus()
    page.keyboard.press("Enter")
    link = page.locator("[data-part=connect] input")
    expect(link).to_have_value(re.compile(r"/lti/register/\w+$"))
    look("a link")

    client = f"client-{new_id()}"
    # By hand: what is to be copied, then what is to be entered.
    hand = page.locator("[data-part=by-hand]")
    shown = [each.input_value() for each in hand.locator("input[readonly]").all()]
    assert [each.removeprefix(administrator.stack.url) for each in shown[:3]] == [
        "/lti/login",
        "/lti/launch",
        "/lti/keys",
    ]
    entered = [
        NAME,
        "https://moodle.example",
        client,
        *(f"https://moodle.example/{each}" for each in ("auth", "token", "keys")),
    ]
    fields = hand.locator("form .input")
    for at, value in enumerate(entered):
        fields.nth(at).fill(value)
    fields.nth(3).fill("https://moodle.example\\evil")
    hand.locator("[type=submit]").click()
    expect(hand.locator("[role=alert]")).to_contain_text("invalid_request")
    look("a wrong address")
    fields.nth(3).fill(entered[3])
    hand.locator("[type=submit]").click()
    expect(page.locator("main h1")).to_have_text(NAME)
    assert page.title() != "1"
    [known] = administrator.ask("/v1/lti/platforms")["platforms"]
    assert (known["client_id"], known["deployment_ids"]) == (client, [])
    look("a platform")
    shot(page, "learning-platform")

    # What an administrator has to see: it takes no scores.
    with administrator.session.begin():
        administrator.session.add(
            LtiScore(
                platform_id=known["id"],
                line_item="https://moodle.example/1",
                learner=new_id(),
                user_id="7",
                course_id=new_id(),
                studied_in=new_id(),
                failure="the platform answered 403: <b>closed</b>",
            )
        )
    change = page.locator("[data-part=change]")
    change.locator("textarea").fill("d-1\n\n d-2 ")
    with page.expect_response(lambda answer: answer.request.method == "PATCH") as saved:
        change.locator("[type=submit]").click()
    assert saved.value.ok
    expect(page.locator("[data-part=doing] .callout")).to_contain_text("403: <b>closed</b>")
    assert administrator.ask(f"/v1/lti/platforms/{known['id']}")["deployment_ids"] == ["d-1", "d-2"]
    expect(page.locator(".head .mark")).to_have_attribute("data-mood", "bad")
    look("failing scores")
    shot(page, "learning-failing")

    page.locator("[data-part=doing] .actions .button").click()
    expect(page.locator(".head .mark")).to_have_attribute("data-mood", "still")
    assert administrator.ask(f"/v1/lti/platforms/{known['id']}")["enabled"] is False
    page.locator("a[href='/studio/learning']").last.click()
    expect(page.locator(".rows .row")).to_have_count(1)
    look("a list")
    shot(page, "learning-list")
    page.locator(".rows .row a").click()
    page.locator("[data-part=ending] .button").click()
    look("to be removed")
    page.locator("dialog[open] form .actions .button").first.click()
    page.locator(".state h2").wait_for()
    assert administrator.ask("/v1/lti/platforms")["platforms"] == []
    assert administrator.session.get(LtiPlatform, known["id"]) is None
    assert look.breaches == {}


def test_an_administrator_names_a_record_store(page: Page, administrator: Administrator) -> None:
    look = Looks(page, *WIDTHS)
    enter(page, administrator.stack, "/studio/record-store", key=administrator.key)
    begin = page.locator("[data-part=begin]")
    begin.wait_for()
    look("no store")
    shot(page, "store-none")
    values = ("http://10.0.0.5/xapi", "lessonstream", "geheim-42")
    for at, value in enumerate(values):
        begin.locator(".input").nth(at).fill(value)
    assert begin.locator(".input").nth(2).get_attribute("type") == "password"
    begin.locator("[type=submit]").click()
    expect(begin.locator("[role=alert]")).to_contain_text("record_store_refused")
    begin.locator(".input").nth(0).fill("https://lrs.invalid/xapi")
    begin.locator("[type=submit]").click()
    doing = page.locator("[data-part=doing]")
    doing.wait_for()
    assert "geheim-42" not in page.content()
    look("a store")
    shot(page, "store")

    test, turn = doing.locator(".actions .button").nth(0), doing.locator(".actions .button").nth(1)
    test.focus()
    page.keyboard.press("Enter")
    expect(doing.locator(".callout[data-mood=bad]")).to_contain_text("name_unknown")
    turn.click()
    expect(doing.locator(".mark")).to_have_attribute("data-mood", "still")
    address = f"/v1/organizations/{administrator.organization}/record-store"
    assert administrator.ask(address)["enabled"] is False
    turn.click()
    expect(doing.locator(".mark")).to_have_attribute("data-mood", "good")
    with administrator.session.begin():
        row = administrator.session.get_one(RecordStore, administrator.organization)
        row.failure, row.failing_since, row.sent = "503: <i>later</i>", row.created_at, 12_345
    page.reload()
    expect(doing.locator(".callout")).to_contain_text("503: <i>later</i>")
    expect(doing.locator(".facts")).to_contain_text("12,345")
    look("failing")
    shot(page, "store-failing")
    page.locator("[data-part=ending] .button").click()
    look("to be removed")
    page.locator("dialog[open] form .actions .button").first.click()
    begin.wait_for()
    assert administrator.stack.request("GET", address, key=administrator.key).status == 404
    assert look.breaches == {}
