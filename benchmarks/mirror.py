"""How fast a lesson is copied from one platform to another, against ``rclone copy`` of the same objects; and how soon
the copy plays while its origin is away, against a lesson of one's own.

A gibibyte of random bytes stands for what a long lesson is made of: chunks of all sizes that its rungs have. rclone
reads the origin's object storage itself; a mirror asks the origin's web service, signs each request, compares each
object with its SHA-256, brings it to the disk and writes down where it is.
"""

from __future__ import annotations

import hashlib
import os
import re
import statistics
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import urllib3
from sqlalchemy import delete, select
from sqlalchemy.orm import sessionmaker

from benchmarks import clips
from benchmarks.figure import Figure
from benchmarks.stack import MeasuredStack, measured_stack
from storage import keys
from storage.catalogue import database
from storage.catalogue.models import Chunk, Rendition, Version
from storage.embedded.servers import rclone_binary
from storage.ids import new_id

MEBIBYTE: Final = 1024 * 1024
GOAL: Final = 0.7
START_GOAL: Final = 1.2
STARTS: Final = 41

CHUNKS: Final = ((24, 16), (48, 8), (64, 4))
"""Of three rungs: how many chunks, and how many MiB each."""


def measure(folder: Path) -> Sequence[Figure]:
    """Two stacks on this machine, which share its cores as both programs do that are compared."""
    settings = {"WORKERS": "1", "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8", "EXCHANGE_POLL": "2"}
    clip = clips.small_lesson(folder)
    (folder / "city").mkdir(exist_ok=True)
    with measured_stack(folder / "city", **settings) as city:
        own = _lesson(city, clip)
        with measured_stack(folder, **settings) as province:
            small, large = _lesson(province, clip), _lesson(province, clip)
            size, prefix = _grow(province, large)
            by_rclone = size / _copy(province, city, prefix)
            link_id = _link(province, city)
            _share(province, link_id, small)
            _follow(city, link_id)
            copy, _ = _copied(city, link_id, small)
            before = city.cpu_seconds(), province.cpu_seconds()
            _share(province, link_id, small, large)
            _, took = _copied(city, link_id, large)
            cpu = [
                after - one
                for after, one in zip((city.cpu_seconds(), province.cpu_seconds()), before, strict=True)
            ]
        note = (
            f"{size / MEBIBYTE:.0f} MiB in {sum(count for count, _ in CHUNKS)} objects took {took:.1f} s, "
            f"{cpu[0]:.1f} CPU s of the city and {cpu[1]:.1f} of the province"
        )
        mirrored = size / took / MEBIBYTE
        copied = Figure(
            "mirror against rclone copy",
            mirrored,
            by_rclone / MEBIBYTE,
            "MiB/s",
            GOAL,
            more_is_better=True,
            note=note,
        )
        # The province has ended by now.
        starts = _starts(city, (copy, own))
    note = f"median of {STARTS} each, by turns: playlists and the first segment over HTTP, the origin not running"
    return [copied, Figure("start-up of a copy against one's own", *starts, "ms", START_GOAL, note=note)]


def _lesson(stack: MeasuredStack, clip: Path) -> str:
    asset_id = str(stack.upload(clip))
    stack.wait_ready(asset_id)
    return asset_id


def _grow(stack: MeasuredStack, asset_id: str) -> tuple[int, str]:
    """Put large chunks in the place of the lesson's own; bytes of them all, and what their keys begin with."""
    engine = database.connect(stack.environment["DATABASE_URL"])
    total = 0
    with sessionmaker(engine).begin() as session:
        version = session.execute(select(Version).where(Version.asset_id == asset_id)).scalar_one()
        found = (
            session.execute(select(Rendition.id).where(Rendition.version_id == version.id)).scalars().all()
        )
        session.execute(delete(Chunk).where(Chunk.rendition_id.in_(found)))
        sizes = [mebibytes for count, mebibytes in CHUNKS for _ in range(count)]
        step_id = new_id()
        for number, mebibytes in enumerate(sizes):
            data = os.urandom(mebibytes * MEBIBYTE)
            key = keys.step_key(asset_id, version.id, step_id, 1, f"{number}")
            stack.objects.put(key, data, "video/mp4")
            session.add(_chunk(found[number % len(found)], number // len(found), key, data))
            total += len(data)
    engine.dispose()
    return total, key.rpartition("/")[0]


def _chunk(rendition_id: str, number: int, key: str, data: bytes) -> Chunk:
    return Chunk(
        rendition_id=rendition_id,
        number=number,
        object_key=key,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        init_length=1000,
        init_sha256="0" * 64,
        frames=100,
        segments=[[4.0, 1000, len(data) - 1000]],
    )


def _copy(province: MeasuredStack, city: MeasuredStack, prefix: str) -> float:
    """Seconds that rclone takes from one object storage to the other, as it is set by itself."""
    environment = dict(os.environ)
    for name, stack in (("FROM", province), ("TO", city)):
        given = {
            "TYPE": "s3",
            "PROVIDER": "Other",
            "ENDPOINT": stack.environment["S3_ENDPOINT"],
            "ACCESS_KEY_ID": stack.environment["S3_ACCESS_KEY"],
            "SECRET_ACCESS_KEY": stack.environment["S3_SECRET_KEY"],
        }
        environment |= {f"RCLONE_CONFIG_{name}_{key}": value for key, value in given.items()}
    buckets = [stack.objects.bucket for stack in (province, city)]
    command = [str(rclone_binary()), "copy", "--config", "", "--s3-no-check-bucket"]
    began = time.monotonic()
    subprocess.run(
        [*command, f"from:{buckets[0]}/{prefix}", f"to:{buckets[1]}/checks/rclone"],
        env=environment,
        check=True,
    )
    took = time.monotonic() - began
    there = sum(each.size for each in city.objects.list("checks/rclone"))
    if there != sum(each.size for each in province.objects.list(prefix + "/")):
        raise RuntimeError(f"rclone has copied {there} bytes")
    return took


def _link(province: MeasuredStack, city: MeasuredStack) -> str:
    offer = province.post("/v1/platform-links", {})
    answer = city.post("/v1/platform-link-codes", {"code": offer["code"]})
    province.post("/v1/platform-link-codes", {"code": answer["code"]})
    return str(offer["id"])


def _share(province: MeasuredStack, link_id: str, *asset_ids: str) -> None:
    shares = [{"asset_id": each} for each in asset_ids]
    province.request("PATCH", f"/v1/platform-links/{link_id}", json={"shares": shares})


def _follow(city: MeasuredStack, link_id: str) -> None:
    city.request("PUT", f"/v1/platform-links/{link_id}/subscription", json={})


def _copied(city: MeasuredStack, link_id: str, origin_id: str) -> tuple[str, float]:
    """The lesson here, and seconds from the moment at which it is known until it plays."""
    began = None
    while True:
        page = city.request("GET", f"/v1/platform-links/{link_id}/lessons").json()
        lesson: dict[str, Any] = next(
            (each for each in page["lessons"] if each["origin_id"] == origin_id), {}
        )
        if lesson and began is None:
            began = time.monotonic()
        if lesson and lesson["failure"] is not None:
            raise RuntimeError(f"the lesson is not copied: {lesson['failure']}")
        if began is not None and lesson["state"] == "current":
            return str(lesson["asset_id"]), time.monotonic() - began
        time.sleep(0.05)


def _starts(city: MeasuredStack, asset_ids: Sequence[str]) -> list[float]:
    """Milliseconds until a player has what it begins with, of each lesson the median."""
    issued = [city.post("/v1/playback-tokens", {"asset_id": each}) for each in asset_ids]
    took: list[list[float]] = [[] for _ in issued]
    for _ in range(STARTS):
        for number, each in enumerate(issued):
            began = time.perf_counter()
            _begin(each["manifest_url"])
            took[number].append(1000 * (time.perf_counter() - began))
    return [statistics.median(each) for each in took]


_pool = urllib3.PoolManager()


def _begin(url: str) -> None:
    """Read a lesson as a player begins with it: the playlists, the initialization segment and the first one."""
    for _ in range(2):
        body = _ask(url, {}).decode()
        lines = [line for line in body.splitlines() if line and not line.startswith("#")]
        if "#EXTINF" in body:
            break
        url = urljoin(url, lines[0])
    span = re.search(r"#EXT-X-BYTERANGE:(\d+)@(\d+)", body)
    if span is None:
        raise RuntimeError("a playlist without byte ranges")
    length, start = int(span[1]), int(span[2])
    _ask(urljoin(url, lines[0]), {"Range": f"bytes=0-{start + length - 1}"})


def _ask(url: str, headers: dict[str, str]) -> bytes:
    answer = _pool.request("GET", url, headers=headers)
    if answer.status not in (200, 206):
        raise RuntimeError(f"{url} is answered {answer.status}")
    return answer.data
