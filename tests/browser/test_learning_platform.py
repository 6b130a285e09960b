"""A foreign learning platform in Chromium without third-party cookies: a teacher adds two lessons, a learner watches
one, the score arrives there and statements in a foreign record store."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, quote
from uuid import UUID

import pytest
from accessible import Looks
from foreign_record_store import NAME, PASSWORD, RecordStore, is_valid, record_store
from learning_platform import LearningPlatform, learning_platform
from player_site import ffmpeg
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect
from support import LESSONSTREAM, SMALL, RunningStack, running_stack
from watching import wait_for

from storage.embedded.data_folder import free_port

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SECONDS = 6
BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
LESSONS = ("八段锦 第一式", "书法入门")

# A frame that may keep nothing, as browsers with strict settings have it.
NOTHING_KEPT = """if (window !== top) Object.defineProperty(window, "sessionStorage", {
  get() { throw new DOMException("denied", "SecurityError"); },
});"""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that does not call itself a machine: what machines watch is no view."""
    context = browser.new_context(locale="en-US", user_agent=BROWSER)
    context.set_default_timeout(60_000)
    yield context
    context.close()


def without_cookies(page: Page) -> Page:
    """The page, in a browser that gives frames of other sites none."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    strict = {"disableThirdPartyCookieMetadata": True, "disableThirdPartyCookieHeuristics": True}
    session.send("Network.setCookieControls", {"enableThirdPartyCookieRestriction": True, **strict})
    return page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack that may ask this machine, under another name than the platform has: another site for browsers."""
    port = free_port()
    folder = tmp_path_factory.mktemp("tool")
    with running_stack(
        folder / "data",
        "--port",
        str(port),
        PUBLIC_URL=f"http://localhost:{port}",
        OUTBOUND_ALLOWED_NETWORKS="127.0.0.0/8",
        **SMALL,
    ) as running:
        for title in LESSONS:
            file = folder / f"{title}.mp4"
            ffmpeg(
                "-f", "lavfi", "-i", f"testsrc2=s=320x180:r=10:d={SECONDS}",
                "-f", "lavfi", "-i", f"sine=330:d={SECONDS}",
                "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", file,
            )  # fmt: skip
            running.wait(running.upload(file, title), "ready")
        own = json.loads(running.request("GET", "/v1/whoami").data)["organization"]["id"]
        running.request("PATCH", f"/v1/organizations/{own}", json={"library": True})
        yield running


@pytest.fixture(scope="module")
def platform(site: RunningStack) -> Iterator[LearningPlatform]:
    with learning_platform() as running:
        running.tool = site.url.replace("127.0.0.1", "localhost")
        yield running


def command(site: RunningStack, *arguments: str, text: str = "") -> str:
    """What a command of the organization's administrator prints."""
    own = {"LESSONSTREAM_URL": site.url, "LESSONSTREAM_KEY": site.api_key}
    done = subprocess.run(
        [*LESSONSTREAM, *arguments],
        env={**os.environ, **own}, input=text, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def store(site: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordStore]:
    """A foreign record store that the organization names."""
    with record_store(tmp_path_factory.mktemp("store")) as running:
        command(site, "record-store", "set", running.url, NAME, text=f"{PASSWORD}\n")
        assert json.loads(command(site, "record-store", "test"))["outcome"] == "works"
        yield running
        command(site, "record-store", "remove")


def until(page: Page, is_so: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline
        page.wait_for_timeout(200)
    return found


def tool_frame(page: Page, tool: str, path: str) -> Frame:
    """The frame of ours, once it shows a page of this path."""

    def found() -> Frame | None:
        return next((each for each in page.frames if each.url.startswith(f"{tool}{path}")), None)

    frame: Frame = until(page, found)
    return frame


def test_register_choose_watch_and_the_score_and_statements_arrive(
    page: Page, context: BrowserContext, site: RunningStack, platform: LearningPlatform, store: RecordStore
) -> None:
    platform.storage = True
    without_cookies(page).add_init_script(NOTHING_KEPT)
    link = command(site, "lti", "connect", "--hours", "1")
    where = quote(f"{platform.base}/.well-known/openid-configuration", safe="")
    page.goto(f"{link}?openid_configuration={where}&registration_token=once&lang=en")
    expect(page.locator("h1")).to_have_text("The learning platform is connected")

    # The teacher: two ticks for two lessons, and one click brings both there.
    page.goto(f"{platform.base}/course?open=choose")
    picker = tool_frame(page, platform.tool, "/lti/choose/")
    assert page.evaluate("window.asked") == ["lti.put_data", "lti.get_data"], (
        "the platform's storage was used"
    )
    kept = picker.evaluate("(document.cookie = 'a=b; SameSite=None; Secure', document.cookie)")
    assert kept == "", "this browser gives frames of others no cookies"
    picker.get_by_label("Choose 八段锦 第一式").check()
    picker.get_by_label("Choose 书法入门").check()
    picker.get_by_label("Report progress as a grade (0 to 100)").check()
    picker.get_by_role("button", name="Add what is ticked").click()
    until(page, lambda: len(platform.items) == 2)
    first = next(n for n, item in enumerate(platform.items) if item["title"] == "八段锦 第一式")
    assert platform.items[first]["custom"]["duration_seconds"] == str(SECONDS)
    assert page.request.get(platform.items[first]["thumbnail"]["url"]).ok

    # The learner.
    page.goto(f"{platform.base}/course?open={first}")
    lesson = tool_frame(page, platform.tool, "/embed/")
    lesson.locator("#start").click()
    wait_for(lesson, "document.querySelector('video').ended")
    name, score = until(
        page, lambda: [s for s in platform.scores if s[1]["activityProgress"] == "Completed"]
    )[0]
    assert (name, score["scoreGiven"], score["userId"]) == (str(first), 100, "user-17")
    views = lesson.url.replace("/embed/", "/v/").replace("?", "/views?")
    until(page, lambda: page.request.get(views).json()["views"] == 1)
    assert context.cookies() == []

    # Once more, in another session, which ends the first: it is completed already, and says so no second time.
    page.goto(f"{platform.base}/course?open={first}")
    lesson = tool_frame(page, platform.tool, "/embed/")
    lesson.locator("#start").click()
    wait_for(lesson, "document.querySelector('video').ended")

    def verbs() -> Counter[str]:
        return Counter(each["verb"]["id"].rpartition("/")[2] for each in store.statements())

    until(page, lambda: verbs()["completed"] and verbs()["terminated"], 120)
    told = store.statements()
    assert set(verbs()) == {"initialized", "completed", "terminated"}, "nothing is paused beside it"
    assert verbs()["completed"] == 1
    assert len({UUID(each["id"]) for each in told}) == len(told)
    assert is_valid(told, store.folder)
    damaged = {**told[0], "context": {**told[0]["context"], "extensions": {}}}
    assert not is_valid([damaged], store.folder), "it would say what is wrong"
    completed = next(each for each in told if each["verb"]["id"].endswith("/completed"))
    played = completed["result"]["extensions"]
    assert completed["result"]["completion"] is True
    first_segment = played["https://w3id.org/xapi/video/extensions/played-segments"].partition("[,]")[0]
    began, ended = map(float, first_segment.split("[.]"))
    assert 0 <= began < ended <= SECONDS
    assert played["https://w3id.org/xapi/video/extensions/progress"] >= 0.7
    assert completed["object"]["definition"]["name"] == {"und": "八段锦 第一式"}
    assert completed["actor"]["account"]["name"].startswith("lti-"), "a pseudonym"
    assert {each["actor"]["account"]["name"] for each in told} == {completed["actor"]["account"]["name"]}
    assert "user-17" not in json.dumps(told) and "z@x.test" not in json.dumps(told)
    shown = json.loads(command(site, "record-store", "show"))
    assert (shown["waiting"], shown["refused"], shown["failing_since"]) == (0, 0, None)
    assert shown["sent"] >= len(told)
    [listed] = [json.loads(line) for line in command(site, "lti", "list", "--json").splitlines()]
    assert listed["launched_at"] and listed["scores_waiting"] == 0 and listed["score_failure"] is None
    assert platform.base in command(site, "lti", "list")
    assert len([s for s in platform.scores if s[1]["activityProgress"] == "Completed"]) == 1


def test_without_storage_of_the_platform_the_tab_remembers_or_a_window_opens(
    context: BrowserContext, site: RunningStack, platform: LearningPlatform
) -> None:
    platform.storage = False
    page = without_cookies(context.new_page())
    page.goto(f"{platform.base}/course?open=0")
    expect(tool_frame(page, platform.tool, "/embed/").locator("#start")).to_be_visible()

    strict = without_cookies(context.new_page())
    strict.add_init_script(NOTHING_KEPT)
    strict.goto(f"{platform.base}/course?open=0")
    frame = tool_frame(strict, platform.tool, "/lti/login")
    with context.expect_page() as opened:
        frame.get_by_role("button", name=re.compile("new window")).click()
    expect(opened.value.locator("#start")).to_be_visible()
    assert opened.value.url.startswith(f"{platform.tool}/embed/")


def test_a_launch_that_began_in_another_browser_goes_no_further(
    browser: Browser, context: BrowserContext, site: RunningStack, platform: LearningPlatform
) -> None:
    platform.storage = False
    attacker = context.new_page()
    caught: list[str] = []
    attacker.route(
        "**/lti/launch", lambda route: (caught.append(route.request.post_data or ""), route.abort())[1]
    )
    attacker.goto(f"{platform.base}/course?open=0")
    until(attacker, lambda: caught)
    victim = browser.new_context(locale="zh-CN").new_page()
    inputs = "".join(f"<input name={name} value='{value}'>" for name, value in parse_qsl(caught[0]))
    victim.set_content(
        f"<form method=post action='{platform.tool}/lti/launch'>{inputs}<button>x</button></form>"
    )
    victim.get_by_role("button").click()
    expect(victim.get_by_role("alert")).to_have_text("此次打开并非由本浏览器发起。请回到课程中重新打开。")
    assert "/embed/" not in victim.url
    victim.context.close()


def test_everybody_can_use_the_pages(page: Page, site: RunningStack, platform: LearningPlatform) -> None:
    platform.storage = False
    look = Looks(page, 320, 1280, large=True)
    ids = [each["url"].rpartition("/")[2] for each in platform.items]
    course = json.loads(
        site.request("POST", "/v1/collections", json={"title": "养生课程", "asset_ids": ids}).data
    )
    page.goto(f"{platform.base}/course?open=choose")
    page.goto(tool_frame(page, platform.tool, "/lti/choose/").url)
    look("picker")
    page.keyboard.press("Tab")
    page.keyboard.type("书法")
    page.keyboard.press("Enter")
    expect(page.locator(".entry")).to_have_count(1)
    page.get_by_label("Choose 书法入门").check()
    page.get_by_role("searchbox").fill("养生")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("group", name="Ticked")).to_contain_text("书法入门")
    look("found and ticked")
    page.get_by_role("button", name="Add 养生课程").click()
    until(page, lambda: len(platform.items) == 4)
    assert {each["title"] for each in platform.items[2:]} == {"养生课程", "书法入门"}, (
        "what was ticked comes along"
    )

    number = next(n for n, each in enumerate(platform.items) if each["url"].endswith(course["public_id"]))
    page.goto(f"{platform.base}/course?open={number}")
    page.goto(tool_frame(page, platform.tool, "/lti/study/").url)
    look("course")
    page.get_by_role("link", name="八段锦 第一式").click()
    expect(page.frame_locator("iframe").locator("#start")).to_be_visible()
    page.get_by_role("link", name="All lessons of the course").click()
    expect(page.get_by_role("heading", name="养生课程")).to_be_visible()
    for state, path in (("refused", "/lti/study/over"), ("link over", "/lti/register/x?lang=zh")):
        page.goto(platform.tool + path)
        look(state)
    assert look.breaches == {}
