"""A foreign learning record store: the server of ``ralph``, with its own packages (``requirements-lrs.lock``)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import urllib3
from support import PATIENCE

from storage.embedded.data_folder import free_port

PACKAGES: Final = Path(sys.prefix) / "build" / "lrs"
NAME: Final = "lessonstream"
PASSWORD: Final = "geheim-42"

_SERVER: Final = """
import sys, uvicorn
from ralph.backends.data.base import BaseOperationType
from ralph.backends.lrs.fs import FSLRSBackend
# Its store in a file, the only one without a server, takes but one request as it is: the second finds the file there.
FSLRSBackend.default_operation_type = BaseOperationType.APPEND
uvicorn.run("ralph.api:app", host="127.0.0.1", port=int(sys.argv[1]))
"""


@dataclass
class RecordStore:
    """A running one; ``folder`` holds what it keeps."""

    url: str
    folder: Path

    def statements(self) -> list[dict[str, Any]]:
        """All that it has got, as it gives them to whoever asks."""
        headers = urllib3.make_headers(basic_auth=f"{NAME}:{PASSWORD}") | {
            "X-Experience-API-Version": "1.0.3"
        }
        answer = urllib3.request("GET", f"{self.url}/statements?ascending=true", headers=headers, timeout=20)
        assert answer.status == 200, answer.data
        return list(json.loads(answer.data)["statements"])


def is_valid(statements: Sequence[dict[str, Any]], folder: Path) -> bool:
    """Whether ``ralph validate`` finds nothing wrong with any of them."""
    lines = "\n".join(map(json.dumps, statements))
    done = _ralph("validate", "--format", "xapi", "--fail-on-unknown", folder=folder, text=lines)
    passed = [json.loads(line)["id"] for line in done.stdout.splitlines()]
    return done.returncode == 0 and passed == [each["id"] for each in statements]


def _ralph(*arguments: str, folder: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(arguments), env=_environment(folder), input=text, text=True, capture_output=True, check=False
    )


@contextmanager
def record_store(folder: Path) -> Iterator[RecordStore]:
    """Lets one run."""
    assert (PACKAGES / "ready").exists(), "the record store is not installed: make .venv/ready-dev"
    (folder / "data").mkdir(parents=True)
    agent = ["--agent-name", NAME, "--agent-ifi-account", NAME, "https://lms.example"]
    made = _ralph("auth", "-u", NAME, "-p", PASSWORD, "-s", "all", *agent, "-w", folder=folder)
    assert made.returncode == 0, made.stderr
    port = free_port()
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", _SERVER, str(port)],
            env=_environment(folder),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            running = RecordStore(f"http://127.0.0.1:{port}/xAPI", folder)
            _await(running, server)
            yield running
        finally:
            server.terminate()
            server.wait()


def _await(running: RecordStore, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        assert server.poll() is None and time.monotonic() < deadline, (running.folder / "log").read_text()
        try:
            running.statements()
            return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.2)


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "ralph", *arguments]


def _environment(folder: Path) -> dict[str, str]:
    own = {
        "RALPH_APP_DIR": str(folder),
        "RALPH_AUTH_FILE": str(folder / "auth.json"),
        "RALPH_RUNSERVER_BACKEND": "fs",
        "RALPH_BACKENDS__LRS__FS__DEFAULT_DIRECTORY_PATH": str(folder / "data"),
    }
    return {**os.environ, **own, "PYTHONPATH": str(PACKAGES)}
