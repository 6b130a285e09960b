"""Firefox, driven by its own protocol (Marionette), for Playwright drives none but its own build."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from storage.embedded.data_folder import free_port

PATIENCE = 60
PREFERENCES = {
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
}


class Firefox:
    """One window of a running Firefox."""

    def __init__(self, port: int) -> None:
        self._socket = _connected(port)
        self._stream = self._socket.makefile("rb")
        self._sent = 0
        self._receive()
        self._ask("WebDriver:NewSession", capabilities={})

    def open(self, url: str) -> None:
        """Goes to a page and waits until it is loaded."""
        self._ask("WebDriver:Navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript on the page."""
        return self._ask("WebDriver:ExecuteScript", script=f"return ({expression})", args=[])["value"]

    def click(self, selector: str) -> None:
        """Clicks what a CSS selector finds, once it can be clicked."""
        self.wait_for(f"document.querySelector({json.dumps(selector)})?.checkVisibility()")
        self._ask("WebDriver:ElementClick", id=self._find(selector))

    def type(self, selector: str, text: str) -> None:
        """Types into a field; into one for files, their paths, one a line."""
        self.wait_for(f"document.querySelector({json.dumps(selector)})")
        self._ask("WebDriver:ElementSendKeys", id=self._find(selector), text=text)

    def _find(self, selector: str) -> str:
        found = self._ask("WebDriver:FindElement", using="css selector", value=selector)["value"]
        return str(next(iter(found.values())))

    def wait_for(self, expression: str) -> None:
        """Waits until the expression is true."""
        deadline = time.monotonic() + PATIENCE
        while not self.evaluate(expression):
            assert time.monotonic() < deadline, expression
            time.sleep(0.1)

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()

    def _ask(self, command: str, **arguments: Any) -> Any:
        self._sent += 1
        message = json.dumps([0, self._sent, command, arguments]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._receive()
        assert error is None, error
        return result

    def _receive(self) -> Any:
        length = b""
        while (digit := self._stream.read(1)) != b":":
            assert digit, "Firefox has gone"
            length += digit
        return json.loads(self._stream.read(int(length)))


def _connected(port: int) -> socket.socket:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), PATIENCE)
        except OSError:
            assert time.monotonic() < deadline, "Firefox does not start"
            time.sleep(0.2)


@contextmanager
def running(profile: Path) -> Iterator[Firefox]:
    """Firefox without a screen, with a new profile in a folder."""
    port = free_port()
    preferences = {**PREFERENCES, "marionette.port": port}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()]
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
    command = ["firefox-esr", "--headless", "-marionette", "-no-remote", "-profile", str(profile)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        firefox = Firefox(port)
        yield firefox
        firefox.close()
    finally:
        process.terminate()
        process.wait(PATIENCE)
