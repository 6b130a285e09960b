"""Workers, tools and servers die or hang while a lesson is at work or comes in: nothing is lost, sticks or is made
twice."""

from __future__ import annotations

import hashlib
import http.client
import os
import random
import signal
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from havoc import SERVERS, WEB, dead, ffmpeg_below, frozen, kill, leader, session_of, until, work_horse
from interrupted import (
    NORMAL_RUN_SECONDS,
    assert_comes_back,
    assert_nothing_counted,
    assert_recovers,
    encoding,
    make_lesson,
    worker_of,
)
from invariants import catalogue_of, check_invariants, digest_of, ledger_of
from sqlalchemy import select
from support import PATIENCE, SMALL, RunningStack, running_stack

from storage.catalogue.endings import MAX_ATTEMPTS
from storage.catalogue.models import Upload, Version

pytestmark = pytest.mark.faults

GIVING_BACK_SECONDS = 20
"""Far more than giving back takes, on a machine that is busy with something else."""

LEASE_IS_OVER_SECONDS = 32
SOON_BACK_SECONDS = 10

TWO_WORKERS = {**SMALL, "WORKERS": "2"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack to be harmed, with nothing else to do."""
    data = tmp_path_factory.mktemp("faults") / "data"
    with running_stack(data, "--port", "0", **TWO_WORKERS) as running:
        yield running


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture and a sound that take long enough to encode to be interrupted."""
    return make_lesson(tmp_path_factory.mktemp("lesson") / "lesson.mp4", seconds=32)


def kill_work_horse(worker: int) -> list[int]:
    return [work_horse(worker)]


def kill_worker(worker: int) -> list[int]:
    return [worker]


def kill_ffmpeg(worker: int) -> list[int]:
    found = ffmpeg_below(worker)
    return [] if found is None else [found]


def test_killed_while_encoding(stack: RunningStack, lesson: Path) -> None:
    asset_id = stack.upload(lesson)
    hit: set[str] = set()
    for victims in (kill_work_horse, kill_worker, kill_ffmpeg):
        step = encoding(stack, asset_id, but=hit)
        worker = worker_of(step)
        tool = ffmpeg_below(worker)
        killed = victims(worker)
        assert killed
        kill(*killed)
        until(
            lambda tool=tool: tool is None or not Path(f"/proc/{tool}").exists(), 30, "the end of its ffmpeg"
        )
        hit.add(step.name)
    assert_recovers(stack, asset_id, hit)
    steps = ledger_of(stack, asset_id)
    counted = {name: (steps[name].fence, steps[name].interruptions, steps[name].attempts) for name in hit}
    assert set(counted.values()) == {(2, 1, 0)}, f"no fault of their own: {counted}"


@pytest.mark.long
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


@pytest.mark.parametrize(
    ("fault", "servers", "seconds"),
    [
        (dead, ["s3"], SOON_BACK_SECONDS),
        pytest.param(dead, ["postgres"], SOON_BACK_SECONDS, marks=pytest.mark.long),
        pytest.param(frozen, list(SERVERS), LEASE_IS_OVER_SECONDS, marks=pytest.mark.long),
    ],
    ids=["s3-dead", "postgres-dead", "all-frozen"],
)
def test_servers_away(
    stack: RunningStack,
    lesson: Path,
    fault: Callable[..., AbstractContextManager[None]],
    servers: list[str],
    seconds: float,
) -> None:
    asset_id = stack.upload(lesson)
    encoding(stack, asset_id)
    with fault(stack, *servers):
        time.sleep(seconds)
    assert_comes_back(stack, asset_id)


def test_redis_away(stack: RunningStack, lesson: Path, tmp_path: Path) -> None:
    asset_id = stack.upload(lesson)
    encoding(stack, asset_id)
    with dead(stack, "redis"):
        back = time.monotonic() + SOON_BACK_SECONDS
        late = stack.upload(make_lesson(tmp_path / "late.mp4", seconds=4))
        assert stack.client.get(f"/v1/assets/{late}")["state"] == "queued"
        time.sleep(max(0.0, back - time.monotonic()))
    assert_comes_back(stack, asset_id, late)


def test_web_killed_in_mid_upload(stack: RunningStack, tmp_path: Path) -> None:
    # A box that every reader of MP4 passes over makes it long enough for several parts.
    padding = random.Random(1).randbytes(40 * 1024 * 1024)
    whole = make_lesson(tmp_path / "lesson.mp4", seconds=4).read_bytes()
    data = whole + struct.pack(">I4s", 8 + len(padding), b"free") + padding
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
    durable = until(lambda: received(stack, asset_id), PATIENCE, "the first durable part")
    kill(*session_of(leader(stack, WEB)))
    connection.close()

    def head() -> int | None:
        with suppress(urllib3.exceptions.HTTPError):
            answer = stack.request("HEAD", location, headers=tus)
            if answer.status == 200:
                return int(answer.headers["Upload-Offset"])
        return None

    offset = until(head, PATIENCE, "the upload's offset")
    assert offset is not None
    assert durable <= offset <= len(data) * 2 // 3

    def resume() -> bool:
        headers = {**patch, "Upload-Offset": str(offset)}
        return stack.request("PATCH", location, body=data[offset:], headers=headers).status == 204

    until(resume, PATIENCE, "the lock of the dead request to run out")
    stack.wait(asset_id, "ready")
    with catalogue_of(stack) as session:
        key = session.execute(select(Version.source_key).where(Version.asset_id == asset_id)).scalar_one()
    assert digest_of(stack, key) == (len(data), hashlib.sha256(data).hexdigest())
    check_invariants(stack)


def received(stack: RunningStack, asset_id: str) -> int:
    """Bytes of the asset's upload that the service calls durable."""
    with catalogue_of(stack) as session:
        query = select(Upload.received).join(Version).where(Version.asset_id == asset_id)
        return session.execute(query).scalar_one()


@pytest.mark.long
def test_the_whole_stack_stopped_while_encoding(stack: RunningStack, lesson: Path) -> None:
    """The last test: it ends the stack of the others."""
    asset_id = stack.upload(lesson)
    encoding(stack, asset_id)
    os.kill(stack.pid, signal.SIGTERM)
    until(lambda: not stack.processes(), PATIENCE, "the end of the stack")
    with running_stack(stack.data, "--port", "0", **TWO_WORKERS) as again:
        assert_nothing_counted(again, asset_id)
        again.wait(asset_id, "ready", seconds=NORMAL_RUN_SECONDS)
        assert_nothing_counted(again, asset_id)
