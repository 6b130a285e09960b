"""Draws what only a browser draws, in the sandbox, frame by frame on a clock that is turned by hand.

``main(KIND, PLAN)`` runs in a sandbox in which ``/in`` holds ``source`` and the libraries. PLAN is a JSON object:
``browser`` (a path), ``width``, ``height``, ``background`` (0xRRGGBB, null for nothing behind the page), ``frames``,
``step`` (of so many frames one is drawn) and ``delay`` (seconds of each picture as two whole numbers). Writes
``OUTPUT``, an animated PNG, and prints a JSON object: whether there is anything to be seen, or ``{"refused": CODE}``.
The movie is a stranger's and so is, from the moment that it runs, the browser: both have nothing but this sandbox.
"""

from __future__ import annotations

import base64
import json
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from workers.programs import draw_lottie
from workers.programs.apng import Apng, plain_colour
from workers.programs.devtools import Answer, Browser, BrowserFailed, PageFailed
from workers.programs.html_package import BadPackage, Package

OUTPUT: Final = "drawn.png"
SOUND: Final = "drawn.pcm"
SAMPLE_RATE: Final = 44_100
"""Of the sound that is heard: 16 bits, left and right."""

MOST_BYTES: Final = 1000 * 1024 * 1024
"""Of what is written. A little less than what the worker takes of an output."""

INPUTS: Final = Path("/in")
PAGES: Final = Path(__file__).with_name("pages")

_PAGE: Final = b"<!doctype html><meta charset=utf-8><style>html,body{margin:0;overflow:hidden}</style><body>"

Plan = dict[str, Any]


class Refused(Exception):
    """The code says why (``configs.failures``)."""


def main(kind: str, plan: str) -> None:
    """Draw, and print what came of it."""
    try:
        print(json.dumps(DRAWERS[kind](json.loads(plan))))
    except (Refused, BadPackage, draw_lottie.Refused) as error:
        print(json.dumps({"refused": str(error)}))
    except BrowserFailed:
        print(json.dumps({"refused": "animation_too_complex"}))
    except PageFailed as error:
        print(json.dumps({"failed": str(error)}))


def lottie(plan: Plan) -> dict[str, Any]:
    """Draw a Lottie animation by lottie-web."""
    document = json.dumps(draw_lottie.read(INPUTS / "source")[0]).encode()
    answers = {
        "/page": Answer(
            "text/html", _PAGE + b"<script src=/lottie.js></script><script src=/stage.js></script>"
        ),
        "/lottie.js": Answer("text/javascript", (INPUTS / "lottie.js").read_bytes()),
        "/stage.js": Answer("text/javascript", (PAGES / "lottie.js").read_bytes()),
        "/movie": Answer("application/json", document),
    }
    browser = opened(plan, answers.get)
    browser.evaluate("stage.ready()")

    def pictures() -> Iterator[bytes]:
        for number in range(plan["frames"]):
            browser.evaluate(f"stage.show({number * plan['step']})")
            yield browser.picture()

    return written(pictures(), plan)


def flash(plan: Plan) -> dict[str, Any]:
    """Play a Flash movie by Ruffle. Returns besides what was ``heard``, how many pictures are to be ``kept``, and
    whether Ruffle is ``broken`` by what comes next."""
    (rate, over), width, height = plan["rate"], plan["width"], plan["height"]
    browser = opened(plan, _flash_answers)
    frame = SAMPLE_RATE * over // rate
    delay = frame + RUFFLE_DELAY
    browser.evaluate(f"stage.ready({width}, {height}, {delay})")
    heard_at = -1
    broken = False

    with Path(SOUND).open("wb") as sound:

        def hear(piece: str) -> bool:
            data = base64.b64decode(piece)
            sound.write(data)
            return any(data)

        def pictures() -> Iterator[bytes]:
            nonlocal heard_at, broken
            for number in range(1, plan["frames"] + 1):
                # A little later than the frame is due, for sums of its length are not exact.
                moment = 1000 * number * over / rate + 0.5
                sample = SAMPLE_RATE * number * over // rate
                wanted = json.dumps((number - 1) % plan["step"] == 0)
                turned = browser.evaluate(f"stage.turn({moment}, {sample}, {wanted})")
                if turned is None:
                    broken = True
                    return
                picture, piece = turned
                if hear(piece):
                    heard_at = number // plan["step"]
                if picture:
                    yield base64.b64decode(picture)

        result = written(pictures(), plan)
        if broken and result["plain"]:
            raise Refused("flash_not_supported")
        end = SAMPLE_RATE * plan["frames"] * over // rate
        if not broken and hear(browser.evaluate(f"stage.sound({end + delay})")):
            heard_at = result["pictures"]
    kept = result["pictures"]
    if plan["rest"] is not None:
        kept = min(kept, max(result["moved"], heard_at) + 1 + plan["rest"])
    return result | {"heard": heard_at >= 0, "kept": kept, "broken": broken}


def html(plan: Plan) -> dict[str, Any]:
    """Run the page of an HTML5 package, in the size of what it draws on."""
    package = Package(INPUTS / "source")
    browser = Browser(plan["browser"], package.answer)
    (rate, over), clock = plan["rate"], (PAGES / "clock.js").read_text(encoding="utf-8")
    browser.open(package.page, PAGE_SIZE, plan["background"], clock)
    browser.evaluate(_LOADED)
    browser.resize(*_stage_size(browser.evaluate(_STAGE)))

    def pictures() -> Iterator[bytes]:
        before, still, asked = b"", 0, browser.asked
        for number in range(1, plan["frames"] + 1):
            browser.evaluate(f"turnedClock.turn({1000 * number * over / rate})")
            if browser.asked != asked:
                browser.evaluate(f"turnedClock.breathe({LOADING_MILLISECONDS})")
                asked = browser.asked
            picture = browser.picture()
            still = still + 1 if picture == before else 0
            before = picture
            yield picture
            if still > STILL * plan["rest"]:
                return

    result = written(pictures(), plan)
    kept = min(result["pictures"], result["moved"] + 1 + plan["rest"])
    return result | {"kept": kept, "has_sound": package.has_sound}


PAGE_SIZE: Final = (1280, 720)
LOADING_MILLISECONDS: Final = 100
STILL: Final = 5
"""So many rests without any movement are taken for the end."""

_LOADED: Final = """new Promise(done => document.readyState === "complete" ? done() : addEventListener("load", done))
    .then(() => document.fonts.ready).then(() => turnedClock.breathe(300))"""
_STAGE: Final = """(() => {
    const drawn = [...document.querySelectorAll("canvas, svg, #animation_container, [data-stage]")]
        .map(element => element.getBoundingClientRect()).filter(box => box.width >= 64 && box.height >= 64);
    drawn.sort((one, other) => other.width * other.height - one.width * one.height);
    return drawn.length ? [drawn[0].right, drawn[0].bottom] : null;
})()"""


def _stage_size(found: Any) -> tuple[int, int]:
    """Return the size of a page whose stage ends at ``found``, which the page says itself."""
    if not isinstance(found, list) or not all(draw_lottie.is_number(value) for value in found):
        return PAGE_SIZE
    width, height = (min(max(64, 2 * round(value / 2)), 1920) for value in found)
    return width, height


RUFFLE_DELAY: Final = 3072
"""Samples by which what is heard comes late: Ruffle mixes 2048 ahead, and begins anew every 2048."""


def _flash_answers(path: str) -> Answer | None:
    match path:
        case "/page":
            return Answer(
                "text/html", _PAGE + b"<script src=/stage.js></script><script src=/ruffle/ruffle.js></script>"
            )
        case "/stage.js":
            return Answer("text/javascript", (PAGES / "flash.js").read_bytes())
        case "/movie.swf":
            return Answer("application/x-shockwave-flash", (INPUTS / "source").read_bytes())
    name = path.removeprefix("/ruffle/")
    if "/" in name or not name.endswith((".js", ".wasm")):
        return None
    file, packed = INPUTS / "ruffle" / name, INPUTS / "ruffle" / f"{name}.xz"
    if packed.is_file():
        return Answer("application/wasm", lzma.decompress(packed.read_bytes()))
    return Answer("text/javascript", file.read_bytes()) if file.is_file() else None


def opened(plan: Plan, answers: Callable[[str], Answer | None]) -> Browser:
    """Return a browser whose page has been loaded."""
    browser = Browser(plan["browser"], answers)
    clock = (PAGES / "clock.js").read_text(encoding="utf-8")
    browser.open("/page", (plan["width"], plan["height"]), plan["background"], clock)
    browser.evaluate(
        "new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', () => done()))"
    )
    return browser


def written(pictures: Iterator[bytes], plan: Plan) -> dict[str, Any]:
    """Write all pictures; returns whether each is of one colour, whether that is always the background's, or none at
    all, how many there are, and which was the last to be another than the one before."""
    plain = empty = True
    background = bytes(4) if plan["background"] is None else plan["background"].to_bytes(3, "big")
    before, moved = b"", 0
    with Path(OUTPUT).open("wb") as file:
        drawing = Apng(file, tuple(plan["delay"]))
        for picture in pictures:
            if plain and picture != before:
                colour = plain_colour(picture)
                plain, empty = colour is not None, empty and colour == background
            if picture != before:
                moved = drawing.count
            before = picture
            drawing.add(picture)
            if file.tell() > MOST_BYTES:
                raise Refused("animation_too_complex")
        drawing.end()
    return {"empty": plain and empty, "plain": plain, "pictures": drawing.count, "moved": moved}


DRAWERS: Final[dict[str, Callable[[Plan], dict[str, Any]]]] = {"lottie": lottie, "flash": flash, "html": html}
