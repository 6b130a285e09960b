"""Upload links and webhooks in Studio, and how much may still be uploaded: from the first time to the last."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from accessible import Looks
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy.orm import Session
from studio_page import enter, some_file
from support import RunningStack

from storage.catalogue import database, organizations

pytestmark = [pytest.mark.browser, pytest.mark.integration]

WIDTHS = (320, 1280)
WEBHOOKS = "nav .menu-list a[href='/studio/webhooks']"
CONTENT = b"a lesson that cannot be played" * 100


@dataclass
class School:
    """An organization of its own, and its administrator's key."""

    stack: RunningStack
    id: str
    key: str

    def ask(self, path: str, method: str = "GET", *, key: str = "", **more: Any) -> Any:
        answer = self.stack.request(method, path, key=key or self.key, **more)
        assert answer.status < 300, answer.data
        return json.loads(answer.data or b"null")

    def send(self, secret: str, file: str, **answers: str) -> None:
        """What somebody sends by an upload link."""
        terms = {"file_name": file, "size": len(CONTENT), "answers": answers}
        begun = self.ask("/v1/upload-links/current/entries", "POST", key=secret, json=terms)
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
        }
        self.ask(begun["upload"], "PATCH", key=begun["token"], headers=headers, body=CONTENT)


@pytest.fixture
def school(stack: RunningStack) -> Iterator[School]:
    engine = database.connect(stack.environment["DATABASE_URL"])
    with Session(engine) as session, session.begin():
        made = organizations.create_organization(session, "老年大学").id
        key = organizations.create_api_key(session, made, "admin", "王老师")[1]
    yield School(stack, made, key)
    engine.dispose()


@pytest.fixture(params=["zh-CN", pytest.param("en-US", marks=pytest.mark.long)])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in each language."""
    context: BrowserContext = browser.new_context(locale=request.param, reduced_motion="reduce")
    context.set_default_timeout(30_000)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: "Content Security" in message.text and problems.append(message.text))
    yield page
    context.close()
    assert problems == []


def sure(page: Page) -> None:
    """Say yes to what is asked."""
    page.locator("dialog[open] form .actions .button").first.click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_an_upload_link_is_made_watched_and_closed(page: Page, school: School) -> None:
    look = Looks(page, *WIDTHS)
    enter(page, school.stack, "/studio/upload-links", key=school.key)
    page.locator(".state h2").wait_for()
    look("no links")
    page.locator(".state .button-main").click()
    form = page.locator("main form.part")
    form.locator("input").first.fill('Contest "2026"')
    form.locator("summary").click()
    form.locator(".asked ~ .actions .button").first.click()
    expect(form.locator(".asked li")).to_have_count(2)
    expect(form.locator(".asked li").last.locator("input").first).to_be_focused()
    form.locator(".asked li").last.locator("[type=checkbox]").uncheck()
    form.locator("[type=number]").first.fill("0.5")
    form.locator("[type=datetime-local]").first.fill("2020-01-01T00:00")
    form.locator("[type=submit]").click()
    expect(form.locator(".field .wrong")).to_be_visible()
    look("a new link that closes before it opens")
    form.locator("[type=datetime-local]").first.fill("2099-01-01T00:00")
    form.locator("[type=submit]").click()

    address = page.locator("[data-part=once] input").input_value()
    assert page.locator(".qr img").evaluate("image => image.decode().then(() => true)")
    look("a link that is shown once")
    (made,) = school.ask("/v1/upload-links")["upload_links"]
    assert page.url.endswith(f"/studio/upload-links/{made['id']}")
    assert (made["name"], made["max_bytes"], made["state"]) == ('Contest "2026"', 500_000_000, "open")
    assert [(field["name"], field["required"]) for field in made["fields"]] == [
        ("name", True),
        ("school", False),
    ]
    assert address.startswith(f"{school.stack.url}/u/")
    secret = address.rpartition("/")[2]
    expect(page.locator("[data-part=removal]")).to_have_count(1)
    school.send(secret, "一.mp4", name="=2+3", school="一中")
    # It shows up by itself.
    expect(page.locator(".entry")).to_have_count(1, timeout=15_000)
    expect(page.locator("[data-part=removal]")).to_have_count(0)
    past = (datetime.now(UTC) - timedelta(milliseconds=50)).isoformat()
    begun = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    ending = {"opens_at": begun, "closes_at": past, "grace_seconds": 3600}
    school.ask(f"/v1/upload-links/{made['id']}", "PATCH", json=ending)
    page.reload()
    expect(page.locator("[data-part=once]")).to_have_count(0)
    entries = page.locator(".entry")
    expect(entries).to_have_count(1)
    expect(entries.first).to_contain_text(hashlib.sha256(CONTENT).hexdigest())
    expect(entries.first).to_contain_text("一中")

    page.locator("[data-part=renewal] .button").click()
    sure(page)
    again = page.locator("[data-part=once] input")
    expect(again).not_to_have_value(address)
    again_secret = again.input_value().rpartition("/")[2]
    assert school.stack.request("GET", "/v1/upload-links/current", key=secret).status == 404

    page.locator("[data-part=terms] .button").first.click()
    form.locator("input").first.fill("Contest, prolonged")
    form.locator("[type=submit]").click()
    expect(page.locator("main h1")).to_have_text("Contest, prolonged")
    page.locator("[data-part=terms] .button").nth(1).click()
    look("asked whether to close")
    # What came in at the last moment is not missing from what is closed.
    school.send(again_secret, "two.mp4", name="李")
    sure(page)
    expect(page.locator("[data-part=renewal]")).to_have_count(0)
    expect(entries).to_have_count(2)
    expect(page.locator(".entry[data-late]")).to_have_count(1)
    lesson = school.ask(f"/v1/upload-links/{made['id']}/entries")["entries"][1]["asset_id"]
    expect(page.locator(".entry[data-late] a")).to_have_attribute("href", f"/studio/lessons/{lesson}")
    look("a closed link")
    with page.expect_download() as saved:
        page.locator("[data-part=entries] > .actions .button").nth(0).click()
    with Path(saved.value.path()).open(encoding="utf-8-sig", newline="") as table:
        rows = list(csv.reader(table))
    assert [row[4] for row in rows[1:]] == ["一.mp4", "two.mp4"]
    assert (rows[1][9], rows[1][2] == "", rows[2][2] == "") == ("'=2+3", True, False)
    with page.expect_download() as signed:
        page.locator("[data-part=entries] > .actions .button").nth(1).click()
    manifest = json.loads(Path(signed.value.path()).read_text(encoding="utf-8"))
    assert hashlib.sha256(CONTENT).hexdigest() in manifest["text"] and manifest["signature"]

    judge_and_take_down(page, school, look)

    page.locator(".head a").click()
    expect(page.locator(".row")).to_contain_text("Contest, prolonged")
    look("links")
    assert look.breaches == {}


def judge_and_take_down(page: Page, school: School, look: Looks) -> None:
    """Of a closed link with two entries, of which the second one is late, as its organizer does it."""
    judging, judges = page.locator("[data-part=judging]"), page.locator("[data-part=judges]")
    judging.locator("> .actions .button").click()
    criteria = page.locator("[data-part=criteria]")
    criteria.locator("li input").first.fill("创意")
    criteria.locator("fieldset > .actions .button").click()
    added = criteria.locator("li").last.locator("input")
    expect(added.first).to_be_focused()
    added.first.fill("Craft, and how it is done")
    added.nth(2).fill("2")
    look("criteria")
    criteria.locator("[type=submit]").click()
    expect(judging.locator("> .facts > div")).to_have_count(2)

    judges.locator("form input").fill("评委 <b>甲</b>")
    judges.locator("form [type=submit]").click()
    address = judges.locator(".copied input").input_value()
    assert address.startswith(f"{school.stack.url}/j/")
    look("a judge whose link is shown once")
    judges.locator("form input").fill("乙")
    judges.locator("form [type=submit]").click()
    expect(judges.locator(".copied input")).to_have_count(2)
    expect(judges.locator(".copied input").first).to_have_value(address)
    judges.locator(".judge .actions .button").first.click()
    sure(page)
    expect(judges.locator(".copied input").first).not_to_have_value(address)
    secret = judges.locator(".copied input").first.input_value().rpartition("/")[2]
    for number in (1, 2):
        scores = {"criterion_1": 8 + number, "criterion_2": 5}
        school.ask(
            f"/v1/judges/current/entries/{number}",
            "PUT",
            key=secret,
            json={"scores": scores, "comment": "=1"},
        )
    judging.locator("> .part-head .button").click()
    expect(judges.locator("[role=progressbar]").first).to_have_attribute("aria-valuenow", "100")
    expect(judging.locator("> .actions:not([data-part]) .button")).to_have_count(0)
    ranked = page.locator("[data-part=results] tbody tr")
    expect(ranked.first).to_contain_text("20")
    cells = [["1", "2", "10", "5", "20", "1"], ["2", "1", "9", "5", "19", "1"]]
    assert [row.locator("th, td").all_inner_texts() for row in ranked.all()] == cells
    look("results")

    judges.locator(".judge").last.locator(".button-danger").click()
    sure(page)
    expect(judges.locator(".judge .mark")).to_have_count(1)
    late = page.locator(".entry[data-late]")
    late.locator(".button-danger").click()
    page.locator("dialog[open] textarea").fill("侵权")
    look("asked why an entry is taken down")
    sure(page)
    expect(late).to_contain_text("侵权")
    expect(late.locator(".button")).to_have_count(0)
    judging.locator("> .part-head .button").click()
    expect(ranked).to_have_count(1)
    page.locator("[data-part=judging-end] .button").click()
    sure(page)
    expect(judges.locator("form, .actions")).to_have_count(0)
    look("judging is closed, and an entry taken down")
    with page.expect_download() as saved:
        page.locator("[data-part=results] .actions .button").click()
    with Path(saved.value.path()).open(encoding="utf-8-sig", newline="") as table:
        rows = list(csv.DictReader(table))
    assert [(row["number"], row["mean: 创意"], row["评委 <b>甲</b>: comment"]) for row in rows] == [
        ("1", "9.0", "'=1")
    ]


def test_a_webhook_is_added_watched_and_given_another_secret(page: Page, school: School) -> None:
    look = Looks(page, *WIDTHS)
    enter(page, school.stack, "/studio/lessons", key=school.key)
    page.locator("nav .menu button").click()
    page.locator(WEBHOOKS).click()
    page.locator(".state h2").wait_for()
    look("no webhooks")
    page.locator(".state .button-main").click()
    form = page.locator("main form")
    form.locator("[type=url]").fill("https://10.0.0.1/hook")
    form.locator("[type=radio]").nth(1).check()
    form.get_by_label("version.ready").check()
    look("a new webhook")
    form.locator("[type=submit]").click()
    expect(form.locator(".callout code")).to_have_text("webhook_url_refused")
    form.locator("[type=url]").fill("https://nowhere.invalid/hook")
    form.locator("[type=submit]").click()
    secret = page.locator("[data-part=once] input").input_value()
    assert secret.startswith("whsec_")
    (made,) = school.ask("/v1/webhook-endpoints")["webhook_endpoints"]
    assert (made["url"], made["event_types"]) == ("https://nowhere.invalid/hook", ["version.ready"])

    # The ping with which it began goes nowhere.
    refresh = page.locator("[data-part=log] .part-head .button")
    expect(page.locator(".delivery")).to_have_count(1)

    def fails() -> bool:
        return school.ask(f"/v1/webhook-endpoints/{made['id']}")["failing_since"] is not None

    for _ in range(100):
        if fails():
            break
        page.wait_for_timeout(200)
    refresh.click()
    expect(page.locator("main > .callout[data-mood=bad]")).to_be_visible()
    page.locator(".delivery summary").click()
    expect(page.locator(".attempts li").first).to_be_visible()
    look("a webhook that fails")

    page.locator(".log-head .actions .button").first.click()
    expect(page.locator(".delivery")).to_have_count(2)
    page.locator(".delivery .actions .button").last.click()
    # It is tried again by itself, too.
    expect(page.locator(".attempts li").nth(1)).to_be_visible()
    page.locator(".log-head .actions .button").last.click()
    look("asked since when to send again")
    sure(page)
    page.locator(".log-head select").select_option("delivered")
    expect(page.locator(".delivery")).to_have_count(0)

    page.locator("[data-part=secrets] .button").click()
    page.locator("dialog[open] select").select_option("1")
    sure(page)
    expect(page.locator("[data-part=once] input")).not_to_have_value(secret)
    expect(page.locator("[data-part=secrets] li")).to_have_count(2)

    page.locator("[data-part=settings] .button").last.click()
    expect(page.locator("main > .callout[data-mood=info]")).to_be_visible()
    assert not school.ask(f"/v1/webhook-endpoints/{made['id']}")["enabled"]
    page.locator("[data-part=settings] .button").last.click()
    expect(page.locator("main > .callout")).to_have_count(0)
    page.locator(".head a").click()
    expect(page.locator(".row")).to_contain_text("https://nowhere.invalid/hook")
    look("webhooks")
    page.locator(".row a").click()
    page.locator("[data-part=removal] .button").click()
    sure(page)
    page.locator(".state h2").wait_for()
    assert school.ask("/v1/webhook-endpoints")["webhook_endpoints"] == []
    assert look.breaches == {}


def test_how_much_room_is_left_is_told_before_the_first_byte(
    page: Page, school: School, tmp_path: Path
) -> None:
    look = Looks(page, *WIDTHS)
    school.ask(f"/v1/organizations/{school.id}/quota", "PUT", json={"bytes": 1_000_000, "minutes": 600})
    for number in range(8):
        some_file(tmp_path / f"lesson {number}.mp4", 300_000, number)
    enter(page, school.stack, key=school.key)
    expect(page.locator(".room-left")).to_have_count(2)
    expect(page.locator(".room-left").first).to_contain_text("1 MB")
    look("room")
    page.context.set_offline(True)
    page.set_input_files("#choose-files", sorted(tmp_path.iterdir()))
    expect(page.locator(".room .callout")).to_contain_text("1.4 MB")
    look("more than there is room")
    page.context.set_offline(False)
    expect(page.locator(".uploads .row[data-phase=sent]")).to_have_count(3)
    expect(page.locator(".uploads .row[data-phase=failed]")).to_have_count(5)
    expect(page.locator(".room-left").first).to_contain_text("100 kB")
    assert look.breaches == {}


def test_who_only_writes_lessons_finds_no_webhooks(page: Page, school: School) -> None:
    author = school.ask("/v1/api-keys", "POST", json={"role": "author", "label": "李老师"})["key"]
    enter(page, school.stack, "/studio/webhooks", key=author)
    expect(page.locator(".state-bad .code")).to_have_text("role_not_allowed")
    page.locator("nav .menu button").click()
    expect(page.locator(WEBHOOKS)).to_have_count(0)
    page.locator("nav .menu-list a").first.click()
    expect(page.locator(".state .button-main")).to_be_visible()
