"""Offers between platforms in Studio: what another one offers is looked at, given back, declined and accepted; a lesson
of one's own is offered and taken back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from accessible import Looks
from player_site import ffmpeg
from playwright.sync_api import Browser, Locator, expect
from sqlalchemy import select
from sqlalchemy.orm import Session
from studio_page import enter
from support import PATIENCE, RunningStack

from storage.catalogue import database, offers, organizations
from storage.catalogue.models import FollowedLesson, Offer, PlatformLink
from storage.exchange.codes import LinkCode, read_code, write_code
from storage.exchange.keys import new_key
from storage.exchange.lessons import Station
from storage.exchange.offers import ToldOffer, in_short
from storage.ids import new_id

pytestmark = [pytest.mark.browser, pytest.mark.integration]

WIDTHS = (320, 390, 1280)
KEY = new_key("not a secret: only for tests, 32+", "0mx3n6end1oimsyvcqdy47ut").public


@dataclass
class Linked:
    """An organization of its own that is linked with a platform which nobody reaches."""

    stack: RunningStack
    key: str
    link_id: str

    def ask(self, method: str, path: str, status: int = 200, json_: Any = None, **more: Any) -> Any:
        answer = self.stack.request(method, path, json=json_, key=self.key, **more)
        assert answer.status == status, answer.data
        return json.loads(answer.data)

    def receive(self, *titles: str) -> None:
        """The other platform offers lessons."""
        engine = database.connect(self.stack.environment["DATABASE_URL"])
        with Session(engine) as session, session.begin():
            link = session.get_one(PlatformLink, self.link_id, with_for_update=True)
            for title in titles:
                assert offers.take_offer(session, link, told(title)) == "taken"
        engine.dispose()

    def owner_id(self) -> str:
        """The organization of the link."""
        return str(self.ask("GET", f"/v1/platform-links/{self.link_id}")["organization_id"])

    def placed(self, title: str) -> Any:
        """Where an accepted lesson goes once it is copied."""
        [offer] = [
            each
            for each in self.ask("GET", "/v1/offers?direction=received")["offers"]
            if each["lesson"]["title"] == title
        ]
        engine = database.connect(self.stack.environment["DATABASE_URL"])
        with Session(engine) as session:
            origin_id = session.get_one(Offer, offer["id"]).origin_id
            query = select(FollowedLesson.placed).where(FollowedLesson.origin_id == origin_id)
            found = session.execute(query).scalar_one()
        engine.dispose()
        return found

    def upload(self, path: Path) -> str:
        made = self.ask(
            "POST",
            f"/v1/assets?filename={path.name}",
            201,
            body=path.read_bytes(),
            headers={"Content-Type": "application/octet-stream"},
        )
        ends = time.monotonic() + PATIENCE
        while self.ask("GET", f"/v1/assets/{made['id']}")["state"] != "ready":
            assert time.monotonic() < ends, "the lesson has to be ready"
            time.sleep(0.5)
        return str(made["id"])


def told(title: str) -> ToldOffer:
    said = in_short(
        title,
        "东湖社区学院",
        description="第一课",
        kind="video",
        duration=754.0,
        language="zh",
        subject=None,
        tags=["太极"],
        licence=None,
    )
    stations = [
        Station(url="https://county.example", name="东湖区平台", asset_id=new_id()),
        Station(url="https://city.example", name="市平台", asset_id=new_id()),
    ]
    asset_id = stations[-1].asset_id
    return ToldOffer(
        id=new_id(),
        round=1,
        asset_id=asset_id,
        is_withdrawn=False,
        note="请收录\n适合老年学员",
        by="李老师",
        lesson=said,
        stations=stations,
    )


@pytest.fixture
def linked(stack: RunningStack) -> Iterator[Linked]:
    engine = database.connect(stack.environment["DATABASE_URL"])
    with Session(engine) as session, session.begin():
        made = organizations.create_organization(session, "省社区教育")
        key = organizations.create_api_key(session, made.id, "admin", "张老师")[1]
    engine.dispose()
    found = Linked(stack, key, "")
    code = read_code(found.ask("POST", "/v1/platform-links", 201, {})["code"])
    answer = write_code(LinkCode("answer", code.link_id, "https://city.example", "市平台", KEY))
    found.link_id = found.ask("POST", "/v1/platform-link-codes", 200, {"code": answer})["id"]
    yield found


@pytest.mark.parametrize("locale", ["zh-CN", pytest.param("en-US", marks=pytest.mark.long)])
def test_lessons_are_offered_in_both_directions(
    browser: Browser, linked: Linked, tmp_path: Path, locale: str
) -> None:
    linked.receive("八段锦入门", "太极拳二十四式", "<b>书法</b> & 国画")
    categories = [
        linked.ask("POST", "/v1/categories", 201, {"code": code, "name_zh": zh, "name_en": en})["id"]
        for code, zh, en in (("1", "健康", "Health"), ("2", "运动", "Sports"), ("3", "音乐", "Music"))
    ]
    school = linked.ask(
        "POST", "/v1/organizations", 201, {"name": "老年大学", "parent_id": linked.owner_id()}
    )["id"]
    course = linked.ask("POST", "/v1/collections", 201, {"title": "养生系列"})
    context = browser.new_context(locale=locale, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    page = context.new_page()
    look = Looks(page, *WIDTHS)
    enter(page, linked.stack, "/studio/platforms", key=linked.key)
    received = page.locator("[data-part=offers-received]")
    expect(received.locator(".row")).to_have_count(3)
    expect(page.locator("[data-part=offers-sent] .row")).to_have_count(0)
    look("offered to us")

    def row(title: str) -> Locator:
        return page.locator(".offer", has_text=title)

    # Their platform is away, and that is said.
    row("八段锦").locator(".actions .button").first.click()
    expect(row("八段锦").locator("[role=alert], .state").first).to_be_visible()
    look("looked at, but away")
    row("八段锦").locator(".actions .button").first.click()

    # What is given back needs a note.
    dialog = page.locator("dialog[open]")
    row("八段锦").locator(".actions .button").nth(2).click()
    dialog.locator("[type=submit]").click()
    expect(dialog.locator("[role=alert]")).to_be_visible()
    look("given back without a note")
    dialog.locator("textarea").fill("标题请写全")
    dialog.locator("[type=submit]").click()
    expect(row("八段锦").locator(".mark")).to_have_attribute("data-mood", "bad")
    expect(row("八段锦").locator("blockquote")).to_have_text("标题请写全")
    row("八段锦").locator("summary").click()
    look("given back")

    row("书法").locator(".actions .button").nth(3).click()
    look("to be declined")
    dialog.locator("[type=submit]").click()
    expect(row("书法").locator(".mark")).to_have_attribute("data-mood", "still")

    row("太极拳").locator(".actions .button").nth(1).click()
    expect(dialog.locator("select")).to_have_count(3)
    dialog.locator("select").first.select_option(school)
    dialog.locator("select").nth(1).select_option("public")
    dialog.locator("select").nth(2).select_option(course["id"])
    ticks = dialog.locator("[type=checkbox]")
    expect(ticks).to_have_count(3)
    ticks.nth(0).check()
    ticks.nth(2).check()
    look("to be accepted")
    dialog.locator("[type=submit]").click()
    expect(row("太极拳").locator(".mark")).to_have_attribute("data-mood", "good")
    assert linked.placed("太极拳二十四式") == {
        "organization_id": school,
        "visibility": "public",
        "category_ids": [categories[0], categories[2]],
        "collection_id": course["id"],
    }
    states = linked.ask("GET", "/v1/offers?direction=received")["offers"]
    assert {each["lesson"]["title"]: each["state"] for each in states} == {
        "八段锦入门": "returned",
        "太极拳二十四式": "accepted",
        "<b>书法</b> & 国画": "declined",
    }

    # A lesson of our own, offered on its page and taken back on that of the link.
    path = tmp_path / "lesson.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=4", "-pix_fmt", "yuv420p", path)
    asset_id = linked.upload(path)
    page.goto(f"{linked.stack.url}/studio/lessons/{asset_id}")
    part = page.locator("[data-part=offers]")
    part.locator("textarea").fill("请收录")
    look("a lesson to be offered")
    part.locator("[type=submit]").click()
    expect(part.locator(".offer .mark")).to_have_attribute("data-mood", "warn")
    expect(part.locator("form")).to_have_count(0)
    look("an offered lesson")
    page.goto(f"{linked.stack.url}/studio/platforms/{linked.link_id}")
    sent = page.locator("[data-part=offers-sent] .offer")
    expect(sent).to_have_count(1)
    look("the page of the link")
    sent.locator(".actions .button").click()
    dialog.locator("[type=submit]").click()
    expect(sent.locator(".mark")).to_have_attribute("data-mood", "still")
    [offer] = linked.ask("GET", f"/v1/assets/{asset_id}/offers")["offers"]
    assert offer["state"] == "withdrawn"
    assert look.breaches == {}
    context.close()
