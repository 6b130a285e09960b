"""Studio in the browser, for those who test its pages."""

from __future__ import annotations

import hashlib
import random
import subprocess
from pathlib import Path

from playwright.sync_api import CDPSession, Locator, Page, expect
from support import LESSONSTREAM, RunningStack


def enter(
    page: Page, stack: RunningStack, path: str = "/studio", *, url: str | None = None, key: str = ""
) -> None:
    """Sign in by the key of the stack, unless ``key`` is another one, and go to a page."""
    site = url or stack.url
    # What the sign-in page would send, without loading it: it has tests of its own.
    answer = page.context.request.post(
        f"{site}/studio/sign-in",
        form={"api_key": key or stack.api_key},
        headers={"Origin": site, "Sec-Fetch-Site": "same-origin"},
        max_redirects=0,
    )
    assert answer.status == 303, answer.text()
    page.goto(site + path)
    expect(page.locator("main h1")).to_be_visible()


def studio_link(stack: RunningStack, *arguments: str) -> str:
    """A link that signs in, as the command line makes it."""
    command = [*LESSONSTREAM, "studio-link", "--data", str(stack.data), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def row(page: Page, name: str) -> Locator:
    """The row of a file, among those that are on their way."""
    return page.locator(".uploads .row", has_text=name)


def slow_down(page: Page, bytes_per_second: int) -> CDPSession:
    """Let no more leave the page's browser."""
    session = page.context.new_cdp_session(page)
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 5,
            "downloadThroughput": -1,
            "uploadThroughput": bytes_per_second,
        },
    )
    return session


def some_file(path: Path, size: int, seed: int = 0) -> str:
    """Write bytes that mean nothing, and return their SHA-256."""
    content = random.Random(seed).randbytes(size)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()
