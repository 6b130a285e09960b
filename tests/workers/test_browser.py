"""What a browser draws in the sandbox, frame by frame; and that what it draws gets nowhere."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
from pathlib import Path
from typing import Any

import animations as make
import pytest
from browser_pictures import easel, pictures
from rehearsal import ENVIRONMENT

from configs.settings import load_settings
from workers import browser, rlottie
from workers.browser import Easel
from workers.ffmpeg import ToolMissing
from workers.plan.failure import MediaFailure
from workers.plan.source.lottie import Drawing
from workers.programs.draw_page import OUTPUT
from workers.rlottie import Drawn
from workers.sandbox import choose

__all__ = ["easel"]

SIDE = 100
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def draw(easel: Easel, document: dict[str, Any], frames: int = 2) -> Drawn:
    source = make.write_lottie(easel.folder.with_name("source"), document)
    return browser.draw_lottie(easel, source, Drawing(SIDE, SIDE, frames, 1, (1, 25)))


def test_text_is_drawn_and_twice_the_same(easel: Easel) -> None:
    document = make.composition([make.text_layer("课", 30)], fonts=make.FONTS)
    assert draw(easel, document, frames=3) == Drawn(transparent=False, plain=False)
    first = (easel.folder / OUTPUT).read_bytes()
    colours = {colour for _, colour in pictures(easel)[0].getcolors(SIDE * SIDE) or []}
    assert {RED, WHITE} <= colours
    draw(easel, document, frames=3)
    assert (easel.folder / OUTPUT).read_bytes() == first
    assert len(first) < 1.5 * max(map(len, first.split(b"fcTL")))  # what stands still is written once


def test_effects_and_expressions_are_drawn_with_nothing_behind_them(easel: Easel) -> None:
    layer = make.coloured(make.rectangle(make.RED, 0, 0, 30, opacity=50), make.BLUE)
    document = make.composition([make.moved(layer, "[time > 0.05 ? 50 : 0, 0]")], fr=25)
    assert draw(easel, document, frames=3) == Drawn(transparent=False, plain=False)
    seen = [(picture.getpixel((25, 50)), picture.getpixel((75, 50))) for picture in pictures(easel)]
    mixed = (127, 127, 255)
    assert seen == [(mixed, WHITE), (mixed, WHITE), (WHITE, mixed)]


def test_colours_of_old_animations_go_up_to_255(easel: Easel) -> None:
    layer = make.rectangle((255 * 128, 255 * 7, 255 * 6), 0, 0, 30)
    draw(easel, make.composition([layer], v="3.1.6"))
    assert pictures(easel)[0].getpixel((25, 50)) == (128, 7, 6)


def test_a_shadow_goes_beyond_what_casts_it(easel: Easel) -> None:
    """A soft blue shadow, 20 units below a rectangle that ends in the middle."""
    layer = make.rectangle(make.RED, 0, 0, 30)
    layer["shapes"][0]["it"][0]["p"] = {"a": 0, "k": [50, 25]}
    values = [(2, [0, 0, 1, 1]), (0, 255), (0, 180), (0, 20), (0, 0), (7, 0)]
    parts = [{"ty": kind, "v": {"a": 0, "k": value}} for kind, value in values]
    layer["ef"] = [{"ty": 25, "nm": "Shadow", "en": 1, "ef": parts}]
    layer["shapes"][0]["it"][0]["s"] = {"a": 0, "k": [50, 50]}
    draw(easel, make.composition([layer]))
    seen = pictures(easel)[0]
    assert [seen.getpixel((50, y)) for y in (25, 60, 80)] == [RED, BLUE, WHITE]


def test_nothing_to_be_seen_is_told(easel: Easel) -> None:
    document = make.composition([make.text_layer(" ", 30)], fonts=make.FONTS)
    assert draw(easel, document) == Drawn(transparent=True, plain=True)
    wide = make.coloured(make.rectangle(make.RED, 0, 0, 30), make.BLUE)
    wide["ks"] = {**wide["ks"], "s": {"a": 0, "k": [300, 100, 100]}}
    assert draw(easel, make.composition([wide])) == Drawn(transparent=False, plain=True)


HOSTILE = """(() => {{
  const at = "127.0.0.1:{port}";
  const secret = name => {{
    try {{
      const request = new XMLHttpRequest();
      request.open("GET", name, false);
      request.send();
      return request.responseText;
    }} catch (error) {{ return "" }}
  }};
  const made = (name, values) => document.body.append(Object.assign(document.createElement(name), values));
  const found = ["file://{canary}", "file:///etc/passwd", `http://${{at}}/`, "/in/source", "/../canary"];
  for (const go of [
    () => fetch(`http://${{at}}/fetched`),
    () => new WebSocket(`ws://${{at}}/`),
    () => new EventSource(`http://${{at}}/events`),
    () => navigator.sendBeacon(`http://${{at}}/beacon`, "x"),
    () => new RTCPeerConnection({{ iceServers: [{{ urls: `stun:${{at}}` }}] }}).createDataChannel("x"),
    () => new Worker(URL.createObjectURL(new Blob([`fetch("http://${{at}}/worker")`]))),
    () => navigator.serviceWorker.register(`http://${{at}}/worker.js`),
    () => window.open(`http://${{at}}/window`),
    () => made("img", {{ src: `http://${{at}}/image` }}),
    () => made("iframe", {{ src: `http://${{at}}/frame` }}),
    () => made("object", {{ data: `http://${{at}}/object` }}),
    () => made("link", {{ rel: "prefetch", href: `http://${{at}}/link` }}),
    () => made("style", {{ textContent: `@import "http://${{at}}/style"` }}),
    () => alert("wait"),
  ]) try {{ go() }} catch (error) {{ }}
  return found.map(secret).join("").includes("not for movies") ? [50, 0] : [0, 0];
}})()"""


def test_a_hostile_movie_reaches_nothing(easel: Easel, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("not for movies")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        script = HOSTILE.format(canary=canary, port=listener.getsockname()[1])
        layer = make.moved(make.coloured(make.rectangle(make.RED, 0, 0, 30), make.BLUE), script)
        draw(easel, make.composition([layer]), frames=5)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert pictures(easel)[-1].getpixel((25, 50)) == BLUE, "it read what it must not"
    assert sorted(path.name for path in easel.folder.iterdir()) == [OUTPUT]


@pytest.mark.parametrize(
    "script",
    [
        "(() => { for (;;); })()",
        "(() => { const all = []; for (;;) all.push(new Uint8Array(64e6).fill(1)); })()",
        "(() => { location = 'http://127.0.0.1/'; return [0, 0] })()",
        "(() => { history.back(); document.write('gone'); return [0, 0] })()",
    ],
    ids=["endless", "greedy", "leaving", "gone"],
)
def test_a_hostile_movie_ends(easel: Easel, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "DRAW_SECONDS", 6)
    layer = make.moved(make.rectangle(make.RED, 0, 0, 30), script)
    try:
        draw(easel, make.composition([layer]), frames=5)
    except MediaFailure as failure:
        assert failure.code in ("animation_too_complex", "lottie_invalid"), failure
    else:
        assert "for (;;);" not in script


def test_lottie_names_what_only_a_browser_draws(tmp_path: Path) -> None:
    document = make.composition([make.text_layer("x", 30)], fonts=make.FONTS)
    found = rlottie.look(
        make.write_lottie(tmp_path / "source", document), choose("auto"), tmp_path, lambda: False
    )
    assert found.wants_browser
    assert found.missing_in_browser == ()
    styled = {**make.coloured(make.rectangle(make.RED, 0, 0, 30), make.BLUE), "sy": [{"ty": 1}]}
    found = rlottie.look(
        make.write_lottie(tmp_path / "source", make.composition([styled])),
        choose("auto"),
        tmp_path,
        lambda: False,
    )
    assert found.missing_in_browser == ("lottie_effects_left_out",)


def test_a_browser_is_found(tmp_path: Path) -> None:
    means = choose("bubblewrap")
    missing = load_settings({**ENVIRONMENT, "CHROMIUM": str(tmp_path / "nothing")})
    with pytest.raises(ToolMissing, match=r"CHROMIUM=.*install chromium"):
        browser.find_browser(missing, means)
    script = tmp_path / "wrapped"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    with pytest.raises(ToolMissing, match="is a script"):
        browser.find_browser(load_settings({**ENVIRONMENT, "CHROMIUM": str(script)}), means)
    shutil.copy("/bin/true", tmp_path / "browser")
    named = load_settings({**ENVIRONMENT, "CHROMIUM": str(tmp_path / "browser")})
    assert browser.find_browser(named, means) == (tmp_path / "browser").resolve()
    with pytest.raises(ToolMissing, match="bubblewrap could"):
        browser.find_browser(named, choose("landlock"))


def test_vendored_libraries_are_those_of_the_manifest() -> None:
    manifest = json.loads((browser.VENDOR / "vendor.json").read_text(encoding="utf-8"))
    found = {
        path.relative_to(browser.VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in browser.VENDOR.rglob("*")
        if path.is_file() and path.name != "vendor.json"
    }
    assert found == manifest["files"]
