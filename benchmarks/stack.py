"""A running stack to measure, started the way its users do."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from media_service.cli.client import Client, connect_to
from storage.embedded.data_folder import read_stack
from storage.embedded.supervisor import tied_to_this_process

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """One process of a stack. ``cpu_seconds``: user and system time, that of its ended children included."""

    pid: int
    parent: int
    command: str
    cpu_seconds: float


@dataclass(frozen=True)
class MeasuredStack:
    """A stack of its own; ``environment`` leads to its servers."""

    url: str
    api_key: str
    pid: int
    client: Client
    environment: Mapping[str, str]

    def post(self, path: str, document: Mapping[str, Any]) -> Any:
        """Post JSON with the admin key."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        return self.client.pool.request("POST", self.url + path, json=document, headers=headers).json()

    def wait_ready(self, asset_id: str, seconds: float = 3600) -> dict[str, Any]:
        """The asset once it is ready. Raises ``RuntimeError`` if it fails or takes longer."""
        deadline = time.monotonic() + seconds
        while True:
            asset: dict[str, Any] = self.client.get(f"/v1/assets/{asset_id}")
            if asset["state"] == "ready":
                return asset
            if asset["state"] == "failed" or time.monotonic() > deadline:
                raise RuntimeError(f"asset {asset_id} did not become ready: {asset}")
            time.sleep(0.5)

    def wait_finished(self, asset_id: str) -> dict[str, Any]:
        """The asset once everything is made of it, what a ready one does not need included."""
        while True:
            asset = self.wait_ready(asset_id)
            files = {rendition["kind"] for rendition in asset["renditions"]}
            if len(asset["downloads"]) == len(files) and "preview" in asset["images"]:
                return asset
            time.sleep(0.5)

    def remove(self, asset_id: str) -> None:
        """Delete an asset and wait until no media tool works on it any more."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        self.client.pool.request("DELETE", f"{self.url}/v1/assets/{asset_id}", headers=headers)
        while self.processes(lambda command: "ffmpeg" in command.partition(" ")[0]):
            time.sleep(0.2)

    def cpu_seconds(self, wanted: Callable[[str], bool] = lambda _: True) -> float:
        """What the wanted processes have taken so far. Raises ``RuntimeError`` if there are none: a name that changed
        must not look like work that costs nothing.
        """
        found = self.processes(wanted)
        if not found:
            raise RuntimeError("none of the stack's processes is the one that is to be measured")
        return sum(process.cpu_seconds for process in found)

    def memory(self, wanted: Callable[[str], bool]) -> float:
        """MiB that the wanted processes have in memory now."""
        return sum(memory(process, "VmRSS") for process in self.processes(wanted))

    def processes(self, wanted: Callable[[str], bool] = lambda _: True) -> list[Process]:
        """All processes that this stack started and that live, whose command line is wanted."""
        everything = {process.pid: process for process in _all_processes()}

        def ours(pid: int) -> bool:
            while pid in everything:
                if pid == self.pid:
                    return True
                pid = everything[pid].parent
            return False

        return [process for pid, process in everything.items() if ours(pid) and wanted(process.command)]


def memory(process: Process, name: str) -> float:
    """A figure of proc_pid_status(5) in MiB."""
    found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def is_worker(command: str) -> bool:
    """Whether a command line is that of a worker."""
    return "workers.main" in command


def is_web(command: str) -> bool:
    """Whether a command line is that of a web process."""
    return " web " in command


@contextmanager
def measured_stack(folder: Path, **variables: str) -> Iterator[MeasuredStack]:
    """``lessonstream up`` on a fresh folder, stopped and removed afterwards."""
    data = folder / f"stack-{os.getpid()}"
    command = [sys.executable, "-P", "-m", "media_service.cli.main"]
    process = subprocess.Popen(
        tied_to_this_process([*command, "up", "--json", "--data", str(data), "--port", "0"]),
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "LOG_LEVEL": "WARNING", **variables},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("the stack did not start; the lines above say why")
        told = json.loads(line)
        stack = read_stack(data)
        assert stack is not None
        client = connect_to(told["url"], told["api_key"])
        yield MeasuredStack(told["url"], told["api_key"], told["pid"], client, stack.environment())
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(data, ignore_errors=True)


def _all_processes() -> Iterator[Process]:
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # proc_pid_stat(5): the name in brackets may hold anything, so count from behind it.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            ticks = sum(int(value) for value in fields[11:15])
            yield Process(int(entry.name), int(fields[1]), command, ticks / _TICKS_PER_SECOND)
