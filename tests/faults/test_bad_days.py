"""Processes and servers die while a lesson is at work: nothing is lost, nothing sticks, nothing is made twice."""

from __future__ import annotations

import hashlib
import http.client
import os
import random
import signal
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import imageio_ffmpeg
import pytest
import urllib3
from havoc import (
    SERVERS,
    WEB,
    dead,
    ffmpeg_below,
    frozen,
    kill,
    leader,
    session_of,
    until,
    work_horse,
)
from invariants import StepRecord, catalogue_of, check_invariants, digest_of, ledger_of
from sqlalchemy import select
from support import RunningStack, running_stack

from storage.catalogue.endings import MAX_ATTEMPTS
from storage.catalogue.models import Upload, Version

pytestmark = pytest.mark.faults

AWAY_SECONDS = 30
RECOVERY = timedelta(seconds=60)
GIVING_BACK_SECONDS = 20
"""Far more than giving back takes, on a machine that is busy with something else."""

NORMAL_RUN_SECONDS = 120
"""What the lesson takes on a busy machine without any fault; much less on an idle one."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack to be harmed, with nothing else to do."""
    with running_stack(
        tmp_path_factory.mktemp("faults") / "data", "--port", "0", "--workers", "2"
    ) as running:
        yield running


@pytest.fixture(scope="session")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture and a sound that take long enough to encode to be interrupted."""
    return make_lesson(tmp_path_factory.mktemp("lesson") / "lesson.mp4", seconds=32)


def make_lesson(path: Path, *, seconds: int, size: str = "854x480") -> Path:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error"]
    command += ["-f", "lavfi", "-i", f"testsrc2=s={size}:r=15:d={seconds},noise=alls=12:allf=t"]
    command += ["-f", "lavfi", "-i", f"sine=440:r=48000:d={seconds}"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-pix_fmt", "yuv420p", "-g", "30"]
    subprocess.run([*command, "-c:a", "aac", path], check=True, timeout=120)
    return path


def encoding(stack: RunningStack, asset_id: str) -> StepRecord:
    """An encoding step of the whole ladder whose ffmpeg is at work, once others are finished."""

    def look() -> StepRecord | None:
        steps = ledger_of(stack, asset_id).values()
        finished = any(step.kind == "encode_first" and step.state == "done" for step in steps)
        at_work = (step for step in steps if step.state == "leased" and step.kind == "encode")
        return next((step for step in at_work if finished and ffmpeg_below(worker_of(step))), None)

    return until(look, NORMAL_RUN_SECONDS, "an encode at work")


def worker_of(step: StepRecord) -> int:
    """Process ID of the worker that holds the step."""
    assert step.owner is not None
    return int(step.owner.rpartition(":")[2])


def assert_recovers(stack: RunningStack, asset_id: str, hit: set[str], *others: str) -> None:
    """After the fault is over: the lesson becomes ready, ``others`` too, and only steps that were hit are run again,
    soon."""
    before = ledger_of(stack, asset_id)
    for each in (asset_id, *others):
        stack.wait(each, "ready", seconds=RECOVERY.total_seconds() + NORMAL_RUN_SECONDS)
    after = ledger_of(stack, asset_id)
    for name, step in before.items():
        now = after[name]
        if step.state == "done":
            assert (now.fence, now.finished_at) == (step.fence, step.finished_at), f"{name} ran again"
    assert {name for name, step in after.items() if step.fence > 1} <= hit
    recovered = next(iter(before.values())).at
    for step in (after[name] for name in hit):
        assert step.queued_at is not None
        assert step.queued_at - recovered < RECOVERY, f"{step.name} was given back late"
    check_invariants(stack)


def kill_work_horse(worker: int) -> list[int]:
    return [work_horse(worker)]


def kill_worker(worker: int) -> list[int]:
    return [worker]


def kill_ffmpeg(worker: int) -> list[int]:
    found = ffmpeg_below(worker)
    return [] if found is None else [found]


@pytest.mark.parametrize("victims", [kill_work_horse, kill_worker, kill_ffmpeg])
def test_killed_while_encoding(
    stack: RunningStack, lesson: Path, victims: Callable[[int], list[int]]
) -> None:
    asset_id = stack.upload(lesson)
    step = encoding(stack, asset_id)
    worker = worker_of(step)
    tool = ffmpeg_below(worker)
    killed = victims(worker)
    assert killed
    kill(*killed)
    until(lambda: tool is None or not Path(f"/proc/{tool}").exists(), 5, "the end of its ffmpeg")
    assert_recovers(stack, asset_id, {step.name})
    again = ledger_of(stack, asset_id)[step.name]
    assert (again.fence, again.interruptions, again.attempts) == (2, 1, 0), "no fault of its own"


def test_told_to_stop_while_encoding(stack: RunningStack, lesson: Path) -> None:
    """More often than attempts are borne: nothing is counted, and the next worker has the step at once."""
    asset_id = stack.upload(lesson)
    hit = set()
    for _ in range(MAX_ATTEMPTS + 1):
        step = encoding(stack, asset_id)
        worker = worker_of(step)
        tool = ffmpeg_below(worker)
        os.kill(worker, signal.SIGTERM)

        def given_back(name: str = step.name, fence: int = step.fence) -> bool:
            now = ledger_of(stack, asset_id)[name]
            return now.state == "queued" or now.fence > fence or now.state == "done"

        until(given_back, GIVING_BACK_SECONDS, "the step to be given back")
        until(lambda pid=worker: not Path(f"/proc/{pid}").exists(), GIVING_BACK_SECONDS, "its end")
        assert tool is None or not Path(f"/proc/{tool}").exists()
        hit.add(step.name)
    assert_recovers(stack, asset_id, hit)
    assert_nothing_counted(stack, asset_id)


def test_the_whole_stack_stopped_while_encoding(lesson: Path, tmp_path: Path) -> None:
    with running_stack(tmp_path / "data", "--port", "0", "--workers", "2") as running:
        asset_id = running.upload(lesson)
        encoding(running, asset_id)
    with running_stack(tmp_path / "data", "--port", "0", "--workers", "2") as running:
        assert_nothing_counted(running, asset_id)
        running.wait(asset_id, "ready", seconds=NORMAL_RUN_SECONDS)
        assert_nothing_counted(running, asset_id)


def assert_nothing_counted(stack: RunningStack, asset_id: str) -> None:
    counted = {name: (step.attempts, step.interruptions) for name, step in ledger_of(stack, asset_id).items()}
    assert set(counted.values()) == {(0, 0)}, counted


@pytest.mark.parametrize(
    ("fault", "servers"),
    [(dead, ["s3"]), (dead, ["postgres"]), (frozen, list(SERVERS))],
    ids=["s3-dead", "postgres-dead", "all-frozen"],
)
def test_servers_away(
    stack: RunningStack,
    lesson: Path,
    fault: Callable[..., AbstractContextManager[None]],
    servers: list[str],
) -> None:
    asset_id = stack.upload(lesson)
    encoding(stack, asset_id)
    with fault(stack, *servers):
        time.sleep(AWAY_SECONDS)
    assert_comes_back(stack, asset_id)


def test_redis_away(stack: RunningStack, lesson: Path, tmp_path: Path) -> None:
    asset_id = stack.upload(lesson)
    encoding(stack, asset_id)
    with dead(stack, "redis"):
        back = time.monotonic() + AWAY_SECONDS
        late = stack.upload(make_lesson(tmp_path / "late.mp4", seconds=4))
        assert stack.client.get(f"/v1/assets/{late}")["state"] == "queued"
        time.sleep(max(0.0, back - time.monotonic()))
    assert_comes_back(stack, asset_id, late)


def assert_comes_back(stack: RunningStack, asset_id: str, *others: str) -> None:
    """Like ``assert_recovers``, where every step may have been hit that was begun and is not done by now."""
    until(lambda: stack.request("GET", "/readyz").status == 200, 30, "the return of the servers")
    steps = ledger_of(stack, asset_id).values()
    hit = {step.name for step in steps if step.fence > 0 and step.state != "done"}
    assert_recovers(stack, asset_id, hit, *others)


def test_web_killed_in_mid_upload(stack: RunningStack, lesson: Path) -> None:
    # A box that every reader of MP4 passes over makes it long enough for several parts.
    padding = random.Random(1).randbytes(40 * 1024 * 1024)
    data = lesson.read_bytes() + struct.pack(">I4s", 8 + len(padding), b"free") + padding
    tus = {"Tus-Resumable": "1.0.0"}
    created = stack.request("POST", "/v1/uploads", headers={**tus, "Upload-Length": str(len(data))})
    location, asset_id = created.headers["Location"], created.headers["Lessonstream-Asset"]
    patch = {**tus, "Content-Type": "application/offset+octet-stream"}

    where = urlsplit(location)
    connection = http.client.HTTPConnection(where.netloc or urlsplit(stack.url).netloc, timeout=30)
    connection.putrequest("PATCH", where.path)
    announced = {
        "Authorization": f"Bearer {stack.api_key}",
        "Upload-Offset": "0",
        "Content-Length": str(len(data)),
    }
    for name, value in {**patch, **announced}.items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(data[: len(data) * 2 // 3])
    durable = until(lambda: received(stack, asset_id), 30, "the first durable part")
    kill(*session_of(leader(stack, WEB)))
    connection.close()

    def head() -> int | None:
        with suppress(urllib3.exceptions.HTTPError):
            answer = stack.request("HEAD", location, headers=tus)
            if answer.status == 200:
                return int(answer.headers["Upload-Offset"])
        return None

    offset = until(head, 60, "the upload's offset")
    assert offset is not None
    assert durable <= offset <= len(data) * 2 // 3

    def resume() -> bool:
        headers = {**patch, "Upload-Offset": str(offset)}
        return stack.request("PATCH", location, body=data[offset:], headers=headers).status == 204

    until(resume, 60, "the lock of the dead request to run out")
    stack.wait(asset_id, "ready", seconds=NORMAL_RUN_SECONDS)
    with catalogue_of(stack) as session:
        key = session.execute(select(Version.source_key).where(Version.asset_id == asset_id)).scalar_one()
    assert digest_of(stack, key) == (len(data), hashlib.sha256(data).hexdigest())
    check_invariants(stack)


def received(stack: RunningStack, asset_id: str) -> int:
    """Bytes of the asset's upload that the service calls durable."""
    with catalogue_of(stack) as session:
        query = select(Upload.received).join(Version).where(Version.asset_id == asset_id)
        return session.execute(query).scalar_one()
