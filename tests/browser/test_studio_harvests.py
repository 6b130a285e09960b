"""Foreign repositories in Studio: an administrator names one, sees what it brought, pauses it and takes it away; and
what it brought looks like what it is, in Studio and in the library."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from accessible import Looks
from playwright.sync_api import Browser, expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from studio_page import enter
from support import RunningStack

from storage.catalogue import database, organizations
from storage.catalogue.models import Asset, HarvestedRecord, HarvestSource, Version

pytestmark = [pytest.mark.browser, pytest.mark.integration]

WIDTHS = (320, 390, 1280)
TOLD = {"title": "外地太极课", "duration": 61.0, "organization": "外地大学"}


@pytest.fixture
def key(stack: RunningStack) -> Iterator[tuple[str, Session]]:
    """Of an administrator of an organization of their own, and its catalogue."""
    engine = database.connect(stack.environment["DATABASE_URL"])
    with Session(engine) as session:
        with session.begin():
            made = organizations.create_organization(session, "社区学院")
            made.library = True
            secret = organizations.create_api_key(session, made.id, "admin", "张老师")[1]
        yield secret, session
    engine.dispose()


def bring(session: Session, source_id: str) -> str:
    """As a keeper would; what keepers do, the tests of harvests show."""
    with session.begin():
        source = session.get_one(HarvestSource, source_id)
        source.repository_name, source.prefix, source.due_at, source.lease_until = (
            "外地图书馆",
            "lom",
            None,
            None,
        )
        asset = Asset(organization_id=source.organization_id, title=TOLD["title"], description="养生")
        asset.visibility = asset.effective_visibility = "public"
        session.add(asset)
        session.flush()
        version = Version(asset_id=asset.id, file_name="", state="external", kind="video")
        session.add(version)
        session.flush()
        asset.current_version_id = version.id
        session.add(
            HarvestedRecord(
                source_id=source_id,
                identifier="oai:foreign.example:1",
                asset_id=asset.id,
                url="https://foreign.example/1",
                told=TOLD,
                pass_number=1,
            )
        )
        return asset.id


@pytest.mark.parametrize("locale", ["zh-CN", pytest.param("en-US", marks=pytest.mark.long)])
def test_a_repository_is_harvested(
    browser: Browser, stack: RunningStack, key: tuple[str, Session], locale: str
) -> None:
    secret, session = key
    context = browser.new_context(locale=locale, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    page = context.new_page()
    look = Looks(page, *WIDTHS)
    enter(page, stack, "/studio/harvests", key=secret)
    page.locator(".state h2").wait_for()
    look("nothing is harvested")
    form = page.locator("[data-part=add]")
    form.locator("[type=url]").fill("http://10.0.0.1/oai")
    form.locator("[type=submit]").click()
    expect(form.locator("[role=alert]")).to_contain_text("harvest_url_refused")
    form.locator("[type=url]").fill("https://nowhere.invalid/oai")
    form.locator("[type=submit]").click()
    expect(page.locator(".rows .row")).to_have_count(1)
    [source] = json.loads(stack.request("GET", "/v1/harvest-sources", key=secret).data)["harvest_sources"]
    assert (source["url"], source["visibility"]) == ("https://nowhere.invalid/oai", "subtree")
    with session.begin():
        session.execute(
            update(HarvestSource).where(HarvestSource.id == source["id"]).values(failure="name_unknown")
        )
    asset_id = bring(session, source["id"])
    page.reload()
    expect(page.locator(".row [data-mood=bad]").first).to_be_visible()
    expect(page.locator(".row")).to_contain_text("外地图书馆")
    look("one that cannot be reached")
    page.locator(".row .actions .button").nth(1).click()
    expect(page.locator(".row .mark")).to_have_attribute("data-mood", "still")
    assert (
        json.loads(stack.request("GET", f"/v1/harvest-sources/{source['id']}", key=secret).data)["state"]
        == "paused"
    )

    page.goto(f"{stack.url}/studio/lessons")
    expect(page.locator("tr.lesson")).to_have_count(1)
    look("a list with a reference")
    page.goto(f"{stack.url}/studio/lessons/{asset_id}")
    expect(page.locator("a[href='https://foreign.example/1']")).to_be_visible()
    expect(page.locator("[data-part=versions]")).to_have_count(0)
    look("a reference")

    organization_id = session.scalars(select(Asset.organization_id).where(Asset.id == asset_id)).one()
    session.rollback()
    page.goto(f"{stack.url}/library/{organization_id}/search?q=太极")
    expect(page.locator(".card .elsewhere")).to_contain_text("外地图书馆")
    look("found in the library")
    page.goto(f"{stack.url}/library/{organization_id}/lessons/{asset_id}")
    expect(page.locator("#player a.button")).to_have_attribute("href", "https://foreign.example/1")
    look("a reference in the library")

    page.goto(f"{stack.url}/studio/harvests")
    page.locator(".row .button-danger").click()
    look("to be removed")
    page.locator("dialog[open] form .actions .button").first.click()
    expect(page.locator(".rows .row")).to_have_count(0)
    assert look.breaches == {}
    context.close()
