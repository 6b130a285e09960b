"""What other platforms tell of views, in Studio: how it stands, whose counts, and what it is beside one's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from accessible import Looks
from playwright.sync_api import Browser, expect
from sqlalchemy import func
from sqlalchemy.orm import sessionmaker
from studio_page import enter
from support import RunningStack

from storage.catalogue import database, organizations, owed_totals, told_totals
from storage.catalogue.models import Asset, OwedDay, PlatformLink
from storage.catalogue.visibility import Viewer
from storage.exchange.keys import new_key
from storage.exchange.totals import ToldDay, ToldPart
from storage.ids import new_id

pytestmark = [pytest.mark.browser, pytest.mark.integration]

WIDTHS = (320, 390, 1280)
ZONE = ZoneInfo("Asia/Shanghai")
CITY = "https://video.city.example"


@dataclass
class Told:
    key: str
    link_id: str
    asset_id: str


@pytest.fixture
def told(stack: RunningStack) -> Iterator[Told]:
    """Two platforms have told of a lesson, and something is owed to one of them that could not be told."""
    engine = database.connect(stack.environment["DATABASE_URL"])
    sessions = sessionmaker(engine, expire_on_commit=False)
    with sessions.begin() as session:
        school = organizations.create_organization(session, "省开放大学").id
        key = organizations.create_api_key(session, school, "admin", "张老师")[1]
        keys = new_key("not a secret: only for tests, 32+", link_id := new_id())
        link = PlatformLink(
            id=link_id,
            organization_id=school,
            offered=True,
            state="paused",
            name="市民学习网",
            own_name="省平台",
            public_key=keys.public,
            private_key=keys.sealed,
            peer_url=CITY,
            peer_key=keys.public,
            linked_at=func.now(),
        )
        asset = Asset(organization_id=school, title="太极拳入门")
        session.add_all([link, asset])
    told_totals.hand_out(sessions, link.id, asset)
    today = datetime.now(ZONE).date()

    def part(url: str, name: str, views: int) -> ToldPart:
        times = {"played_ms": views * 60_000, "watched_ms": views * 55_000, "studied_ms": views * 30_000}
        counts = {"views": views, "plays": views, "viewers": views, "attendance": views, "learners": 3}
        return ToldPart(url=url, name=name, time_zone="Asia/Shanghai", rule=1, **counts, **times)

    parts = [part(CITY, "市民学习网", 1200), part("https://box.county.example", "县图书馆", 345)]
    day = ToldDay(lesson=asset.id, copy_id=new_id(), day=today, revision=1, parts=parts)
    common = {"zone": ZONE, "today": today, "own_url": stack.url}
    [taken] = told_totals.take(sessions, link, Viewer(), [day], **common)
    assert taken.outcome == "taken"
    with sessions.begin() as session:
        values = {"link_id": link.id, "origin_id": new_id(), "day": today, "revision": 2}
        session.add(OwedDay(asset_id=new_id(), **values))
        session.add(OwedDay(asset_id=new_id(), refusal="day_not_over_there", **values))
        owed_totals.tried(session, link.id, "connect_failed", "connection refused")
    yield Told(key, link.id, asset.id)
    engine.dispose()


@pytest.mark.parametrize("locale", ["zh-CN", pytest.param("en-US", marks=pytest.mark.long)])
def test_an_administrator_sees_what_is_told_and_leaves_a_platform_out(
    browser: Browser, stack: RunningStack, told: Told, locale: str
) -> None:
    context = browser.new_context(locale=locale, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    page = context.new_page()
    look = Looks(page, *WIDTHS)
    enter(page, stack, f"/studio/platforms/{told.link_id}", key=told.key)
    totals = page.locator("[data-part=totals]")
    expect(totals.locator(".row")).to_have_count(2)
    expect(totals).to_contain_text("connect_failed")
    expect(totals).to_contain_text("day_not_over_there")
    expect(totals.locator(".row").filter(has_text="县图书馆")).to_contain_text("345")
    look("totals of a link")

    totals.locator(".row").filter(has_text="县图书馆").locator("button").click()
    look("a platform to be left out")
    page.locator("dialog[open] form .actions .button").first.click()
    expect(totals.locator(".row .mark")).to_have_count(1)
    look("a platform that is left out")

    # The sums follow.
    page.goto(f"{stack.url}/studio/statistics")
    platforms = page.locator("[data-part=platforms]")
    expect(platforms).to_contain_text("市民学习网")

    def is_left_out() -> bool:
        page.reload()
        platforms.locator("table").wait_for()
        return "县图书馆" not in platforms.inner_text()

    for _ in range(60):
        if is_left_out():
            break
        page.wait_for_timeout(500)
    assert is_left_out() and "1,200" in platforms.inner_text()
    look("platforms side by side")
    assert look.breaches == {}
    context.close()
