"""Partners in a real browser: pages of several hosts frame the player of the real stack; only the right ones may."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Frame, Page
from sqlalchemy.orm import Session, sessionmaker
from support import RunningStack
from watching import TIME, wait_for

from storage.catalogue.models import Asset, PlaybackId, Track, Version
from storage.catalogue.organizations import create_api_key
from storage.ids import new_id, new_public_id
from tests.media_service.lesson import Lesson, add_lesson
from tests.media_service.tus import sessions_of

pytestmark = [pytest.mark.browser, pytest.mark.integration]

PAYLOADS = Path(__file__).with_name("markup.txt").read_text(encoding="utf-8").splitlines()
"""One a line; each would open a dialog."""

INJECTED = """() => document.querySelectorAll(
  '[onerror],[onload],[onfocus],[ontoggle],[onclick],[onmouseover],[onbegin],[onstart],[onpointerenter],' +
  '[style*="evil"],iframe,object,embed,base,meta[http-equiv],form,math,marquee,details,a[href^="javascript"]'
).length"""


@dataclass
class Web:
    """All hosts but the service's own, on one port: pages by path, whatever the host is called."""

    port: int = 0
    pages: dict[str, str] = field(default_factory=dict)

    def at(self, host: str, path: str = "") -> str:
        return f"http://{host}:{self.port}/{path}"

    def put(self, path: str, body: str) -> None:
        self.pages[f"/{path}"] = f"<!doctype html><meta charset=utf-8><body>{body}"


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    site = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = site.pages.get(self.path.partition("?")[0], "").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which no dialog may open."""
    with browser.new_context(locale="en-US") as context:
        page = context.new_page()
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        yield page
        assert dialogs == []


@pytest.fixture(scope="module")
def catalogue(stack: RunningStack) -> Iterator[sessionmaker[Session]]:
    sessions = sessions_of(stack)
    yield sessions
    sessions.kw["bind"].dispose()


@pytest.fixture(scope="module")
def lesson(stack: RunningStack, catalogue: sessionmaker[Session]) -> Lesson:
    """Ready at once: written past the workers."""
    return add_lesson(catalogue, stack.objects)


@pytest.fixture(scope="module")
def admin(lesson: Lesson, catalogue: sessionmaker[Session]) -> str:
    with catalogue.begin() as session:
        return create_api_key(session, lesson.organization_id, "admin", "test")[1]


@pytest.fixture(scope="module")
def embed(stack: RunningStack, web: Web, lesson: Lesson, admin: str) -> str:
    """The address of the player with a token of a partner that has ``learn.test`` and all below ``school.test``."""

    def post(path: str, body: Any, key: str = admin) -> Any:
        answer = stack.request("POST", path, json=body, key=key)
        assert answer.status == 201, answer.data
        return json.loads(answer.data)

    course = post("/v1/collections", {"title": "课", "asset_ids": [lesson.asset_id]})
    origins = [f"http://learn.test:{web.port}", f"http://*.school.test:{web.port}"]
    partner = post("/v1/partners", {"name": "站", "origins": origins, "collection_ids": [course["id"]]})
    key = post("/v1/api-keys", {"role": "partner", "partner_id": partner["id"]})["key"]
    issued = post("/v1/playback-tokens", {"playback_id": lesson.signed_id}, key)
    return f"{issued['embed_url']}&autoplay=1&muted=1"


def frame_of(url: str, more: str = "") -> str:
    return f'<iframe src="{escape(url)}" width="640" height="360" allow="autoplay" {more}></iframe>'


def players(page: Page) -> list[Frame]:
    """Frames that hold the player, now that everything has loaded."""
    return [frame for frame in page.frames if frame.locator("#player").count()]


@pytest.mark.parametrize("host", ["learn.test", "a.school.test", "a.b.school.test"])
def test_the_partners_pages_play(page: Page, web: Web, embed: str, host: str) -> None:
    web.put("course", frame_of(embed))
    page.goto(web.at(host, "course"))
    (player,) = players(page)
    wait_for(player, f"{TIME} > 0.5")


@pytest.mark.parametrize("host", ["evil.test", "school.test", "learn.test.evil.test", "x.learn.test"])
def test_others_pages_do_not(page: Page, web: Web, embed: str, host: str) -> None:
    web.put("course", frame_of(embed))
    page.goto(web.at(host, "course"))
    assert len(page.frames) == 2 and players(page) == []


def test_a_page_framed_by_its_own_kind_plays_and_by_a_stranger_does_not(
    page: Page, web: Web, embed: str
) -> None:
    web.put("course", frame_of(embed))
    for outer, count in (("a.school.test", 1), ("evil.test", 0)):
        web.put(outer, frame_of(web.at("learn.test", "course")))
        page.goto(web.at(outer, outer))
        assert len(page.frames) == 3 and len(players(page)) == count


def test_pages_without_an_origin_do_not_play(page: Page, web: Web, embed: str, tmp_path: Path) -> None:
    html = f"<!doctype html><body>{frame_of(embed)}"
    saved = tmp_path / "saved.html"
    saved.write_text(html)
    web.put("course", frame_of(embed))
    web.put("data", frame_of(f"data:text/html,{quote(html)}"))
    web.put("sandboxed", frame_of(web.at("learn.test", "course"), 'sandbox="allow-scripts"'))
    for address, frames in (
        (f"data:text/html,{quote(html)}", 2),
        (saved.as_uri(), 2),
        (web.at("learn.test", "data"), 3),
        (web.at("learn.test", "sandboxed"), 3),
    ):
        page.goto(address)
        assert len(page.frames) == frames and players(page) == [], address


def test_a_player_in_a_sandbox_loads_nothing(page: Page, web: Web, embed: str) -> None:
    """It may stand there, for its page is the partner's; but what asks for the media has no origin."""
    web.put("course", frame_of(embed, 'sandbox="allow-scripts"'))
    page.goto(web.at("learn.test", "course"))
    (player,) = players(page)
    player.locator("#panel-title").wait_for()
    assert player.evaluate("document.querySelector('video').readyState") == 0


def test_a_public_player_in_a_sandbox_sees_that_its_lesson_is_ready(
    page: Page, web: Web, stack: RunningStack, catalogue: sessionmaker[Session]
) -> None:
    """So some blogging systems frame what they do not know."""
    lesson = add_lesson(catalogue, stack.objects)

    def now(state: str) -> None:
        with catalogue.begin() as session:
            session.get_one(Version, lesson.version_id).state = state

    now("uploading")
    web.put("blog", frame_of(f"{stack.url}/embed/{lesson.public_id}", 'sandbox="allow-scripts"'))
    page.goto(web.at("any.test", "blog"))
    player = page.frames[1]
    player.locator("[data-view=pending] #panel-title").wait_for()
    now("ready")
    player.locator("[data-view=player]").wait_for()
    player.evaluate("void document.querySelector('video').play()")
    wait_for(player, f"{TIME} > 0.3")


def test_scripts_and_elements_of_strangers_read_nothing(
    page: Page, web: Web, embed: str, lesson: Lesson
) -> None:
    manifest = embed.replace("/embed/", "/v/").replace("?", "/master.m3u8?").partition("&")[0]
    chunk = manifest.replace("master.m3u8", f"{lesson.version_id}/180p/0.mp4")
    web.put("media", f'<video src="{escape(chunk)}" muted></video>')
    read = "url => fetch(url, {headers: {Range: 'bytes=0-9'}}).then(answer => answer.status, () => 'refused')"
    outcome = """() => new Promise(resolve => {
      const video = document.querySelector('video');
      const look = () => video.error ? resolve('refused') : video.readyState ? resolve('loaded') : setTimeout(look, 50);
      look();
    })"""
    for host, script, element in (("learn.test", 206, "loaded"), ("evil.test", "refused", "refused")):
        page.goto(web.at(host, "media"))
        assert page.evaluate(read, chunk) == script
        assert page.evaluate(read, manifest) == (200 if script == 206 else "refused")
        assert page.evaluate(outcome) == element


def test_no_title_runs(page: Page, web: Web, stack: RunningStack, catalogue: sessionmaker[Session]) -> None:
    """Forty pages in one: of lessons that failed, which show their titles as all do."""
    assert len(PAYLOADS) == 40
    violations: list[str] = []
    page.on(
        "console",
        lambda message: "Content Security" in message.text and violations.append(message.text),
    )
    with catalogue.begin() as session:
        organization_id = session.query(Asset.organization_id).limit(1).scalar()
        shown = [_failed(session, organization_id, title) for title in PAYLOADS]
    web.put("titles", "".join(frame_of(f"{stack.url}/embed/{playback_id}") for playback_id in shown))
    page.goto(web.at("any.test", "titles"))
    frames = page.frames[1:]
    for frame in frames:
        frame.locator("#panel-title").wait_for()
    assert [frame.locator("h1.title").text_content() for frame in frames] == PAYLOADS
    assert [frame.evaluate(INJECTED) for frame in frames] == [0] * len(PAYLOADS)
    assert violations == []


def _failed(session: Session, organization_id: str, title: str) -> str:
    asset = Asset(organization_id=organization_id, title=title)
    session.add(asset)
    session.flush()
    version = Version(asset_id=asset.id, file_name=title, state="failed", failure_code="source_damaged")
    shown = PlaybackId(id=new_public_id(), asset_id=asset.id, policy="public")
    session.add_all([version, shown])
    session.flush()
    asset.current_version_id = version.id
    return shown.id


def test_no_caption_chapter_or_label_runs(
    page: Page, stack: RunningStack, catalogue: sessionmaker[Session], lesson: Lesson
) -> None:
    """As an author could never send them: cues as they are, past all cleaning."""
    violations: list[str] = []
    page.on(
        "console",
        lambda message: "Content Security" in message.text and violations.append(message.text),
    )
    texts = [text.replace("-->", "--\u200b>") for text in PAYLOADS]
    together = [f"00:00.000 --> 00:10.000\n{text}\n" for text in texts]
    in_turn = [f"00:{n * 0.25:06.3f} --> 00:{(n + 1) * 0.25:06.3f}\n{text}\n" for n, text in enumerate(texts)]
    with catalogue.begin() as session:
        for number, label in enumerate(PAYLOADS):
            _track(session, stack, lesson, "captions", f"en-x-{number}", label, together)
        _track(session, stack, lesson, "chapters", "en", PAYLOADS[0], in_turn)
        session.get_one(Version, lesson.version_id).tracks_revision += 1
    page.goto(f"{stack.url}/embed/{lesson.public_id}?lang=en&autoplay=1&muted=1")
    wait_for(page, f"{TIME} > 0.3")
    page.keyboard.press("c")
    showing = "[...document.querySelector('video').textTracks].find(({mode}) => mode === 'showing')"
    wait_for(page, f"({showing})?.activeCues?.length >= 40")
    page.locator("#settings").click()
    page.locator("#menu [data-section=captions]").click()
    labels = page.locator("#menu [role=menuitemradio]").all_text_contents()
    assert set(PAYLOADS) <= set(labels)
    page.keyboard.press("Escape")
    box = page.locator("#seek").bounding_box()
    assert box
    for number in range(len(PAYLOADS)):
        page.mouse.move(
            box["x"] + box["width"] * (number + 0.5) / len(PAYLOADS), box["y"] + box["height"] / 2
        )
    assert page.evaluate(INJECTED) == 0
    assert violations == []


def _track(
    session: Session,
    stack: RunningStack,
    lesson: Lesson,
    kind: str,
    language: str,
    label: str,
    cues: list[str],
) -> None:
    key = f"tests/{new_id()}.vtt"
    stack.objects.put(key, ("WEBVTT\n\n" + "\n".join(cues)).encode(), "text/vtt; charset=utf-8")
    session.add(
        Track(version_id=lesson.version_id, kind=kind, language=language, label=label, object_key=key)
    )
