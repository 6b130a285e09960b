"""Servers die or hang while a lesson is at work or comes in: nothing is lost, nothing sticks, nothing is made twice."""

from __future__ import annotations

import hashlib
import http.client
import random
import struct
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from havoc import SERVERS, WEB, dead, frozen, kill, leader, session_of, until
from invariants import catalogue_of, check_invariants, digest_of, ledger_of
from sqlalchemy import select
from support import PATIENCE, RunningStack
from test_bad_days import assert_recovers, encoding, lesson, make_lesson, stack

from storage.catalogue.models import Upload, Version

__all__ = ["lesson", "stack"]

pytestmark = pytest.mark.faults

LEASE_IS_OVER_SECONDS = 32
SOON_BACK_SECONDS = 10


@pytest.mark.parametrize(
    ("fault", "servers", "seconds"),
    [
        (dead, ["s3"], SOON_BACK_SECONDS),
        (dead, ["postgres"], SOON_BACK_SECONDS),
        (frozen, list(SERVERS), LEASE_IS_OVER_SECONDS),
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


def assert_comes_back(stack: RunningStack, asset_id: str, *others: str) -> None:
    """Like ``assert_recovers``, where every step may have been hit that was begun and is not done by now."""
    until(lambda: stack.request("GET", "/readyz").status == 200, PATIENCE, "the return of the servers")
    steps = ledger_of(stack, asset_id).values()
    hit = {step.name for step in steps if step.fence > 0 and step.state != "done"}
    assert_recovers(stack, asset_id, hit, *others)


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
