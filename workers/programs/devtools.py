"""A headless browser behind its debugging pipe (chromedevtools.github.io/devtools-protocol): started, spoken to, and
given files. Runs in the sandbox, with the standard library alone.

The browser has no network. Every request of a page comes through the pipe and is answered by a function, or fails.
"""

from __future__ import annotations

import base64
import json
import os
import select
import time
from collections.abc import Callable
from typing import Any, NamedTuple

ORIGIN = "http://movie.invalid"
"""Where pages stand: a name that does not exist (RFC 6761, section 6.4)."""

PATIENCE = 300.0
"""Seconds without a word after which the browser is taken for stuck."""

MOST_MESSAGE_BYTES = 256 * 1024 * 1024

_ENVIRONMENT = {"HOME": "/tmp", "LANG": "C.UTF-8", "TZ": "UTC"}  # noqa: S108  (the sandbox's own)
_OPTIONS = (
    "--headless",
    "--remote-debugging-pipe",
    # The sandbox around this is ours; there is no network in it, no device and no bus.
    *("--no-sandbox", "--no-zygote", "--disable-gpu", "--disable-dev-shm-usage", "--disable-breakpad"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"),
    *("--disable-extensions", "--disable-crash-reporter", "--disable-quic", "--mute-audio"),
    # One process for all pages, and the same picture on every machine.
    *("--disable-site-isolation-trials", "--renderer-process-limit=1", "--disable-features=IsolateOrigins"),
    *("--force-color-profile=srgb", "--force-device-scale-factor=1", "--hide-scrollbars"),
    *("--disable-lcd-text", "--font-render-hinting=none", "--disable-partial-raster"),
    "--user-data-dir=/tmp/profile",
    "about:blank",
)


class BrowserFailed(Exception):
    """The browser or its page ended, or says nothing any more, or too much: whatever it draws is too much for it."""


class PageFailed(Exception):
    """What was asked of the page raised an error, or another page is there."""


class Answer(NamedTuple):
    """What a request gets."""

    content_type: str
    body: bytes


Answers = Callable[[str], Answer | None]
"""Takes a path below ``ORIGIN``, percent-encoded, with its query; None refuses it."""


class Browser:
    """One browser with one page."""

    def __init__(self, program: str, answers: Answers) -> None:
        to_read, self._out = os.pipe()
        self._in, to_write = os.pipe()
        # Far away from 3 and 4, the numbers that they get in the browser: one must not be put over the other.
        kept = [os.dup2(number, number + 20, inheritable=False) for number in (to_read, to_write)]
        actions = [(os.POSIX_SPAWN_DUP2, kept[0], 3), (os.POSIX_SPAWN_DUP2, kept[1], 4)]
        os.posix_spawn(program, [program, *_OPTIONS], _ENVIRONMENT, file_actions=actions)
        for number in (to_read, to_write, *kept):
            os.close(number)
        self.asked = 0
        self._answers = answers
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        # Windows and workers that a page opens wait for a debugger that never comes.
        self.call("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=True, flatten=True)
        self.call("Page.enable")
        self.call("Runtime.enable")
        self.call("Fetch.enable", patterns=[{"urlPattern": "*"}])

    def open(self, path: str, size: tuple[int, int], background: int | None, *scripts: str) -> None:
        """Open a page on a ground of this colour (0xRRGGBB), or with nothing behind it; ``scripts`` run before anything
        of its own."""
        self.resize(*size)
        colour = background or 0
        ground = {
            "r": colour >> 16,
            "g": colour >> 8 & 255,
            "b": colour & 255,
            "a": int(background is not None),
        }
        self.call("Emulation.setDefaultBackgroundColorOverride", color=ground)
        for script in scripts:
            self.call("Page.addScriptToEvaluateOnNewDocument", source=script)
        self.call("Page.navigate", url=f"{ORIGIN}{path}")

    def resize(self, width: int, height: int) -> None:
        """Give the page another size, in pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def evaluate(self, expression: str) -> Any:
        """Return what an expression, or its promise, comes to. Raises ``PageFailed``."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageFailed(
                str(details.get("exception", {}).get("description") or details.get("text"))[:500]
            )
        return answer["result"].get("value")

    def picture(self) -> bytes:
        """Return what is seen of the page, as a PNG."""
        shot = self.call(
            "Page.captureScreenshot", format="png", optimizeForSpeed=True, captureBeyondViewport=False
        )
        return base64.b64decode(shot["data"])

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Ask for something, and answer the page's requests meanwhile. Raises ``PageFailed`` and ``BrowserFailed``."""
        number = self._send(method, parameters)
        while True:
            message = self._receive()
            if message.get("id") == number:
                if "error" in message:
                    raise PageFailed(f"{method}: {message['error'].get('message')}"[:500])
                result: dict[str, Any] = message["result"]
                return result
            self._notice(message)

    def _notice(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        match event.get("method"):
            case "Fetch.requestPaused":
                self._fulfil(parameters["requestId"], str(parameters["request"]["url"]))
            case "Page.javascriptDialogOpening":
                self._send("Page.handleJavaScriptDialog", {"accept": False})
            case "Inspector.targetCrashed":
                raise BrowserFailed("the page crashed")

    def _fulfil(self, request: str, url: str) -> None:
        self.asked += 1
        answer = self._answers(url.removeprefix(ORIGIN)) if url.startswith(f"{ORIGIN}/") else None
        if answer is None:
            self._send("Fetch.failRequest", {"requestId": request, "errorReason": "BlockedByClient"})
            return
        headers = [{"name": "Content-Type", "value": answer.content_type}]
        body = base64.b64encode(answer.body).decode()
        self._send(
            "Fetch.fulfillRequest",
            {"requestId": request, "responseCode": 200, "responseHeaders": headers, "body": body},
        )

    def _send(self, method: str, parameters: dict[str, Any]) -> int:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        data = memoryview(json.dumps(message).encode() + b"\0")
        while data:
            data = data[os.write(self._out, data) :]
        return self._number

    def _receive(self) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        pieces = [self._buffer]
        while b"\0" not in pieces[-1]:
            ready, _, _ = select.select([self._in], [], [], max(0.0, end - time.monotonic()))
            data = os.read(self._in, 1024 * 1024) if ready else b""
            if not data:
                raise BrowserFailed("it ended" if ready else "it says nothing any more")
            pieces.append(data)
            if sum(map(len, pieces)) > MOST_MESSAGE_BYTES:
                raise BrowserFailed("it says too much")
        message, _, self._buffer = b"".join(pieces).partition(b"\0")
        parsed = json.loads(message)
        return parsed if isinstance(parsed, dict) else {}
