"""Two platforms on one machine, each its own Lessonstream: linked from the command line, what one shares plays on the
other, also while it is away; what it replaces and withdraws follows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from interrupted import make_lesson
from support import LESSONSTREAM, PATIENCE, SMALL, RunningStack, describe, processes_of, start_stack

from media_service.cli.manifest_check import ManifestCheck

pytestmark = [pytest.mark.faults, pytest.mark.long]

OPEN = {**SMALL, "EXCHANGE_POLL": "1", "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8"}


class Site:
    """A platform that is stopped and started again at its address."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._port = "0"
        self.start()

    def start(self) -> None:
        self._process = start_stack(self._data, "--port", self._port, **OPEN)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the stack did not start, status {self._process.wait()}"
        self.stack: RunningStack = describe(json.loads(line))
        self._port = str(urlsplit(self.stack.url).port)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(120)
        assert not processes_of(self._data)

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

    def play(self, asset_id: str) -> int:
        """Play a lesson of the city, every byte of it; how many requests that took."""
        issued = self.city.ask("POST", "/v1/playback-tokens", {"asset_id": asset_id})
        check = ManifestCheck(urllib3.PoolManager())
        check.manifest(f"{self.city.stack.url}/v/{issued['playback_id']}/master.m3u8?token={issued['token']}")
        assert check.problems == []
        return check.checked


def until(done: Callable[[], Any], what: str) -> Any:
    """What ``done`` gives, once it gives something."""
    began = time.monotonic()
    while not (found := done()):
        assert time.monotonic() - began < PATIENCE, what
        time.sleep(0.5)
    return found


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    sites = [Site(tmp_path_factory.mktemp(name) / "data") for name in ("province", "city")]
    try:
        province, city = sites
        offer = province.run("links", "begin", "--name", "省平台")
        answer = city.run("links", "paste", offer)
        province.run("links", "paste", answer)
        [link] = province.ask("GET", "/v1/platform-links")["platform_links"]
        yield Pair(province, city, link["id"])
    finally:
        for site in sites:
            site.stop()


def test_a_lesson_of_one_platform_plays_on_the_other(pair: Pair, tmp_path: Path) -> None:
    for site in (pair.province, pair.city):
        until(
            lambda site=site: pair.link(site)["state"] == "linked" and pair.link(site)["reached_at"],
            "both to know that they are linked",
        )
        assert "linked" in site.run("links", "list")
    assert pair.link(pair.province)["fingerprint"] == pair.link(pair.city)["fingerprint"]
    organization_id = pair.link(pair.province)["organization_id"]
    path = f"/v1/platform-links/{pair.link_id}"
    pair.province.ask("PATCH", path, {"shares": [{"organization_id": organization_id, "with_source": True}]})
    pair.city.ask("PUT", f"{path}/subscription", {"visibility": "public", "with_source": True})

    origin = pair.province.stack.upload(make_lesson(tmp_path / "lesson.mp4", seconds=6), "太极拳")
    pair.province.stack.wait(origin, "ready")

    def copied() -> Any:
        found = pair.copies().get(origin)
        return found if found is not None and found["state"] == "current" else None

    copy = until(copied, "the lesson to be copied")
    asset = pair.city.ask("GET", f"/v1/assets/{copy['asset_id']}")
    assert (asset["title"], asset["state"]) == ("太极拳", "ready")
    assert [station["url"] for station in copy["stations"]] == [pair.province.stack.url]

    # PeerTube #6857: the origin is away.
    pair.province.stop()
    try:
        assert pair.play(copy["asset_id"]) > 10
        failing = until(lambda: pair.link(pair.city)["failure"], "the city to notice that nobody answers")
        assert failing["code"] in ("connect_failed", "broken_off")
        assert failing["code"] in pair.city.run("links", "list")
    finally:
        pair.province.start()
    until(lambda: pair.link(pair.city)["failure"] is None, "the city to notice that it is back")

    # It is replaced, and then withdrawn.
    other = make_lesson(tmp_path / "other.mp4", seconds=4)
    began = pair.copies()[origin]
    replaced = pair.province.stack.request(
        "POST",
        f"/v1/assets/{origin}/versions?filename=other.mp4",
        body=other.read_bytes(),
        headers={"Content-Type": "application/octet-stream"},
    )
    assert replaced.status == 201, replaced.data

    def is_shorter() -> bool:
        now = pair.city.ask("GET", f"/v1/assets/{began['asset_id']}")
        return now["duration"] is not None and now["duration"] < 5

    until(is_shorter, "the new version to be copied")
    pair.play(copy["asset_id"])
    pair.province.ask("PATCH", path, {"shares": []})
    until(lambda: pair.copies()[origin]["state"] == "gone", "the lesson to be withdrawn")
    assert pair.city.stack.request("GET", f"/v1/assets/{copy['asset_id']}").status == 404
