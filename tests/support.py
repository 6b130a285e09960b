"""A running stack, as tests see it: started and stopped the way its users do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import urllib3
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from configs.settings import load_settings
from media_service.cli.client import Client, connect_to
from media_service.cli.installation import complete
from storage.embedded.data_folder import read_stack
from storage.embedded.supervisor import tied_to_this_process
from storage.s3 import S3ObjectStore

PATIENCE = 600.0
"""Seconds until a wait is given up: the machine may be busy, and the stack with what other tests have put there."""

LESSONSTREAM = [sys.executable, "-m", "media_service.cli.main"]


class Pauses:
    """Between two looks at something that takes its time: the longer it has taken already, the longer, for every look
    costs the machine that works at it."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def waited(self) -> float:
        """Seconds since the first look."""
        return time.monotonic() - self._began

    def sleep(self) -> None:
        """Sleep a fifth of what was waited, but neither less than a quarter of a second nor more than two."""
        time.sleep(min(2.0, max(0.25, self.waited / 5)))


@dataclass(frozen=True)
class RunningStack:
    """``environment`` leads to its servers (``DATABASE_URL``, ...) and to itself (``LESSONSTREAM_URL``, ...)."""

    url: str
    api_key: str
    data: Path
    pid: int
    environment: Mapping[str, str]
    client: Client

    def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = "",
    ) -> urllib3.BaseHTTPResponse:
        """One request, answered by whatever status. With the admin key unless ``key`` is another one, or None."""
        authorization = {} if key is None else {"Authorization": f"Bearer {key or self.api_key}"}
        url = path if path.startswith("http") else self.url + path
        return self.client.pool.request(
            method, url, json=json, body=body, headers={**authorization, **(headers or {})}, redirect=False
        )

    def upload(self, path: Path, title: str = "") -> str:
        """Upload a file and return its asset's ID."""
        return self.client.upload(path, title or path.stem, lambda _sent, _size: None)

    def wait(self, asset_id: str, *states: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """The asset, once it is in one of the states."""
        pauses = Pauses()
        while True:
            asset: dict[str, Any] = self.client.get(f"/v1/assets/{asset_id}")
            if asset["state"] in states:
                return asset
            if asset["state"] == "failed" or pauses.waited > seconds:
                raise AssertionError(f"wanted {' or '.join(states)}, after {seconds} s at most: {asset}")
            pauses.sleep()

    def wait_for_extras(self, asset_id: str, downloads: int) -> dict[str, Any]:
        """The asset, once it has so many downloads and a preview: they are made when there is nothing else to do."""
        pauses = Pauses()
        while True:
            asset = self.wait(asset_id, "ready")
            if len(asset["downloads"]) >= downloads and "preview" in asset["images"]:
                return asset
            assert pauses.waited < PATIENCE, asset
            pauses.sleep()

    def forget(self, asset_id: str) -> None:
        """Delete an asset that was looked at, so that nobody goes on working at its downloads and previews."""
        self.request("DELETE", f"/v1/assets/{asset_id}?permanently=true")

    @cached_property
    def objects(self) -> S3ObjectStore:
        """Its object storage, past the service."""
        return S3ObjectStore.of(load_settings(self.environment))

    def processes(self) -> dict[int, str]:
        """All that runs for this stack: process ID and command line."""
        return processes_of(self.data)


SMALL: Mapping[str, str] = {"WORKERS": "1", "WEB_PROCESSES": "1", "DOWNLOADS": "off"}
"""Settings of a stack of one's own that shows nothing of several processes: each costs two CPU seconds to start, and
what is made of a ready lesson as much as the lesson."""


@contextmanager
def running_stack(data: Path, *arguments: str, **variables: str) -> Iterator[RunningStack]:
    """``lessonstream up`` on ``data``; afterwards it is stopped, and nothing of it may be left."""
    process = start_stack(data, *arguments, **variables)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the stack did not start, status {process.wait()}"
    try:
        yield describe(json.loads(line))
    finally:
        process.terminate()
        process.wait(60)
        left = processes_of(data)
        assert not left, f"processes outlived the stack: {left}"


def start_stack(data: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """The bare process. It ends if the tests are killed."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATA_DIR", "PUBLIC_URL")}
    return subprocess.Popen(
        tied_to_this_process([*LESSONSTREAM, "up", "--json", "--data", str(data), *arguments]),
        stdout=subprocess.PIPE,
        text=True,
        # No release before this one is running beside it.
        env={"RELEASE_OVERLAP": "0", **inherited, **variables},
    )


def describe(announced: dict[str, Any]) -> RunningStack:
    """What ``lessonstream up --json`` said, completed by the stack's own file."""
    data = Path(announced["data"])
    stack = read_stack(data)
    assert stack is not None
    own = {"LESSONSTREAM_URL": announced["url"], "LESSONSTREAM_KEY": announced["api_key"]}
    return RunningStack(
        url=announced["url"],
        api_key=announced["api_key"],
        data=data,
        pid=announced["pid"],
        environment={
            **complete(os.environ, stack),
            **own,
            "DATA_DIR": str(data),
            "PUBLIC_URL": announced["url"],
        },
        client=connect_to(announced["url"], announced["api_key"]),
    )


def settle(sessions: sessionmaker[Session]) -> None:
    """Wait until the feed shows what was committed: others of the stack may be in the middle of a transaction."""
    with sessions.begin() as session:
        mine = session.execute(text("SELECT pg_current_xact_id()::text::bigint")).scalar_one()
    deadline = time.monotonic() + PATIENCE
    oldest = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    with sessions() as session:
        while session.execute(oldest).scalar_one() <= mine:
            assert time.monotonic() < deadline, "some transaction does not end"
            session.rollback()
            time.sleep(0.01)


def processes_of(data: Path) -> dict[int, str]:
    """Processes that name the folder on their command line or in their environment, or work in it."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            environment = (entry / "environ").read_bytes()
            here = re.search(re.escape(str(data).encode()) + rb"[/\0]", command + environment)
            if command and (here or (entry / "cwd").resolve().is_relative_to(data)):
                found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace").strip()
    return {pid: command for pid, command in found.items() if pid != os.getpid()}


def children(pid: int) -> list[int]:
    """Child processes, whichever thread started them."""
    found = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(child) for child in listing.read_text().split()]
    return found
