"""Fifty viewers follow their playlists while the lesson's file is replaced and taken back, again and again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin

import m3u8
import urllib3

from benchmarks import clips
from benchmarks.figure import Figure
from benchmarks.stack import measured_stack

VIEWERS = 50
SWITCHES = 10
SWITCH_SECONDS = 2.0
"""Longer than web processes go by what they knew: in between, new viewers begin with the other version."""

SPEED = 8.0
"""How much faster than they last segments are asked for: more requests in the same time."""


@dataclass
class Seen:
    """What all viewers met: ``mixed`` counts those to whom another version was named than the one they began with."""

    requests: int = 0
    plays: int = 0
    failed: list[str] = field(default_factory=list)
    mixed: int = 0
    versions: set[str] = field(default_factory=set)


def measure(folder: Path) -> Sequence[Figure]:
    """Failed requests, and viewers that got two versions mixed, of all that were made while versions changed."""
    seen, stopping = Seen(), threading.Event()
    with measured_stack(
        folder, DOWNLOADS="off", VIEWER_REQUESTS_PER_SECOND="0", ADDRESS_REQUESTS_PER_SECOND="0"
    ) as stack:
        asset_id = stack.client.upload(clips.lesson(folder), "lesson", lambda _sent, _size: None)
        asset = stack.wait_ready(asset_id)
        path = f"/v1/assets/{asset_id}/versions"
        added = stack.post(path, {"reprocess": True, "activate": "manual"})
        while stack.client.get(f"{path}/{added['id']}")["state"] != "ready":
            time.sleep(0.5)
        manifest = asset["playback_ids"][0]["manifest_url"]
        with ThreadPoolExecutor(VIEWERS) as pool:
            watching = [pool.submit(_watch, manifest, seen, stopping) for _ in range(VIEWERS)]
            for number in range(SWITCHES):
                time.sleep(SWITCH_SECONDS)
                chosen = added["id"] if number % 2 == 0 else asset["version_id"]
                answer = stack.request("POST", f"{path}/{chosen}/activate", json={"note": "benchmark"})
                if answer.status != 200:
                    raise AssertionError(answer.data)
            time.sleep(SWITCH_SECONDS)
            stopping.set()
            for each in watching:
                each.result()
    if len(seen.versions) != 2:
        raise AssertionError("nobody began with the other version")
    note = f"{seen.requests:,} requests of {seen.plays} plays during {SWITCHES} changes; {seen.failed[:3]}"
    good = seen.requests - len(seen.failed) - seen.mixed
    return [
        Figure("requests answered while versions change", good, seen.requests, "requests", 1.0, True, note)
    ]


def _watch(manifest: str, seen: Seen, stopping: threading.Event) -> None:
    pool = urllib3.PoolManager(maxsize=1)

    def get(url: str, span: str = "") -> bytes:
        answer = pool.request("GET", url, headers={"Range": span} if span else {}, redirect=False)
        seen.requests += 1
        if answer.status not in (200, 206):
            seen.failed.append(f"{answer.status} {url}")
        return answer.data

    while not stopping.is_set():
        seen.plays += 1
        master = m3u8.loads(get(manifest).decode())
        variants = [variant.uri for variant in master.playlists]
        version_id = variants[0].split("/")[0]
        seen.versions.add(version_id)
        seen.mixed += any(not uri.startswith(f"{version_id}/") for uri in variants)
        number: int | None = None
        # Each segment of another quality, for that is when a player asks for another playlist.
        while not stopping.is_set():
            url = urljoin(manifest, random.choice(variants))
            segments = m3u8.loads(get(url).decode()).segments
            if number is None:
                # Anywhere, so that some begin and some end between any two changes.
                number = random.randrange(len(segments))
            if number >= len(segments):
                break
            length, _, start = segments[number].byterange.partition("@")
            get(
                urljoin(url, segments[number].uri),
                f"bytes={start}-{int(start) + int(length) - 1}",
            )
            stopping.wait(segments[number].duration / SPEED)
            number += 1
