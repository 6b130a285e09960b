"""What 1,000 slow uploads and 1,000 slow readers of a file of 400 MB cost everybody else, without an edge in front."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from benchmarks import clips, upload
from benchmarks.figure import Figure
from benchmarks.load import requests_per_second
from benchmarks.playlists import signed_paths
from benchmarks.slow_crowd import UPLOAD_SIZE
from benchmarks.stack import MeasuredStack, is_web, measured_stack
from configs.settings import load_settings
from storage.catalogue import database
from storage.catalogue.file_names import VIDEO_FILE
from storage.catalogue.models import Asset, File
from storage.s3 import S3ObjectStore
from storage.sha256 import ResumableSha256

CROWD = 1_000
RATE_GOAL = 0.9
UPLOAD_GOAL = 0.6
MEMORY_GOAL = 1.0
FILE_SIZE = 400 * 1024 * 1024
ROUNDS = 3
SECONDS = 5
JOINING_SECONDS = 15
"""How long the crowd's first moments may take, which are no slowness: a thousand requests that come at once."""

IDLE_SECONDS = 0.1
"""Processor time in a second that web processes take which have nothing to do."""

_KEY = "benchmark/file-of-400-mb"


def measure(folder: Path) -> Sequence[Figure]:
    """The rate of signed playlists alone and beside each crowd, in turns; memory of all web processes."""
    source = folder / "noise.bin"
    upload.make_noise(source)
    with measured_stack(folder, DEFAULT_POLICY="signed", VIEWER_REQUESTS_PER_SECOND="1000000") as stack:
        asset_id = stack.client.upload(clips.lesson(folder), "lesson", lambda _sent, _size: None)
        asset = stack.wait_finished(asset_id)
        paths = signed_paths(stack, asset["playback_ids"][0]["id"])
        public = stack.post(f"/v1/assets/{asset_id}/playback-ids", {"policy": "public"})["id"]
        _enlarge(stack, asset_id)
        reading = [f"/v/{public}/{VIDEO_FILE}"] * CROWD

        def playlists() -> float:
            return requests_per_second(stack.url, paths, SECONDS)

        playlists()  # until all is remembered
        figures: list[Figure] = []
        # What is kept of an upload that was cut off is not sent again, so each crowd has uploads of its own.
        for mode, crowd in (("uploads", lambda: _uploads(stack)), ("readers", lambda: reading)):
            alone, beside, grown = [], [], []
            for _ in range(ROUNDS):
                _settle(stack)
                alone.append(playlists())
                before = stack.memory(is_web)
                with _crowd(mode, stack, crowd()):
                    time.sleep(JOINING_SECONDS)
                    beside.append(playlists())
                    grown.append((stack.memory(is_web) - before) / CROWD)
            claim = f"playlists beside {CROWD:,} slow {mode}"
            figures.append(Figure(claim, median(beside), median(alone), "1/s", RATE_GOAL, True))
            note = f"of all web processes, a client of {CROWD:,}"
            figures.append(Figure(f"memory of slow {mode}", max(grown), MEMORY_GOAL, "MiB", 1.0, note=note))
            with _crowd(mode, stack, crowd()):
                reference = [upload.straight(stack, source) for _ in range(ROUNDS)]
                ours = [upload.by_tus(stack, source) for _ in range(ROUNDS)]
            claim = f"upload of 1 GiB beside slow {mode}"
            speeds = 1024 / median(ours), 1024 / median(reference)
            figures.append(Figure(claim, *speeds, "MiB/s", UPLOAD_GOAL, True))
    source.unlink()
    return figures


def _settle(stack: MeasuredStack) -> None:
    """Wait until all that was kept of the crowd before is stored."""
    before = stack.cpu_seconds(is_web)
    while True:
        time.sleep(1)
        now = stack.cpu_seconds(is_web)
        if now - before < IDLE_SECONDS:
            return
        before = now


def _uploads(stack: MeasuredStack) -> list[str]:
    headers = {
        "Authorization": f"Bearer {stack.api_key}",
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(UPLOAD_SIZE),
    }
    pool, url = stack.client.pool, f"{stack.url}/v1/uploads"
    return [pool.request("POST", url, headers=headers).headers["Location"] for _ in range(CROWD)]


@contextmanager
def _crowd(mode: str, stack: MeasuredStack, paths: Sequence[str]) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.slow_crowd", mode.rstrip("s").replace("reader", "read")]
    crowd = subprocess.Popen(
        [*command, stack.url, stack.api_key], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert crowd.stdin is not None and crowd.stdout is not None
    try:
        crowd.stdin.write("\n".join(paths) + "\n\n")
        crowd.stdin.flush()
        if crowd.stdout.readline() != "ready\n":
            raise RuntimeError("the crowd did not get in")
        yield
        if crowd.poll() is not None:
            raise RuntimeError("the crowd was cut off")
    finally:
        crowd.stdin.close()
        crowd.wait(30)


def _enlarge(stack: MeasuredStack, asset_id: str) -> None:
    """Give the lesson a file of 400 MB to be saved."""
    objects = S3ObjectStore.of(load_settings(stack.environment))
    data = bytes(FILE_SIZE)
    upload_id = objects.begin_multipart(_KEY)
    objects.complete_multipart(_KEY, upload_id, [objects.put_part(_KEY, upload_id, 1, io.BytesIO(data))])
    hasher = ResumableSha256()
    hasher.update(data)
    engine = database.connect(stack.environment["DATABASE_URL"])
    with Session(engine) as session, session.begin():
        current = select(Asset.current_version_id).where(Asset.id == asset_id).scalar_subquery()
        session.execute(
            update(File)
            .where(File.version_id == current, File.name == VIDEO_FILE)
            .values(object_key=_KEY, size=FILE_SIZE, sha256=hasher.hexdigest())
        )
    engine.dispose()
