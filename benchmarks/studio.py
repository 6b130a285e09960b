"""Studio in Chromium: its first page from an empty cache (bytes over the wire, and when files can be chosen), and what
three hundred files cost that are chosen at once.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.chromium import launch
from benchmarks.figure import Figure
from benchmarks.stack import measured_stack

ROUNDS = 5
SCRIPT_BYTES = 100_000
PAGE_BYTES = 200_000
SECONDS = 1.0
FILES = 300
MEMORY = 20_000_000
FIRST_ROWS = """() => {
  const field = document.querySelector("#choose-folder");
  let begun = 0;
  field.addEventListener("change", () => { begun = performance.now(); }, { capture: true });
  window.usable = new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector(".uploads .row")) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve((performance.now() - begun) / 1000)));
    }).observe(document.body, { childList: true, subtree: true });
  });
}"""
WATCH = """window.usable = new Promise((resolve) => {
  new MutationObserver((_, observer) => {
    if (!document.querySelector(".drop-zone .button-main")) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() / 1000)));
  }).observe(document, { childList: true, subtree: true });
});"""


@dataclass
class Load:
    """One load of the page: bytes of answers with their headers, as they came; ``seconds`` until it can be used."""

    seconds: float = 0.0
    sizes: dict[str, float] = field(default_factory=dict)
    scripts: set[str] = field(default_factory=set)

    @property
    def of_scripts(self) -> float:
        """Bytes of scripts alone."""
        return sum(self.sizes.get(name, 0) for name in self.scripts)


def measure(folder: Path) -> Sequence[Figure]:
    """Each time in a fresh profile that is signed in; the first round fills the caches of the server."""
    with measured_stack(folder) as stack, sync_playwright() as playwright:
        browser = launch(playwright)
        signed_in = browser.new_context()
        page = signed_in.new_page()
        page.goto(f"{stack.url}/studio/sign-in?key")
        page.locator("input[type=password]").fill(stack.api_key)
        page.locator("main form button").click()
        page.locator(".drop-zone").wait_for()
        state = signed_in.storage_state()
        signed_in.close()
        many = _many(browser, f"{stack.url}/studio", state, folder / "course")
        loads = [_load(browser, f"{stack.url}/studio", state) for _ in range(ROUNDS + 1)][1:]
        browser.close()
    return [
        Figure("first page, scripts", median(load.of_scripts for load in loads), SCRIPT_BYTES, "B", 1),
        Figure("first page, all", median(sum(load.sizes.values()) for load in loads), PAGE_BYTES, "B", 1),
        Figure("first page, usable", median(load.seconds for load in loads), SECONDS, "s", 1),
        *many,
    ]


def _many(browser: Browser, address: str, state: Any, folder: Path) -> list[Figure]:
    """Files in folders within folders, too small to be lessons: sending them is what costs."""
    for number in range(FILES):
        path = folder / f"unit {number // 60}" / f"week {number // 10}" / f"lesson {number}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.Random(number).randbytes(2000))
    context = browser.new_context(storage_state=state)
    page = context.new_page()
    page.goto(address)
    page.locator(".drop-zone .button-main").wait_for()
    before = _heap(page)
    page.evaluate(FIRST_ROWS)
    page.set_input_files("#choose-folder", folder)
    usable = float(page.evaluate("window.usable"))
    added = _heap(page)
    begun = time.monotonic()
    page.get_by_text(f"{FILES} of {FILES} uploaded").first.wait_for(timeout=600_000)
    seconds = time.monotonic() - begun
    sent = _heap(page)
    context.close()
    return [
        Figure(f"{FILES} files, usable", usable, SECONDS, "s", 1),
        Figure(
            f"{FILES} files, memory when added", added - before, MEMORY, "B", 1, note=f"from {before:,.0f} B"
        ),
        Figure(
            f"{FILES} files, memory when sent", sent - before, MEMORY, "B", 1, note=f"sent in {seconds:.0f} s"
        ),
    ]


def _heap(page: Page) -> float:
    """Bytes of scripts' values, after what nobody needs was collected."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return float(next(each["value"] for each in metrics if each["name"] == "JSHeapUsedSize"))


def _load(browser: Browser, address: str, state: Any) -> Load:
    context = browser.new_context(storage_state=state)
    page = context.new_page()
    load = _listen(page)
    page.add_init_script(WATCH)
    page.goto(address)
    load.seconds = float(page.evaluate("window.usable"))
    page.wait_for_load_state("networkidle")
    context.close()
    return load


def _listen(page: Page) -> Load:
    load = Load()
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")

    def begun(event: dict[str, Any]) -> None:
        if event.get("type") == "Script" or event["request"]["url"].endswith(".js"):
            load.scripts.add(event["requestId"])

    def ended(event: dict[str, Any]) -> None:
        load.sizes[event["requestId"]] = event["encodedDataLength"]

    network.on("Network.requestWillBeSent", begun)
    network.on("Network.loadingFinished", ended)
    return load
