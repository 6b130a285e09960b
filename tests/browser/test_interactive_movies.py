"""A Flash movie that waits for its reader, played itself in the player's page: of the real stack, in a real browser, on
the page of a site of another origin. The movie calls home wherever it can, and nothing arrives."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import flash_movies as make
import flash_scripts as scripts
import pytest
from accessible import findings
from partner_site import Partner, partner
from PIL import Image
from playwright.sync_api import Frame, Page, expect
from sharing import made_once
from support import RunningStack
from watching import PAUSED, TIME, wait_for

__all__ = ["partner"]

pytestmark = [pytest.mark.browser, pytest.mark.integration]

RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
SIZE = (200, 150)
SHOW, STOP = make.tag(make.SHOW), scripts.actions(scripts.STOP)


def quiz(home: str) -> bytes:
    """A red button on green leads to a blue picture, and once more to a yellow one. Besides it opens pages of ``home``,
    and loads what is there."""
    calls = b"".join(
        scripts.url(f"{home}/{target}", target)
        for target in ("_blank", "_top", "_parent", "_self", "_level3", "_level4")
    )
    return make.movie(
        make.background(GREEN),
        make.shape(1, 60, 40, RED),
        make.button(2, 1, scripts.NEXT + calls),
        make.place(2, 1, 20, 20),
        scripts.actions(scripts.url(f"{home}/at-once", "_level5") + scripts.STOP),
        SHOW,
        *(make.shape(3, *SIZE, BLUE), make.place(3, 2), STOP, SHOW),
        *(make.shape(4, *SIZE, YELLOW), make.place(4, 3), STOP, SHOW),
        size=SIZE,
    )


@pytest.fixture(scope="session")
def lesson(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    def made() -> dict[str, Any]:
        path = tmp_path_factory.mktemp("movies") / "quiz.swf"
        with socket.create_server(("127.0.0.1", 0)) as free:
            home = free.getsockname()
        path.write_bytes(quiz(f"http://{home[0]}:{home[1]}"))
        return stack.wait(stack.upload(path), "ready") | {"home": home}

    return made_once(stack, "movies", made)


@pytest.fixture
def home(lesson: dict[str, Any]) -> Iterator[list[str]]:
    """What arrives where the movie calls."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(tuple(lesson["home"]), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield heard
    server.shutdown()
    server.server_close()


def player_of(page: Page) -> Frame:
    page.frame_locator("iframe").locator("#player[data-view=player]").wait_for()
    return page.frames[1]


def begun(player: Frame) -> Frame:
    """The frame of the movie, once that is seen."""
    player.locator("#try").click()
    player.locator("#movie[data-state=shown]").wait_for()
    return player.child_frames[0]


def colour(player: Frame) -> tuple[int, ...]:
    """In the middle of the movie's right half, where no button is."""
    picture = Image.open(io.BytesIO(player.locator("#movie-stage").screenshot()))
    scale = min(picture.width / SIZE[0], picture.height / SIZE[1])
    at = round(picture.width / 2 + scale * SIZE[0] / 4), picture.height // 2
    return tuple(picture.convert("RGB").getpixel(at))  # type: ignore[arg-type]


def until_shown(player: Frame, wanted: tuple[int, ...]) -> None:
    for _ in range(100):
        if (seen := colour(player)) == wanted:
            return
        player.page.wait_for_timeout(200)
    raise AssertionError(f"{seen} is seen and not {wanted}")


def press_button(player: Frame) -> None:
    box = player.locator("#movie-stage").bounding_box()
    assert box is not None
    scale = min(box["width"] / SIZE[0], box["height"] / SIZE[1])
    left = box["x"] + (box["width"] - scale * SIZE[0]) / 2
    top = box["y"] + (box["height"] - scale * SIZE[1]) / 2
    player.page.mouse.move(left + 40 * scale, top + 30 * scale)
    player.page.mouse.click(left + 50 * scale, top + 40 * scale)


def test_a_reader_plays_the_movie_itself(
    page: Page, partner: Partner, lesson: dict[str, Any], home: list[str]
) -> None:
    assert lesson["interactive"] is True
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.partition("?")[0].rpartition("/")[2]))
    partner.show(page, lesson["playback_ids"][0]["snippet"])
    player = player_of(page)
    expect(player.locator("#try")).to_be_visible()
    player.locator("#start").click()
    wait_for(player, f"{TIME} > 0")
    assert not {"movie", "movie.swf", "ruffle.js", "ruffle-core.js", "ruffle.wasm"} & {*asked}

    movie = begun(player)
    assert {"movie", "movie.swf", "ruffle.js", "ruffle-core.js", "ruffle.wasm"} <= {*asked}
    assert player.evaluate(PAUSED)
    until_shown(player, GREEN)
    press_button(player)
    until_shown(player, BLUE)
    page.keyboard.press("ArrowRight")
    until_shown(player, YELLOW)

    page.wait_for_timeout(500)
    assert home == [], "what the movie opened, loaded and told"
    assert (len(page.context.pages), movie.url.rpartition("/")[2]) == (1, "movie")
    page.keyboard.press("Escape")
    expect(player.locator("#movie")).to_be_hidden()
    expect(player.locator("#try")).to_be_focused()
    assert player.child_frames == []


REACH = """async (home) => {
  const said = [];
  addEventListener("securitypolicyviolation", ({effectiveDirective}) => said.push(effectiveDirective));
  const outcome = (promise) => promise.then(() => "reached", () => "kept");
  const asked = new XMLHttpRequest();
  asked.open("GET", home + "/xhr");
  const results = {
    xhr: await outcome(new Promise((done, fail) => { asked.onload = done; asked.onerror = fail; asked.send(); })),
    image: await outcome(new Promise((done, fail) => {
      const image = new Image(); image.onload = done; image.onerror = fail; image.src = home + "/image.png"; })),
    script: await outcome(new Promise((done, fail) => {
      const script = document.createElement("script"); script.onload = done; script.onerror = fail;
      script.src = home + "/script.js"; document.head.append(script); })),
    parent: await outcome((async () => parent.document.title)()),
    storage: await outcome((async () => localStorage.length)()),
    code: await outcome((async () => new Function("return 1")())()),
  };
  navigator.sendBeacon(home + "/beacon");
  const socket = new WebSocket(home.replace("http", "ws") + "/socket");
  await new Promise((done) => { socket.onerror = done; setTimeout(done, 2000); });
  return {origin: self.origin, results, said: [...new Set(said)].sort()};
}"""


AWAY = "(home) => void setTimeout(() => location.assign(home + '/away'))"


def test_whoever_broke_out_of_the_movie_would_reach_nothing(
    context: Any, stack: RunningStack, lesson: dict[str, Any], home: list[str]
) -> None:
    page = context.new_page()
    page.goto(lesson["playback_ids"][0]["embed_url"])
    page.locator("#try").click()
    page.locator("#movie[data-state=shown]").wait_for()
    address = "http://{}:{}".format(*lesson["home"])
    told = page.frames[1].evaluate(REACH, address)
    assert told["origin"] == "null"
    assert told["results"] == dict.fromkeys(told["results"], "kept")
    assert len(told["results"]) == 6
    assert {"connect-src", "img-src", "script-src-elem"} <= {*told["said"]}
    page.frames[1].evaluate(AWAY, address)
    page.wait_for_timeout(1000)
    assert home == []
    assert page.frames[1].url in (f"{stack.url}/embed/movie", "chrome-error://chromewebdata/")
    assert page.url.startswith(f"{stack.url}/embed/")


def test_the_movie_can_be_left_and_what_keeps_it_from_playing_is_said(
    page: Page, stack: RunningStack, lesson: dict[str, Any]
) -> None:
    page.add_init_script("if (location.search.includes('old')) delete globalThis.WebAssembly")
    address = f"{stack.url}/embed/{lesson['playback_ids'][0]['id']}"
    page.goto(f"{address}?lang=zh&old=1")
    page.locator("#try").click()
    expect(page.locator("#movie-says")).to_contain_text("此浏览器无法运行该互动动画")
    page.locator("#movie-close").click()
    expect(page.locator("#try")).to_be_focused()

    page.route("**/movie.swf*", lambda route: route.abort())
    page.goto(f"{address}?lang=en")
    page.locator("#try").click()
    expect(page.locator("#movie-says")).to_contain_text("could not be loaded")
    assert findings(page) == []
    page.unroute("**/movie.swf*")
    page.locator("#movie-again").click()
    page.locator("#movie[data-state=shown]").wait_for()
    assert findings(page) == []

    # Whoever plays the video, as the page around may, does not hear both.
    page.evaluate("void document.querySelector('video').play()")
    expect(page.locator("#movie")).to_be_hidden()
    assert len(page.frames) == 1


def test_other_lessons_have_no_such_button(
    page: Page, stack: RunningStack, lessons: dict[str, dict[str, Any]]
) -> None:
    assert lessons["film"]["interactive"] is False
    page.goto(lessons["film"]["playback_ids"][0]["embed_url"])
    page.locator("#player[data-view=player]").wait_for()
    expect(page.locator("#try")).to_be_hidden()
