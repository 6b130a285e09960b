"""What was acknowledged is on the disk: the order of system calls, as strace sees it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3
from support import LESSONSTREAM, RunningStack

from storage.embedded.data_folder import free_port
from storage.embedded.supervisor import tied_to_this_process

pytestmark = pytest.mark.integration

MEBIBYTE = 1024 * 1024
TUS = {"Tus-Resumable": "1.0.0"}


@dataclass(frozen=True)
class Call:
    """A system call, at the moment when it ended (``began`` is the line where it began)."""

    began: int
    ended: int
    text: str


def calls(trace: Path) -> list[Call]:
    """The calls of a trace of many threads, in the order of their ends."""
    begun: dict[str, tuple[int, str]] = {}
    found = []
    for number, line in enumerate(trace.read_text(errors="replace").splitlines()):
        thread, _, text = line.partition(" ")
        if text.rstrip().endswith("<unfinished ...>"):
            begun[thread] = number, text
            continue
        began, head = begun.pop(thread, (number, "")) if "resumed>" in text else (number, "")
        found.append(Call(began, number, head + text))
    return found


@contextmanager
def traced_web(stack: RunningStack, trace: Path) -> Iterator[str]:
    """A web service of its own on the stack's servers, under strace."""
    port = free_port()
    strace = [
        "strace",
        "-f",
        "-y",
        "-s",
        "400",
        "-e",
        "trace=fsync,sendto,write,writev,sendmsg",
        "-o",
        str(trace),
    ]
    command = [*strace, *LESSONSTREAM, "web", "--port", str(port)]
    environment = {**stack.environment, "WEB_PROCESSES": "1"}
    web = subprocess.Popen(tied_to_this_process(command, signal.SIGTERM), env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib3.request("GET", f"{url}/healthz", retries=False)
                break
            except urllib3.exceptions.HTTPError:
                assert time.monotonic() < deadline
                assert web.poll() is None
                time.sleep(0.1)
        yield url
    finally:
        # strace ends with what it traces, and passes nothing on.
        for child in Path(f"/proc/{web.pid}/task/{web.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGTERM)
        web.wait(60)


def test_an_upload_is_on_the_disk_before_it_is_recorded_and_acknowledged(
    stack: RunningStack, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    sizes = (100_000, 9 * MEBIBYTE)  # an object, and one of several parts
    objects = Path(stack.environment["S3_FOLDER"])
    sources = []
    with traced_web(stack, trace) as url:
        for size in sizes:
            begun = stack.request("POST", f"{url}/v1/uploads", headers={**TUS, "Upload-Length": str(size)})
            body = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
            answer = stack.request("PATCH", url + begun.headers["Location"], body=bytes(size), headers=body)
            assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(size))
            sources.append(objects / "lessonstream" / "assets" / begun.headers["Lessonstream-Asset"])
    seen = calls(trace)
    answers = [call for call in seen if "HTTP/1.1 204" in call.text]
    assert len(answers) == len(sizes)
    for source, answer in zip(sources, answers, strict=True):
        (file,) = [call for call in seen if re.search(rf"fsync\(\d+<{source}/\w+/source>", call.text)]
        recorded = next(call for call in seen if "COMMIT" in call.text and call.began > file.ended)
        assert recorded.ended < answer.began
        for folder in (source, *source.parents):
            if folder.is_relative_to(objects):
                assert any(
                    file.ended < call.began and call.ended < recorded.began
                    for call in seen
                    if re.search(rf"fsync\(\d+<{folder}>", call.text)
                ), folder
