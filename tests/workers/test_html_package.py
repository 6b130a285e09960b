"""HTML5 packages that run in the sandboxed browser, and those that are refused."""

from __future__ import annotations

import io
import socket
import zipfile
from fractions import Fraction
from pathlib import Path

import animations as make
import pytest
from browser_pictures import easel, pictures

from workers import browser
from workers.browser import Easel, Played
from workers.plan.failure import MediaFailure
from workers.plan.source.kinds import HtmlPackage, kind_of

__all__ = ["easel"]

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255)
RATE = Fraction(10)


def package(files: dict[str, str | bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def run(easel: Easel, data: bytes, seconds: int = 2) -> tuple[Played, bool]:
    source = easel.folder.with_name("source")
    source.write_bytes(data)
    return browser.draw_html(easel, source, RATE, seconds, 1)


PAGE = """<!doctype html><style>
  body { margin: 0 } canvas { display: block }
  div { position: absolute; top: 60px; width: 20px; height: 20px; background: #00f; animation: go 1s linear both }
  @keyframes go { from { left: 0 } to { left: 100px } }
</style><canvas width=200 height=100></canvas><div></div><img src="images/%E7%BB%BF.png" hidden>
<script src="js/run.js?v=1"></script>"""

SCRIPT = """
const context = document.querySelector("canvas").getContext("2d");
let count = 0;
setInterval(() => count++, 100);
const began = performance.now();
const draw = () => {
  context.clearRect(0, 0, 200, 100);
  context.fillStyle = "#f00";
  context.fillRect(Math.min(9, Math.round((performance.now() - began) / 100)) * 20, 0, 20, 20);
  context.fillStyle = count >= 5 ? "#000" : "#fff";
  context.fillRect(0, 40, 20, 20);
  context.drawImage(document.querySelector("img"), 180, 80, 20, 20);
  requestAnimationFrame(draw);
};
requestAnimationFrame(draw);
"""


def test_a_page_runs_on_the_clock(easel: Easel) -> None:
    data = package(
        {
            "课件/index.html": PAGE,
            "课件/js/run.js": SCRIPT,
            "课件/images/绿.png": make.png(make.GREEN),
            "课件/sound.mp3": b"",
        }
    )
    assert isinstance(kind_of(data[:4096], data[-4096:]), HtmlPackage)
    played, has_sound = run(easel, data)
    assert (played.plain, has_sound) == (False, True)
    seen = pictures(easel)
    assert seen[0].size == (200, 100)
    assert len(seen) == 20
    assert [picture.getpixel((20 * place + 10, 10)) for place, picture in enumerate(seen[:8], 1)] == [RED] * 8
    assert [picture.getpixel((10, 50)) for picture in seen[3:7]] == [WHITE, (0, 0, 0), (0, 0, 0), (0, 0, 0)]
    # The animation of the style begins at the first frame and goes ten pixels with each.
    assert [picture.getpixel((10 * place + 10, 70)) for place, picture in enumerate(seen[:10])] == [BLUE] * 10
    assert seen[5].getpixel((190, 90)) == GREEN
    assert played.pictures == 20


BUILT = """<!doctype html><script type="importmap">{"imports": {"drawing": "/vendor/drawing.mjs"}}</script>
<script type="module" crossorigin src="/assets/main.js"></script><link rel="modulepreload" href="/assets/part.js">
<body style="margin:0"><canvas width=200 height=100></canvas>"""
"""As build tools write it: all paths from the root, wherever the package is going to lie."""

MODULES = {
    "assets/main.js": """
        import { square } from "drawing";
        import { place } from "./part.js";
        const { colour } = await (await fetch("/data/colours.json")).json();
        const { instance } = await WebAssembly.instantiateStreaming(fetch("/Data/Engine.wasm"));
        const { last } = await import("./late.js");
        for (let at = 0; at <= last; at++) square(colour, place(at), instance instanceof WebAssembly.Instance);""",
    "assets/part.js": "export const place = (at) => 20 * at;",
    "assets/late.js": "export const last = 4;",
    "vendor/drawing.mjs": """
        const context = document.querySelector("canvas").getContext("2d");
        export const square = (colour, left, really) => {
          context.fillStyle = colour;
          if (really) context.fillRect(left, 0, 20, 100);
        };""",
    "data/colours.json": '{"colour": "#00f"}',
    "data/engine.wasm": b"\0asm\1\0\0\0",
}


@pytest.mark.parametrize(
    "name", ["{}", "dist/{}", "dist\\{}"], ids=["at the top", "in a folder", "of Windows"]
)
def test_modules_are_run(name: str, easel: Easel) -> None:
    files = {"index.html": BUILT, **MODULES}
    separator = "\\" if "\\" in name else "/"
    data = package({name.format(file.replace("/", separator)): content for file, content in files.items()})
    run(easel, data, 1)
    shown = pictures(easel)[0]
    assert [shown.getpixel((at, 50)) for at in (10, 90, 110)] == [BLUE, BLUE, WHITE]


HOSTILE = """<!doctype html><body style="margin:0"><script>
const at = "http://127.0.0.1:{port}";
let found = "";
for (const name of [
  "../../canary", "/canary", "/_/../../in/source", "/_/%2e%2e/page", "file://{canary}", "file:///etc/passwd",
  `${{at}}/`, "..%2f..%2fcanary",
])
  try {{
    const request = new XMLHttpRequest();
    request.open("GET", name, false);
    request.send();
    found += request.responseText;
  }} catch (error) {{ }}
for (const go of [
  () => fetch(at), () => window.open(at), () => alert(1), () => navigator.sendBeacon(at),
  () => new WebSocket("ws://127.0.0.1:{port}"),
  () => document.body.append(Object.assign(document.createElement("iframe"), {{ src: at }})),
]) try {{ go() }} catch (error) {{ }}
document.body.style.background = /not for|root:/.test(found) ? "#f00" : "linear-gradient(90deg, #00f 50%, #008000 50%)";
</script><div style="height:720px"></div>"""


def test_a_hostile_page_reaches_nothing(easel: Easel, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("not for pages")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        page = HOSTILE.format(canary=canary, port=listener.getsockname()[1])
        assert (
            run(easel, package({"index.html": page, "../../canary": "up", "/canary": "top"}), 1)[0].plain
            is False
        )
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert pictures(easel)[-1].getpixel((200, 300)) == BLUE


REFUSED = {
    "no page": ("html_package_invalid", package({"about.txt": "index.html"})),
    "no archive": ("html_package_invalid", b"PK\x03\x04 index.html"),
    "many": ("html_package_too_large", package({"index.html": "", **{str(n): "" for n in range(2001)}})),
    "bomb": ("html_package_too_large", package({"index.html": PAGE, "js/run.js": " " * 60_000_000})),
    "away": (
        "html_package_invalid",
        package({"index.html": "<script>location = 'http://127.0.0.1/'</script>"}),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(easel: Easel, name: str) -> None:
    code, data = REFUSED[name]
    with pytest.raises(MediaFailure) as failure:
        run(easel, data, 1)
    assert failure.value.code == code, failure.value


def test_other_archives_stay_what_they_are() -> None:
    for names in (["lesson.mp4"], ["word/document.xml", "word/index.html"]):
        data = package(dict.fromkeys(names, "x"))
        with pytest.raises(MediaFailure):
            kind_of(data[:4096], data[-4096:])
