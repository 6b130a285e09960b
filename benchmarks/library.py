"""Pages of the library in Chromium as a phone loads them, from an empty cache: bytes over the wire before the player,
and when the largest picture stands there (Largest Contentful Paint, by the browser's own PerformanceObserver).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks import clips
from benchmarks.chromium import launch
from benchmarks.figure import Figure
from benchmarks.stack import MeasuredStack, measured_stack

ROUNDS = 7
SECONDS = 1.2
BYTES = 150_000
LINES = 600
"""Of the transcript: an hour of speech."""

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "locale": "zh-CN",
}
WATCH = """window.painted = [];
new PerformanceObserver((list) => {
  const found = list.getEntries().map(({ startTime, element }) => ({ at: startTime, what: element?.tagName ?? "" }));
  window.painted.push(...found);
}).observe({ type: "largest-contentful-paint", buffered: true });"""


def measure(folder: Path) -> Sequence[Figure]:
    """Each time in a fresh profile; the first round fills the caches of the server and has the pictures made."""
    with measured_stack(folder) as stack, sync_playwright() as playwright:
        home, lesson = _library(stack, folder)
        browser = launch(playwright)
        figures: list[Figure] = []
        for name, address in (("lesson", lesson), ("home", home)):
            for _ in range(2):
                _load(browser, address)
            loads = [_load(browser, address) for _ in range(ROUNDS)]
            paints, sizes, kinds = ([load[at] for load in loads] for at in range(3))
            note = f"{kinds[-1]}, at worst {max(paints):.2f} s"
            figures += [
                Figure(f"{name} page, largest paint", median(paints), SECONDS, "s", 1, note=note),
                Figure(f"{name} page, before the player", median(sizes), BYTES, "B", 1),
            ]
        browser.close()
    return figures


def _library(stack: MeasuredStack, folder: Path) -> tuple[str, str]:
    """A lesson with an hour of transcript in a library that is shown; addresses of the first page and of the lesson."""
    asset_id = stack.upload(clips.lesson(folder), "社区教育概论 第一课")
    asset = stack.wait_ready(asset_id)
    cues = "\n\n".join(
        f"{_stamp(6 * at)} --> {_stamp(6 * at + 5)}\n第 {at} 句：社区教育面向全体居民，终身学习人人可为。"
        for at in range(LINES)
    )
    stack.request("PUT", f"/v1/assets/{asset_id}/tracks/captions/zh", body=f"WEBVTT\n\n{cues}\n".encode())
    about = {"description": "社区教育是终身学习的基础。" * 20, "tags": ["社区教育"], "language": "zh"}
    stack.request("PATCH", f"/v1/assets/{asset_id}", json=about)
    owner = asset["organization_id"]
    stack.request("PATCH", f"/v1/organizations/{owner}", json={"library": True})
    home = f"{stack.url}/library/{owner}"
    return home, f"{home}/lessons/{asset_id}"


def _load(browser: Browser, address: str) -> tuple[float, float, str]:
    """Seconds until the largest paint, bytes of all answers with their headers, and what was painted."""
    context = browser.new_context(**PHONE)
    page = context.new_page()
    sizes: list[float] = []
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    painted = page.evaluate("window.painted")
    context.close()
    return painted[-1]["at"] / 1000, sum(sizes), painted[-1]["what"]


def _stamp(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000"
