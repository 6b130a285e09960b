"""Study hours in the real player on the real stack: what cheats try in the page, and that who is honest is believed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import m3u8
import pytest
from accessible import findings
from player_site import ffmpeg
from playwright.sync_api import Browser, BrowserContext, Page, Response, Route, expect
from support import RunningStack
from watching import PAUSED, TIME, wait_for

from storage.ids import new_id
from storage.learning.proofs import proof_of

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SECONDS = 10
VIDEO = "document.querySelector('video')"
DIALOG = "document.querySelector('#study').open"
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


class Course:
    """A course of one lesson of ten seconds."""

    def __init__(self, stack: RunningStack, folder: Path) -> None:
        file = folder / "ten.mp4"
        ffmpeg(
            "-f", "lavfi", "-i", f"testsrc2=s=320x180:r=10:d={SECONDS}", "-f", "lavfi", "-i", f"sine=330:d={SECONDS}",
            "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", file,
        )  # fmt: skip
        self.stack = stack
        self.asset_id = stack.wait(stack.upload(file), "ready")["id"]
        self.playback_id = self.ask("POST", f"assets/{self.asset_id}/playback-ids", {"policy": "signed"})[
            "id"
        ]
        self.id = self.ask("POST", "collections", {"title": "书法", "asset_ids": [self.asset_id]})["id"]

    def ask(self, method: str, path: str, body: object = None) -> Any:
        answer = self.stack.request(method, f"/v1/{path}", json=body)
        assert answer.status in (200, 201), answer.data
        return json.loads(answer.data)

    def url(self, learner: str) -> str:
        body = {"playback_id": self.playback_id, "viewer": learner, "course": self.id, "mark": "张三 0571"}
        return f"{self.ask('POST', 'playback-tokens', body)['embed_url']}&muted=1&lang=en"

    def segments(self, token: str) -> dict[str, list[bytes]]:
        """Bytes of all segments by rendition, as any player may fetch them."""
        here = f"{self.stack.url}/v/{self.playback_id}/master.m3u8?token={token}"

        def fetch(url: str, span: str = "") -> bytes:
            headers = {"Range": f"bytes={span}"} if span else {}
            return self.stack.request("GET", url, key=None, headers=headers).data

        found = {}
        for variant in m3u8.loads(fetch(here).decode()).playlists:
            media_url = urljoin(here, variant.uri)
            name = media_url.partition("?")[0].rsplit("/", 1)[-1].removesuffix(".m3u8")
            found[name] = []
            for segment in m3u8.loads(fetch(media_url).decode()).segments:
                length, _, start = segment.byterange.partition("@")
                span = f"{start}-{int(start) + int(length) - 1}"
                found[name].append(fetch(urljoin(media_url, segment.uri), span))
        return found

    def studied(self, learner: str) -> dict[str, Any]:
        answer = self.stack.request("GET", f"/v1/study/learner?course={self.id}&learner={learner}")
        return json.loads(answer.data) if answer.status == 200 else {"studied_seconds": 0.0, "details": []}


@pytest.fixture(scope="module")
def course(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Course:
    return Course(stack, tmp_path_factory.mktemp("ten"))


def heard_by(page: Page) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What sessions the page began, and what it told of them; both grow."""
    begun: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []

    def hear(answer: Response) -> None:
        path = answer.url.partition("?")[0]
        if path.endswith("/study"):
            begun.append(answer.json())
        elif path.endswith("/beats"):
            told.append(json.loads(answer.request.post_data or ""))

    page.on("response", hear)
    return begun, told


def until(page: Page, is_so: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline
        page.wait_for_timeout(200)
    return found


def test_cheats_of_the_page_gain_nothing_and_an_honest_learner_is_believed(
    page: Page, context: BrowserContext, course: Course
) -> None:
    learner = f"student-{new_id()}"
    course.ask("PUT", f"collections/{course.id}/study", {"mode": "sequential"})
    begun, told = heard_by(page)
    page.goto(course.url(learner))

    mark = page.locator("#mark")
    expect(mark).to_have_text("张三 0571")
    look = mark.evaluate(
        "(mark) => [mark.getAttribute('aria-hidden'), getComputedStyle(mark).pointerEvents, mark.tabIndex, "
        "document.querySelector('#player').contains(mark)]"
    )
    assert look == ["true", "none", -1, True], "in what is shown in full screen, for eyes alone"

    page.locator("#start").click()
    wait_for(page, f"{TIME} > 0.5")
    page.evaluate(f"{VIDEO}.playbackRate = 16")
    wait_for(page, f"{VIDEO}.playbackRate === 1.5")
    page.evaluate(f"{VIDEO}.currentTime = 9")
    wait_for(page, f"{TIME} < 5")
    page.keyboard.press("End")
    page.keyboard.press("9")
    wait_for(page, f"{TIME} < 5")
    expect(page.locator("#toast")).to_have_text("This course is studied in order")
    page.locator("#settings").click()
    page.locator("[data-section=speed]").click()
    assert page.locator("#menu [role=menuitemradio]").last.text_content() == "1.5×"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    wait_for(page, f"{VIDEO}.ended")
    found = until(page, lambda: (s := course.studied(learner))["studied_seconds"] > SECONDS - 2 and s)
    assert found["studied_seconds"] <= SECONDS + 0.1
    assert found["completed"] is True
    assert not {*found["details"][0]["refused"]} & {"not_fetched", "wrong_chain", "forged"}
    proofs = [proof for each in told for beat in each["beats"] for proof in beat["fetched"]]
    assert len(proofs) >= 3
    segments = course.segments(page.url.partition("token=")[2].partition("&")[0])
    assert all(proof == proof_of(begun[0]["nonce"], segments[name][n]) for name, n, proof in proofs)

    # Another page of the same learner takes over; the first one is told, and takes it back by the keyboard.
    other = context.new_page()
    other.goto(course.url(learner))
    wait_for(other, f"{VIDEO}.readyState > 0")
    page.locator("#play").click()
    wait_for(page, f"{TIME} > 0.2 && {TIME} < 8")
    page.keyboard.press("k")
    wait_for(page, DIALOG)
    assert page.evaluate(PAUSED)
    expect(page.locator("#study-title")).to_have_text("You are studying on another page")
    expect(page.locator("#study-go")).to_be_focused()
    page.keyboard.press("Escape")
    assert page.evaluate(DIALOG), "who is asked has to answer"
    page.keyboard.press("Enter")
    wait_for(page, f"!{PAUSED}")
    assert course.studied(learner)["studied_seconds"] <= SECONDS + 0.1
    other.close()


def test_a_lesson_in_order_goes_on_at_the_furthest_point_on_another_device(
    page: Page, browser: Browser, course: Course
) -> None:
    learner = f"student-{new_id()}"
    course.ask("PUT", f"collections/{course.id}/study", {"mode": "sequential"})
    page.goto(course.url(learner))
    # However busy the machine is, it stops here.
    page.evaluate(
        f"{VIDEO}.addEventListener('timeupdate', (event) => event.target.currentTime > 6 && event.target.pause())"
    )
    page.locator("#start").click()
    wait_for(page, f"{TIME} > 6")
    until(page, lambda: course.studied(learner)["studied_seconds"] > 5)
    elsewhere = browser.new_context().new_page()
    elsewhere.goto(course.url(learner))
    expect(elsewhere.locator("#restart")).to_contain_text("Resumed at 0:0")
    wait_for(elsewhere, f"{TIME} > 5")
    elsewhere.locator("#start").click()
    wait_for(elsewhere, f"{TIME} > 7")
    elsewhere.context.close()


def test_supervised_lessons_pause_when_hidden_and_ask_whether_somebody_is_there(
    page: Page, course: Course
) -> None:
    learner = f"student-{new_id()}"
    course.ask("PUT", f"collections/{course.id}/study", {"mode": "supervised"})

    def soon(route: Route) -> None:
        """As the service answers, but for the time until somebody is asked: a minute is the least."""
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "presence_seconds": 2})

    page.route("**/study?*", soon)
    page.goto(course.url(learner).replace("lang=en", "lang=zh"))
    page.locator("#start").click()
    wait_for(page, f"{TIME} > 0.3")
    page.evaluate(HIDE, True)
    wait_for(page, PAUSED)
    page.evaluate(HIDE, False)
    page.locator("#play").click()
    wait_for(page, DIALOG)
    assert page.evaluate(PAUSED)
    expect(page.locator("#study")).to_have_accessible_name("您还在学习吗？")
    assert findings(page) == []
    page.evaluate(f"{VIDEO}.play().catch(() => {{}})")
    wait_for(page, PAUSED)
    with page.expect_request(
        lambda request: "/beats" in request.url and '"present":true' in (request.post_data or "")
    ):
        page.keyboard.press("Enter")
        wait_for(page, f"!{PAUSED}")
        wait_for(page, f"{DIALOG} || {VIDEO}.ended")  # of what was not played no beat would tell
    found = until(page, lambda: (s := course.studied(learner))["studied_seconds"] > 1 and s)
    assert found["details"][0]["refused"] == {}
