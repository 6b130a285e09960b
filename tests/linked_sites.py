"""Two platforms on one machine, each its own Lessonstream that is stopped, frozen and started again at its address."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3
from support import LESSONSTREAM, PATIENCE, SMALL, RunningStack, describe, processes_of, start_stack

from media_service.cli.manifest_check import ManifestCheck

OPEN = {**SMALL, "EXCHANGE_POLL": "1", "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8"}


class Site:
    """A platform that is stopped and started again at its address."""

    def __init__(self, data: Path, port: int = 0, **variables: str) -> None:
        self._data = data
        self._port = str(port)
        self._variables = variables
        self.start()

    def start(self, **variables: str) -> None:
        """``variables`` are of its environment until it is stopped."""
        environment = {**OPEN, **self._variables, **variables}
        self._process = start_stack(self._data, "--port", self._port, **environment)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the stack did not start, status {self._process.wait()}"
        self.stack: RunningStack = describe(json.loads(line))
        self._port = str(urlsplit(self.stack.url).port)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(120)
        assert not processes_of(self._data)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Nothing of it moves: it takes connections, and answers none."""
        stopped: list[int] = []
        try:
            for pid in processes_of(self._data):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
                    stopped.append(pid)
            yield
        finally:
            for pid in stopped:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def ask(self, method: str, path: str, json_: Any = None) -> Any:
        answer = self.stack.request(method, path, json=json_)
        assert answer.status < 300, (path, answer.data)
        return json.loads(answer.data or b"null")

    def run(self, *arguments: str) -> str:
        """A command of this platform's administrator."""
        variables = {"LESSONSTREAM_URL": self.stack.url, "LESSONSTREAM_KEY": self.stack.api_key}
        done = subprocess.run(
            [*LESSONSTREAM, *arguments],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()


@dataclass
class Pair:
    """The province shares everything with the city, which copies it."""

    province: Site
    city: Site
    link_id: str

    def link(self, site: Site) -> Any:
        return site.ask("GET", f"/v1/platform-links/{self.link_id}")

    def copies(self) -> dict[str, Any]:
        """Of the city, by what the province calls them."""
        lessons = self.city.ask("GET", f"/v1/platform-links/{self.link_id}/lessons")["lessons"]
        return {each["origin_id"]: each for each in lessons}

    def play(self, asset_id: str, site: Site | None = None) -> int:
        """Play a lesson of the city, or of another site, every byte of it; how many requests that took."""
        at = site or self.city
        issued = at.ask("POST", "/v1/playback-tokens", {"asset_id": asset_id})
        check = ManifestCheck(urllib3.PoolManager())
        check.manifest(f"{at.stack.url}/v/{issued['playback_id']}/master.m3u8?token={issued['token']}")
        assert check.problems == []
        return check.checked


def until(done: Callable[[], Any], what: str) -> Any:
    """What ``done`` gives, once it gives something."""
    began = time.monotonic()
    while not (found := done()):
        assert time.monotonic() - began < PATIENCE, what
        time.sleep(0.5)
    return found


@contextmanager
def linked_pair(folders: Callable[[str], Path]) -> Iterator[Pair]:
    """A province and a city that have pasted each other's codes; ``folders`` makes a folder by its name."""
    sites: list[Site] = []
    try:
        sites += [Site(folders(name) / "data") for name in ("province", "city")]
        province, city = sites
        offer = province.run("links", "begin", "--name", "省平台")
        answer = city.run("links", "paste", offer)
        province.run("links", "paste", answer)
        [link] = province.ask("GET", "/v1/platform-links")["platform_links"]
        yield Pair(province, city, link["id"])
    finally:
        for site in sites:
            site.stop()
