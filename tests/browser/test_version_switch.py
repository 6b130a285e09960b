"""A lesson's file is replaced, and taken back, while people watch: each player ends with what it began with."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from npm import npm_file
from partner_site import Partner, partner
from player_site import ffmpeg
from playwright.sync_api import BrowserContext, Page, Response
from support import RunningStack
from watching import TIME, wait_for

__all__ = ["partner"]

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SECONDS = 110
LATE = 85
"""A place that no player has loaded yet when it is jumped to: they load a minute ahead at most."""

COLOUR = """() => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 8;
  const context = canvas.getContext("2d");
  context.drawImage(document.querySelector("video"), 0, 0, 8, 8);
  const [red, , blue] = context.getImageData(4, 4, 1, 1).data;
  return red > blue ? "red" : "blue";
}"""

NATIVE = "(url) => { const video = document.querySelector('video'); video.src = url; return video.play(); }"
SHAKA = """async (url) => {
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  player.addEventListener("error", ({detail}) => { window.failed = String(detail.code); });
  player.configure("streaming.preferNativeHls", false);
  await player.attach(document.querySelector("video"));
  await player.load(url).catch(({code, data}) => { throw new Error(`Shaka's ${code}: ${JSON.stringify(data)}`); });
  await document.querySelector("video").play();
}"""


class Viewer:
    """Somebody who watches; what their player asks for is remembered."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.answers: list[Response] = []
        self.page.on("response", lambda answer: self.answers.append(answer))  # noqa: PLW0108  (Playwright marks it)

    def watch_page(self, address: str) -> Viewer:
        self.page.goto(f"{address}?autoplay=1&muted=1")
        wait_for(self.page, f"{TIME} > 1")
        return self

    def watch_elsewhere(
        self, partner: Partner, address: str, start: str, script: Path | None = None
    ) -> Viewer:
        partner.show(self.page, "<video muted playsinline crossorigin width=320></video>")
        if script:
            self.page.add_script_tag(path=script)
        self.page.evaluate(start, address)
        wait_for(self.page, f"{TIME} > 1")
        return self

    def colour(self) -> Any:
        return self.page.evaluate(COLOUR)

    def goes_on(self, version_id: str, colour: str, duration: float) -> None:
        """It plays on without a jump, and what it loads for a later place is of the same version."""
        before = self.page.evaluate(TIME)
        wait_for(self.page, f"{TIME} > {before} + 1")
        assert self.page.evaluate(TIME) < before + 30
        self.answers.clear()
        self.page.evaluate(f"document.querySelector('video').currentTime = {LATE}")
        wait_for(self.page, f"{TIME} > {LATE} + 1")
        assert self.colour() == colour
        assert self.page.evaluate("document.querySelector('video').duration") == pytest.approx(
            duration, abs=1
        )
        assert (
            self.page.evaluate("window.failed ?? document.querySelector('video').error?.message ?? ''") == ""
        )
        loaded = [each for each in self.answers if "/v/" in each.url]
        assert [each.url for each in loaded if each.status >= 400] == []
        segments = [each.url for each in loaded if ".mp4" in each.url]
        assert segments and all(f"/{version_id}/" in url for url in segments)


def _film(folder: Path, colour: str, seconds: int) -> Path:
    path = folder / f"{colour}.mp4"
    ffmpeg(
        "-f", "lavfi", "-i", f"color={colour}:s=426x240:r=10:d={seconds}",
        "-f", "lavfi", "-i", f"sine=330:d={seconds}",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "32k", path,
    )  # fmt: skip
    return path


def test_who_watches_notices_neither_a_switch_nor_its_taking_back(
    context: BrowserContext, partner: Partner, stack: RunningStack, tmp_path: Path
) -> None:
    asset_id = stack.upload(_film(tmp_path, "blue", SECONDS))
    asset = stack.wait(asset_id, "ready")
    first, playback = asset["version_id"], asset["playback_ids"][0]
    body = _film(tmp_path, "red", SECONDS - 10).read_bytes()
    added = stack.request("POST", f"/v1/assets/{asset_id}/versions?activate=manual&filename=b.mp4", body=body)
    second = json.loads(added.data)["id"]
    while stack.client.get(f"/v1/assets/{asset_id}/versions/{second}")["state"] != "ready":
        time.sleep(0.2)  # before anybody watches, lest they be at the end before it

    def activate(version_id: str) -> None:
        path = f"/v1/assets/{asset_id}/versions/{version_id}/activate"
        answer = stack.request("POST", path, json={})
        assert answer.status == 200, answer.data

    shaka = npm_file("shaka-player", "dist/shaka-player.compiled.js")
    manifest = playback["manifest_url"]

    def crowd() -> list[Viewer]:
        return [
            Viewer(context).watch_page(playback["embed_url"]),
            Viewer(context).watch_elsewhere(partner, manifest, NATIVE),
            Viewer(context).watch_elsewhere(partner, manifest, SHAKA, shaka),
        ]

    before = crowd()
    activate(second)
    context.pages[0].wait_for_timeout(1500)
    between = crowd()
    for viewer in before:
        viewer.goes_on(first, "blue", SECONDS)
    activate(first)
    context.pages[0].wait_for_timeout(1500)
    for viewer in between:
        viewer.goes_on(second, "red", SECONDS - 10)
    assert Viewer(context).watch_page(playback["embed_url"]).colour() == "blue"
    stack.forget(asset_id)
